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
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestTries checks the formulas against the chances that they are made for.
func TestTries(t *testing.T) {
	for k, want := range map[int]int{0: 14, 1: 14, 2: 21, 3: 37, 10: 153} {
		if got := triesToSee(k); got != want {
			t.Errorf("triesToSee(%d) = %d, want %d", k, got, want)
		}
	}
	for k := 2; k < 200; k++ {
		unseen := func(n int) float64 { return float64(k) * math.Pow(1-1/float64(k), float64(n)) }
		if n := triesToSee(k); unseen(n) > errorBound || unseen(n-1) <= errorBound {
			t.Errorf("%d of %d are too many or too few", n, k)
		}
		accident := func(n int) float64 { return float64(k) * math.Pow(1/float64(k), float64(n)) }
		if n := triesToPin(k); accident(n) > errorBound*1.000001 {
			t.Errorf("%d are too few to be sure of affinity to one of %d", n, k)
		}
	}
	if seen := 1 - math.Pow(0.95, minTries); seen < 0.5 {
		t.Errorf("a loss of 5 %% is seen with a chance of %.2f", seen)
	}
}

func TestSampling(t *testing.T) {
	rows := []Row{{Name: "r"}, {Name: "b5", Backend: "b5"}, {Name: "x", Skipped: "gone"}}
	for _, tc := range []struct {
		e    Expectation
		want Sampling
	}{
		// The table knows b1 to b5.
		{Connect("b1"), Sampling{Tries: 14}},
		{Connect("b1", "b2", "b3"), Sampling{Tries: 37}},
		{Connect("b1").Exactly(), Sampling{Tries: 70}},
		{Connect(backends(10)...).Exactly(), Sampling{Tries: 153}},
		{ConnectAny(), Sampling{Tries: 14}},
		{ConnectAny().Exactly(), Sampling{Tries: 70}},
		{ConnectSome("b1", "b2", "b3"), Sampling{Tries: 14}},
		{ConnectSome("b1", "b2").Exactly(), Sampling{Tries: 70}},
		{Roaming("b1", "b2"), Sampling{Tries: 21}},
		{Roaming("b1", "b2").Exactly(), Sampling{Tries: 70}},
		{Pinned("b1", "b2"), Sampling{Tries: 21}},
		{Pinned("b1", "b2", "b3"), Sampling{Tries: 14}},
		{Pinned("b1", "b2").Exactly(), Sampling{Tries: 70}},
		{Refuse(), Sampling{Tries: 3}},
		{Refuse().Exactly(), Sampling{Tries: 70}},
		{NoName(), Sampling{Tries: 3}},
		{NoName().Exactly(), Sampling{Tries: 70}},
		{Unreach(), Sampling{Tries: 2, Parallel: true}},
		{Unreach().Exactly(), Sampling{Tries: 70, Parallel: true}},
		{Fail(), Sampling{Tries: 2, Parallel: true}},
		{Fail().Exactly(), Sampling{Tries: 70, Parallel: true}},
		{TimeOut(), Sampling{Tries: 5, Parallel: true}},
		{TimeOut().Exactly(), Sampling{Tries: 70, Parallel: true}},
		{Implementation(), Sampling{Tries: 2}},
		{NotProbed(), Sampling{}},
	} {
		t.Run(tc.e.String(), func(t *testing.T) {
			columns := []Column{
				{Name: "c"}, {Name: "b4 direct", Backend: "b4"}, {Name: "all"},
				// What these expect to be answered are no backends.
				{Name: "source", Request: "clientip"},
			}
			table := build(t, NewBuilder(rows, columns).
				Default(Connect("b1", "b2", "b3")).
				Expect(AllRows(), ColumnNamed("source"), Connect("10.0.0.1")).
				Expect(AllRows(), ColumnNamed("b4 direct"), ConnectAny()).
				Expect(RowNamed("r"), ColumnNamed("c"), tc.e))
			if got := table.Sampling(0, 0); got != tc.want {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
			if got := table.Sampling(2, 0); got != (Sampling{}) {
				t.Errorf("%+v in a skipped row", got)
			}
		})
	}
}

// All tries from one source port are one flow.
func TestSamplingOfOneFlow(t *testing.T) {
	columns := []Column{{Name: "flow", Request: "sourceport:12000"}, {Name: "all"}}
	table := build(t, NewBuilder([]Row{{Name: "r"}}, columns).
		Default(Connect("b1", "b2", "b3")).
		Expect(AllRows(), ColumnNamed("flow"), Connect("b1").Exactly()))
	if got := table.Sampling(0, 0); got != (Sampling{Tries: flowTries}) {
		t.Errorf("%+v, want %d tries", got, flowTries)
	}
}

func TestDecided(t *testing.T) {
	for _, tc := range []struct {
		e    Expectation
		o    Observation
		want bool
	}{
		{Connect("b1", "b2"), Observation{}, false},
		{Connect("b1", "b2"), answered(6, "b1", "b2"), false},
		{Connect("b1", "b2"), answered(7, "b1", "b2"), true},
		{Connect("b1", "b2"), answered(20, "b1"), false},
		{Connect("b1", "b2"), answered(21, "b1"), true},
		{Connect("b1", "b2"), answered(1, "b3"), true},
		{Connect("b1", "b2"), failed(1, TimedOut, ""), true},
		{Connect("b1", "b2"), failed(1, Error, ""), true},
		{Connect("b1", "b2").Exactly(), answered(7, "b1", "b2"), false},
		{Connect("b1", "b2").Exactly(), answered(18, "b1", "b2"), false},
		{Connect("b1", "b2").Exactly(), answered(19, "b1", "b2"), true}, // 37 for 3
		{Connect("b1", "b2").Exactly(), answered(1, "b3"), true},
		{ConnectAny(), answered(13, "x"), false},
		{ConnectAny(), answered(14, "x"), true},
		{ConnectAny(), failed(1, Refused, ""), true},
		{ConnectSome("b1", "b2"), answered(13, "b1"), false},
		{ConnectSome("b1", "b2"), answered(14, "b1"), true},
		{Roaming("b1", "b2"), answered(1, "b1", "b2"), false},
		{Roaming("b1", "b2"), answered(7, "b1", "b2"), true},
		{Roaming("b1", "b2"), answered(20, "b1"), false},
		{Roaming("b1", "b2"), answered(21, "b1"), true},
		{Pinned("b1", "b2"), answered(1, "b1"), false},
		{Pinned("b1", "b2"), answered(14, "b1"), false},
		{Pinned("b1", "b2"), answered(21, "b1"), true},
		{Pinned("b1", "b2"), answered(1, "b1", "b2"), true},
		{Refuse(), failed(1, Refused, ""), true},
		{Refuse(), failed(2, TimedOut, ""), false},
		{Refuse(), failed(3, TimedOut, ""), true},
		{Refuse(), failed(1, Unreachable, ""), true},
		{Refuse().Exactly(), failed(36, Refused, ""), false},
		{Refuse().Exactly(), failed(37, Refused, ""), true},
		{Refuse(), answered(1, "b1"), true},
		{TimeOut(), failed(4, TimedOut, ""), false},
		{TimeOut(), failed(5, TimedOut, ""), true},
		{Fail(), failed(1, TimedOut, ""), false},
		{Fail(), failed(1, TimedOut, "").Merge(failed(1, Refused, "")), true},
		{Fail().Exactly(), failed(20, TimedOut, "").Merge(failed(3, Refused, "")), false},
		{Fail(), failed(1, NoSuchName, ""), true},
		{Fail(), answered(1, "b1"), true},
		{Implementation(), failed(1, NoSuchName, ""), false},
		{Implementation(), answered(2, "x"), true},
		{Implementation(), failed(1, Error, ""), true},
		{NotProbed(), Observation{}, true},
	} {
		t.Run(fmt.Sprintf("%s %v", tc.e, tc.o), func(t *testing.T) {
			table := build(t, NewBuilder([]Row{{Name: "r"}}, []Column{{Name: "c"}, {Name: "known"}}).
				Default(Connect("b1", "b2", "b3")).
				Expect(AllRows(), ColumnNamed("c"), tc.e))
			if got := table.Decided(0, 0, tc.o); got != tc.want {
				t.Errorf("decided is %t", got)
			}
		})
	}
}

// TestDecidedIsFinal: once a cell is decided, more of the same changes nothing
// that matters: what is wrong stays wrong, and what is undecided is less than
// what the plan asks for.
func TestDecidedIsFinal(t *testing.T) {
	names := backends(3)
	rapid.Check(t, func(t *rapid.T) {
		e := expectations(names).Filter(Expectation.Probed).Draw(t, "e")
		o, more := observations(names).Draw(t, "o"), observations(names).Draw(t, "more")
		table, err := NewBuilder([]Row{{Name: "r"}}, []Column{{Name: "c"}}).Default(e).Build()
		if err != nil {
			t.Fatal(err)
		}
		verdict := table.judge(0, 0, o, o.Tries())
		early := o.Tries() < table.Sampling(0, 0).Tries
		if !table.Decided(0, 0, o) {
			if !early {
				t.Fatal("tried often enough and not decided")
			}
			return
		}
		both := o.Merge(more)
		if early && verdict.Wrong() && !table.judge(0, 0, both, both.Tries()).Wrong() {
			t.Fatalf("decided too early: %s", verdict)
		}
	})
}

func TestFollowUp(t *testing.T) {
	for _, test := range []struct {
		name     string
		expected Expectation
		column   Column
		seen     Observation
		want     int
	}{
		{"of three, one fails", Connect("b1", "b2", "b3"), Column{}, Observation{Answers: map[string]int{"b1": 4}, Outcomes: map[Outcome]int{TimedOut: 1}}, 19},
		{"of two, whatever proves the cell is enough", Connect("b1", "b2"), Column{}, Observation{Outcomes: map[Outcome]int{TimedOut: 5}}, 11},
		{"tried often enough", Connect("b1", "b2"), Column{}, Observation{Answers: map[string]int{"b1": 20}}, 0},
		{"right", Connect("b1", "b2"), Column{}, Observation{Answers: map[string]int{"b1": 2, "b2": 2}}, 0},
		{"not tried", Connect("b1", "b2"), Column{}, Observation{}, 0},
		{"one backend", Connect("b1"), Column{}, Observation{Outcomes: map[Outcome]int{TimedOut: 5}}, 0},
		{"no names", ConnectSome("b1", "b2"), Column{}, Observation{Outcomes: map[Outcome]int{TimedOut: 5}}, 0},
		{"another question", Connect("kept", "rewritten"), Column{Request: "clientip"}, Observation{Outcomes: map[Outcome]int{TimedOut: 5}}, 0},
		{"refused over UDP", Connect("b1", "b2"), Column{Protocol: "UDP"}, Observation{Outcomes: map[Outcome]int{Refused: 5}}, 0},
		{"refused over TCP", Connect("b1", "b2"), Column{Protocol: "TCP"}, Observation{Outcomes: map[Outcome]int{Refused: 5}}, 11},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.column.Name = "VIP"
			table := build(t, NewBuilder([]Row{{Name: "pod"}}, []Column{test.column}).Default(test.expected))
			if got := table.FollowUp(0, 0, test.seen); got != test.want {
				t.Errorf("%d more tries, want %d", got, test.want)
			}
		})
	}
}
