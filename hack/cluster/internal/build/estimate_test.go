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
	"testing"
	"time"
)

func TestLeft(t *testing.T) {
	const prior = 100 * time.Second
	for _, tc := range []struct {
		name     string
		elapsed  time.Duration
		fraction float64
		want     time.Duration
	}{
		{"not begun", 0, 0, 100 * time.Second},
		{"nothing known of the work", 40 * time.Second, 0, 60 * time.Second},
		{"nothing known, overrun", 200 * time.Second, 0, 20 * time.Second},
		{"half done in half the time", 50 * time.Second, 0.5, 50 * time.Second},
		{"half done in twice the time", 100 * time.Second, 0.5, 75 * time.Second},
		{"all compiled, only linking left", 40 * time.Second, 1, 2 * time.Second},
		{"more than all", 40 * time.Second, 1.5, 2 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := left(prior, tc.elapsed, tc.fraction); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestForecastLearnsThePaceOfTheMachine(t *testing.T) {
	f := &forecast{tasks: []task{
		{expected: 30 * time.Second},
		{expected: 100 * time.Second},
		{expected: 50 * time.Second, measured: true},
	}}
	if got, want := f.remaining(0, 0), 180*time.Second; got != want {
		t.Errorf("at the start: got %s, want %s", got, want)
	}
	f.finish(60 * time.Second) // twice as slow as the defaults have it
	if got, want := f.remaining(0, 0), 250*time.Second; got != want {
		t.Errorf("after a slow task: got %s, want %s (measured times stand)", got, want)
	}
	if got, want := f.remaining(50*time.Second, 0), 200*time.Second; got != want {
		t.Errorf("amid the second: got %s, want %s", got, want)
	}
	f.finish(200 * time.Second)
	f.finish(50 * time.Second)
	if got := f.remaining(0, 0); got != 0 {
		t.Errorf("at the end: got %s, want nothing", got)
	}
}

func TestPaceNeedsEvidence(t *testing.T) {
	f := &forecast{tasks: []task{{expected: time.Second}, {expected: 100 * time.Second}}}
	f.finish(20 * time.Second)
	if got, want := f.remaining(0, 0), 100*time.Second; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestExpect(t *testing.T) {
	compiled := &step{name: "kube", cold: 100 * time.Second, compile: &compilation{}}
	for _, tc := range []struct {
		name  string
		step  *step
		found amount
		known durations
		want  task
	}{
		{"cold", compiled, amount{100, 100}, nil, task{expected: 100 * time.Second}},
		{"all in Go's cache", compiled, amount{100, 0}, nil, task{expected: 3 * time.Second}},
		{"measured", compiled, amount{100, 100}, durations{"kube": 40 * time.Second}, task{40 * time.Second, true}},
		{"quick", &step{name: "x", cold: time.Second, compile: &compilation{}}, amount{10, 0}, nil, task{expected: linkTime}},
		{"shared, but with work of its own", &step{name: "x", cold: time.Minute, own: 20 * time.Second, compile: &compilation{}}, amount{100, 5}, nil, task{expected: 20 * time.Second}},
		{"the same, all in Go's cache", &step{name: "x", cold: time.Minute, own: 20 * time.Second, compile: &compilation{}}, amount{100, 0}, nil, task{expected: 1800 * time.Millisecond}},
		{"not compiled", &step{name: "x", cold: time.Minute}, amount{}, nil, task{expected: time.Minute}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := expect(tc.step, tc.found, tc.known); got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestAbout(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                 "a few seconds",
		9 * time.Second:   "a few seconds",
		14 * time.Second:  "about 10 s",
		15 * time.Second:  "about 20 s",
		89 * time.Second:  "about 90 s",
		90 * time.Second:  "about 2 min",
		149 * time.Second: "about 2 min",
		10 * time.Minute:  "about 10 min",
	} {
		if got := about(d); got != want {
			t.Errorf("about(%s) = %q, want %q", d, got, want)
		}
	}
}
