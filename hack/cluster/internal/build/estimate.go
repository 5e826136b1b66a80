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

package build

import (
	"fmt"
	"time"
)

// task is a step as the forecast sees it.
type task struct {
	// expected is how long it should take, from measurements or defaults and
	// from how much of it Go's cache holds already.
	expected time.Duration
	// measured is whether a measurement on this machine is behind expected.
	measured bool
}

// forecast estimates when a sequence of tasks will be done.
type forecast struct {
	tasks   []task
	current int
	// What the finished tasks that had no measurement took, and should have.
	took, guessed time.Duration
}

// finish moves on to the next task.
func (f *forecast) finish(took time.Duration) {
	if t := f.tasks[f.current]; !t.measured {
		f.took += took
		f.guessed += t.expected
	}
	f.current++
}

// pace is how this machine compares to the one that the defaults come from. It
// takes some evidence before it is believed, and is never believed too much.
func (f *forecast) pace() float64 {
	const evidence = 10 * time.Second
	if f.guessed < evidence {
		return 1
	}
	return min(max(float64(f.took)/float64(f.guessed), 0.25), 4)
}

// prior is the expectation for a task that has not begun.
func (f *forecast) prior(i int) time.Duration {
	t := f.tasks[i]
	if t.measured {
		return t.expected
	}
	return time.Duration(float64(t.expected) * f.pace())
}

// remaining estimates the time left when the current task has run for elapsed
// and fraction of it, if that is known, is done.
func (f *forecast) remaining(elapsed time.Duration, fraction float64) time.Duration {
	if f.current >= len(f.tasks) {
		return 0
	}
	sum := left(f.prior(f.current), elapsed, fraction)
	for i := f.current + 1; i < len(f.tasks); i++ {
		sum += f.prior(i)
	}
	return sum
}

// left is how much longer a task takes that has run for elapsed. As long as it
// is not known which fraction of it is done, the prior is all there is; then,
// the more of it is done, the more its own pace counts against the prior. One
// that overruns is believed to need another tenth of what it has taken.
func left(prior, elapsed time.Duration, fraction float64) time.Duration {
	if fraction <= 0 {
		return max(prior-elapsed, elapsed/10)
	}
	fraction = min(fraction, 1)
	projected := float64(elapsed) / fraction
	whole := (1-fraction)*float64(prior) + fraction*projected
	return max(time.Duration((1-fraction)*whole), elapsed/20)
}

// about rounds a duration as coarsely as an estimate deserves.
func about(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return "a few seconds"
	case d < 90*time.Second:
		return fmt.Sprintf("about %d s", (d+5*time.Second)/(10*time.Second)*10)
	default:
		return fmt.Sprintf("about %d min", (d+30*time.Second)/time.Minute)
	}
}

// exactly prints a duration to the second, or more finely if it is short.
func exactly(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

const (
	// linkTime is the least that a build of a program takes.
	linkTime = time.Second
	// enough is the share of a program that must have been compiled for the
	// time it took to tell how long the whole takes.
	enough = 0.5
)

func scale(d time.Duration, by float64) time.Duration {
	return time.Duration(float64(d) * by)
}
