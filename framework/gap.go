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

package framework

import (
	"fmt"
	"time"

	"github.com/onsi/ginkgo/v2/types"
)

// gap is the longest time that a cell has not been as expected at a stretch, and
// when that began. Since when it has not been so now is the zero time if it is.
type gap struct {
	since   time.Time
	longest time.Duration
	began   time.Time
}

// note takes note of a probe, and whether it was not as expected.
func (g *gap) note(refuted bool, begun, ended time.Time) {
	if !refuted {
		g.since = time.Time{}
		return
	}
	if g.since.IsZero() {
		g.since = begun
	}
	if lasted := ended.Sub(g.since); g.began.IsZero() || lasted > g.longest {
		g.longest, g.began = lasted, g.since
	}
}

// Gap is the longest time that a cell was not as expected at a stretch.
type Gap struct {
	Row     string  `json:"row"`
	Column  string  `json:"column"`
	Seconds float64 `json:"seconds"`
	// Began is when it began, by the clock of the suite; by that of the source and to
	// the second where the source probes by itself.
	Began time.Time `json:"began"`
	// Step is what the spec was at then, as its timeline calls it.
	Step string `json:"step,omitempty"`
}

// String returns the gap as a line of a failed spec.
func (g Gap) String() string {
	line := fmt.Sprintf("longest gap %s -> %s: %.1f s from %s", g.Row, g.Column, g.Seconds, g.Began.Format("15:04:05.0"))
	if g.Step != "" {
		line += ", " + g.Step
	}
	return line
}

// stepAt returns what a spec was at by its own words: the last of its steps that had
// begun by then.
func stepAt(events types.SpecEvents, at time.Time) string {
	step := ""
	for _, event := range events {
		if event.SpecEventType.Is(types.SpecEventByStart) && !event.TimelineLocation.Time.After(at) {
			step = event.Message
		}
	}
	return step
}
