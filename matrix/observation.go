/*
Copyright 2026 The Kubernetes Authors.

Licensed under the Apache License, Version 2.0 (the "License");
you may not use this file except in compliance with the License.
You may obtain a copy of the License at

    http://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, software
distributed under the License is distributed on an "AS IS" BASIS,
WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
See the License for the specific language governing permissions and
limitations under the License.
*/

package matrix

import (
	"fmt"
	"maps"
)

// Unidentified is the answer of a try that connected without telling who it was
// that answered.
const Unidentified = "?"

// Observation is what was seen in one cell. The zero value means that nothing
// was tried.
type Observation struct {
	// Answers counts the tries that connected, by the responder or whatever
	// else was answered.
	Answers map[string]int `json:"answers,omitempty"`
	// Outcomes counts the tries that failed, by kind. It never has Connected.
	Outcomes map[Outcome]int `json:"outcomes,omitempty"`
	// LastError is the text of the last error.
	LastError string `json:"lastError,omitempty"`
}

// Grid holds the observations of a table: grid[row][column].
type Grid [][]Observation

// Tries returns how many tries the observation holds.
func (o Observation) Tries() int { return o.Connects() + o.Failures() }

// Connects returns how many tries connected.
func (o Observation) Connects() int { return sum(o.Answers) }

// Failures returns how many tries failed, for whatever reason.
func (o Observation) Failures() int { return sum(o.Outcomes) }

// Merge returns the tries of o followed by those of other. Neither is changed.
func (o Observation) Merge(other Observation) Observation {
	merged := Observation{
		Answers:   added(o.Answers, other.Answers),
		Outcomes:  added(o.Outcomes, other.Outcomes),
		LastError: o.LastError,
	}
	if other.LastError != "" {
		merged.LastError = other.LastError
	}
	return merged
}

// check returns what is impossible about the observation.
func (o Observation) check() error {
	for _, n := range o.Answers {
		if n < 0 {
			return fmt.Errorf("observation has a negative count of answers: %v", o.Answers)
		}
	}
	for outcome, n := range o.Outcomes {
		switch outcome {
		case Refused, Prohibited, TimedOut, Unreachable, NoSuchName, Error:
		default:
			return fmt.Errorf("observation has outcomes that are no failures: %v", o.Outcomes)
		}
		if n < 0 {
			return fmt.Errorf("observation has a negative count of outcomes: %v", o.Outcomes)
		}
	}
	return nil
}

func sum[K comparable](counts map[K]int) int {
	total := 0
	for _, n := range counts {
		total += n
	}
	return total
}

// added returns the sums by key, without keys that sum up to nothing.
func added[K comparable](a, b map[K]int) map[K]int {
	result := make(map[K]int, len(a))
	maps.Copy(result, a)
	for k, n := range b {
		result[k] += n
	}
	maps.DeleteFunc(result, func(_ K, n int) bool { return n == 0 })
	if len(result) == 0 {
		return nil
	}
	return result
}
