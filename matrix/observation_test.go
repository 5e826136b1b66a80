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
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestObservationMerge(t *testing.T) {
	a := Observation{Answers: map[string]int{"b1": 2, "b0": 0}, Outcomes: map[Outcome]int{Refused: 1}, LastError: "refused"}
	b := Observation{Answers: map[string]int{"b1": 1, "b2": 1}, Outcomes: map[Outcome]int{TimedOut: 0}}
	want := Observation{Answers: map[string]int{"b1": 3, "b2": 1}, Outcomes: map[Outcome]int{Refused: 1}, LastError: "refused"}
	got := a.Merge(b)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got.Tries() != 5 || got.Connects() != 4 || got.Failures() != 1 {
		t.Errorf("%d tries, %d connects, %d failures", got.Tries(), got.Connects(), got.Failures())
	}
	if got := b.Merge(Observation{LastError: "later"}).LastError; got != "later" {
		t.Errorf("last error is %q", got)
	}
	if got := a.Merge(Observation{LastError: "later"}).LastError; got != "later" {
		t.Errorf("last error is %q", got)
	}
	if len(a.Answers) != 2 || len(b.Answers) != 2 {
		t.Errorf("merging changed %v or %v", a, b)
	}
	if diff := cmp.Diff(Observation{}, Observation{}.Merge(Observation{Answers: map[string]int{}})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestObservationCheck(t *testing.T) {
	for _, o := range []Observation{
		{Answers: map[string]int{"b1": -1}},
		{Outcomes: map[Outcome]int{Refused: -1}},
		{Outcomes: map[Outcome]int{Connected: 1}},
		{Outcomes: map[Outcome]int{"": 1}},
	} {
		if err := o.check(); err == nil {
			t.Errorf("%v is fine", o)
		}
	}
}

// observations generates observations that mix these answers and all outcomes.
func observations(names []string) *rapid.Generator[Observation] {
	answers := rapid.SampledFrom(append([]string{"stranger", "", "two  words, {x}!=\n"}, names...))
	outcomes := rapid.SampledFrom(failures[:])
	return rapid.Custom(func(t *rapid.T) Observation {
		return Observation{
			Answers:   rapid.MapOfN(answers, rapid.IntRange(0, 40), 0, len(names)).Draw(t, "answers"),
			Outcomes:  rapid.MapOfN(outcomes, rapid.IntRange(0, 3), 0, 2).Draw(t, "outcomes"),
			LastError: rapid.SampledFrom([]string{"", "i/o timeout", "two\nlines\t"}).Draw(t, "error"),
		}
	})
}

func TestMergeIsAddition(t *testing.T) {
	g := observations(backends(3))
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := g.Draw(t, "a"), g.Draw(t, "b"), g.Draw(t, "c")
		if a.Merge(b).Tries() != a.Tries()+b.Tries() {
			t.Fatal("tries were lost")
		}
		if diff := cmp.Diff(a.Merge(b).Merge(c), a.Merge(b.Merge(c))); diff != "" {
			t.Fatal(diff)
		}
	})
}
