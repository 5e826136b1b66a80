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
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestJudge(t *testing.T) {
	lost := answered(12, "b1", "b2", "b3").Merge(failed(1, TimedOut, ""))
	broken := answered(12, "b1", "b2", "b3").Merge(failed(1, Error, ""))
	for _, tc := range []struct {
		e    Expectation
		o    Observation
		want Verdict
	}{
		{Connect("b1", "b2", "b3"), answered(12, "b1", "b2", "b3"), Match},
		{Connect("b1", "b2", "b3"), answered(1, "b1", "b2"), Mismatch},
		{Connect("b1", "b2", "b3"), Observation{Answers: map[string]int{"b1": 1, "b2": 1, "b3": 0}}, Mismatch},
		{Connect("b1", "b2", "b3"), answered(1, "b1", "b2", "b3", "b4"), Mismatch},
		{Connect("b1", "b2", "b3"), Observation{Answers: map[string]int{"b1": 1, "b2": 1, "b3": 1, "b4": 0}}, Match},
		{Connect("b1", "b2", "b3"), lost, Mismatch},
		{Connect("b1", "b2", "b3"), broken, ProbeError},
		{Connect("b1"), Observation{}, Missing},
		{Connect("b1"), Observation{Answers: map[string]int{"b1": 0}, LastError: "never got there"}, Missing},
		{ConnectAny(), answered(1, "whoever", ""), Match},
		{ConnectAny(), lost, Mismatch},
		{ConnectAny(), broken, ProbeError},
		{ConnectSome("b1", "b2"), answered(1, "b2"), Match},
		{ConnectSome("b1", "b2"), answered(1, "b1", "b2"), Match},
		{ConnectSome("b1", "b2"), answered(1, "b2", "b3"), Mismatch},
		{ConnectSome("b1", "b2", "b3"), lost, Mismatch},
		{Roaming("b1", "b2", "b3"), answered(1, "b1", "b3"), Match},
		{Roaming("b1", "b2", "b3"), answered(14, "b1"), Mismatch},
		{Roaming("b1", "b2", "b3"), answered(1, "b1", "b4"), Mismatch},
		{Roaming("b1", "b2"), answered(1, "b1", "b2").Merge(failed(1, Refused, "")), Mismatch},
		{Lossy("b1", "b2", "b3"), lost, Match},
		{Lossy("b1"), answered(3, "b1").Merge(failed(2, TimedOut, "")), Match},
		{Lossy("b1"), answered(2, "b1").Merge(failed(2, TimedOut, "")), Mismatch},
		{Lossy("b1"), failed(1, TimedOut, ""), Mismatch},
		{Lossy("b1"), answered(9, "b1").Merge(failed(1, Refused, "")), Mismatch},
		{Lossy("b1"), answered(9, "b1").Merge(answered(1, "b2")), Mismatch},
		{Refusing("b1"), answered(9, "b1").Merge(failed(1, Refused, "")), Match},
		{Refusing("b1"), answered(2, "b1").Merge(answered(9, Unidentified)).Merge(failed(1, Refused, "")), Match},
		{Refusing("b1"), answered(9, Unidentified).Merge(failed(1, Refused, "")), Mismatch},
		{Refusing("b1"), answered(1, "b1").Merge(failed(1, Refused, "")), Mismatch},
		{Refusing("b1"), answered(9, "b1").Merge(failed(1, TimedOut, "")), Mismatch},
		{Pinned("b1", "b2"), answered(1, "b2"), Match},
		{Pinned("b1", "b2"), answered(1, "b1", "b2"), Mismatch},
		{Pinned("b1", "b2"), answered(1, "b3"), Mismatch},
		{Pinned("b1", "b2"), answered(1, "b1").Merge(failed(1, Refused, "")), Mismatch},
		{Refuse(), failed(1, Refused, ""), Match},
		{Refuse(), failed(1, TimedOut, ""), Mismatch},
		{Refuse(), failed(1, Refused, "").Merge(failed(2, TimedOut, "")), Match},
		{Refuse(), failed(1, Refused, "").Merge(failed(1, Unreachable, "")), Mismatch},
		{Refuse(), failed(1, Refused, "").Merge(answered(1, "b1")), Mismatch},
		{Refuse().Exactly(), failed(5, Refused, "").Merge(failed(1, TimedOut, "")), Mismatch},
		{Refuse(), failed(2, Prohibited, ""), Match},
		{TimeOut(), failed(2, Prohibited, ""), Match},
		{Fail(), failed(2, Prohibited, ""), Match},
		{Connect("b1"), failed(2, Prohibited, ""), Mismatch},
		{Refuse(), answered(1, "b1"), Mismatch},
		{Refuse(), failed(1, Error, ""), ProbeError},
		{TimeOut(), failed(1, TimedOut, ""), Match},
		{Unreach(), failed(1, Unreachable, ""), Match},
		{Unreach(), failed(1, TimedOut, ""), Mismatch},
		{NoName(), failed(1, NoSuchName, ""), Match},
		{Fail(), failed(1, Refused, "").Merge(failed(1, TimedOut, "")).Merge(failed(1, Unreachable, "")), Match},
		{Fail(), failed(1, NoSuchName, ""), Mismatch},
		{Fail(), failed(9, Refused, "").Merge(answered(1, "b1")), Mismatch},
		{Fail(), failed(9, Refused, "").Merge(failed(1, Error, "")), ProbeError},
		{Implementation(), lost, Recorded},
		{Implementation(), failed(1, NoSuchName, ""), Recorded},
		{Implementation(), broken, ProbeError},
		{Implementation(), Observation{}, Missing},
		{NotProbed(), Observation{}, Ignored},
		{NotProbed(), broken, Ignored},
	} {
		t.Run(fmt.Sprintf("%s %v", tc.e, tc.o), func(t *testing.T) {
			table := build(t, NewBuilder([]Row{{Name: "r"}, {Name: "skipped", Skipped: "gone"}}, []Column{{Name: "c"}, {Name: "d"}}).
				Default(Connect("b1")).
				Expect(AllRows(), ColumnNamed("c"), tc.e))
			grid := healthy(table)
			grid[0][0], grid[1][0] = tc.o, tc.o
			c := compare(t, table, grid)
			if got := c.At(0, 0).Verdict; got != tc.want {
				t.Errorf("verdict is %s", got)
			}
			want := Skipped
			if tc.want == Ignored {
				want = Ignored
			}
			if got := c.At(1, 0).Verdict; got != want {
				t.Errorf("verdict in a skipped row is %s", got)
			}
			if c.OK() == tc.want.Wrong() || len(c.Wrong()) > 1 {
				t.Errorf("ok %t, wrong %v", c.OK(), c.Wrong())
			}
		})
	}
}

// TestErrorProvesNothing: a try that could not be made satisfies no expectation.
func TestErrorProvesNothing(t *testing.T) {
	names := backends(3)
	rapid.Check(t, func(t *rapid.T) {
		e := expectations(names).Filter(Expectation.Probed).Draw(t, "e")
		o := observations(names).Draw(t, "o").Merge(failed(rapid.IntRange(1, 3).Draw(t, "n"), Error, ""))
		if v := e.judge(o, o.Tries()); v != ProbeError {
			t.Fatalf("verdict is %s", v)
		}
	})
}

func TestCompareMisuse(t *testing.T) {
	rows, columns := abc()
	table := build(t, NewBuilder(rows, columns).Default(Refuse()))
	for _, tc := range []struct {
		name string
		grid Grid
		want string
	}{
		{"no rows", nil, "comparing: 0 rows observed, the table has 3"},
		{"short row", Grid{{{}, {}}, {{}}, {{}, {}}}, `comparing row "r2": 1 columns observed, the table has 2`},
		{"impossible", Grid{{{}, {}}, {{}, failed(1, Connected, "")}, {{}, {}}}, `comparing row "r2", column "c2": observation has outcomes that are no failures`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c, err := table.Compare(tc.grid)
			if err == nil || c != nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("comparison %v, error %v", c, err)
			}
		})
	}
}

func TestComparison(t *testing.T) {
	table := build(t, house())
	c := compare(t, table, broken(table))
	want := Counts{Match: 34, Mismatch: 10, ProbeError: 1, Missing: 1, Recorded: 4, Skipped: 7, NotProbed: 3, Tries: 1106}
	if diff := cmp.Diff(want, c.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if want.Wrong() != 12 || want.Probed() != 50 || c.OK() || c.Table() != table {
		t.Errorf("%d of %d wrong, ok %t", want.Wrong(), want.Probed(), c.OK())
	}
	twice := want.Add(want)
	if diff := cmp.Diff(Counts{Match: 68, Mismatch: 20, ProbeError: 2, Missing: 2, Recorded: 8, Skipped: 14, NotProbed: 6, Tries: 2212}, twice); diff != "" {
		t.Errorf("sum (-want +got):\n%s", diff)
	}
	cells := c.Wrong()
	wantCells := []Cell{{1, 0}, {1, 1}, {1, 2}, {1, 3}, {1, 4}, {1, 5}, {1, 6}, {1, 7}, {1, 8}, {1, 9}, {3, 0}, {4, 0}}
	if diff := cmp.Diff(wantCells, cells); diff != "" {
		t.Errorf("wrong (-want +got):\n%s", diff)
	}
	cells[0] = Cell{7, 7}
	if c.Wrong()[0] != wantCells[0] {
		t.Error("the comparison was changed from outside")
	}
}

func TestKnownDefect(t *testing.T) {
	rows, columns := abc()
	table := build(t, NewBuilder(rows, columns).Default(Refuse()).
		Expect(RowNamed("r3"), AllColumns(), NotProbed()).
		Known(AllRows(), ColumnNamed("c1"), "stale", Connect("b1")))
	for _, tc := range []struct {
		o      Observation
		want   Verdict
		cell   string
		counts Counts
	}{
		{failed(1, Refused, ""), Match, "R", Counts{Match: 1, Tries: 1}},
		{answered(1, "b1"), KnownFailure, "C{b1}!=R*", Counts{KnownFailure: 1, Tries: 1}},
		// Only what the defect does is forgiven.
		{answered(1, "b2"), Mismatch, "C{b2}!=R", Counts{Mismatch: 1, Tries: 1}},
		{answered(1, "b1").Merge(failed(1, Refused, "")), Mismatch, "C{b1}+R(1/2)!=R", Counts{Mismatch: 1, Tries: 2}},
		{failed(3, TimedOut, ""), Mismatch, "T!=R", Counts{Mismatch: 1, Tries: 3}},
		{failed(1, Error, ""), ProbeError, "ERROR!=R", Counts{ProbeError: 1, Tries: 1}},
		{Observation{}, Missing, "?!=R", Counts{Missing: 1}},
	} {
		t.Run(tc.cell, func(t *testing.T) {
			grid := healthy(table)
			before := compare(t, table, grid).Counts()
			before.Match--
			before.Tries -= grid[1][0].Tries()
			grid[1][0] = tc.o
			c := compare(t, table, grid)
			cell := c.At(1, 0)
			if cell.Verdict != tc.want || table.Judge(1, 0, tc.o) != tc.want || cell.text() != tc.cell || cell.Defect != "stale" {
				t.Errorf("got %s, %q, defect %q; want %s, %q", cell.Verdict, cell.text(), cell.Defect, tc.want, tc.cell)
			}
			if diff := cmp.Diff(before.Add(tc.counts), c.Counts()); diff != "" {
				t.Errorf("counts (-want +got):\n%s", diff)
			}
			if c.OK() == tc.want.Wrong() {
				t.Errorf("ok %t", c.OK())
			}
			text := c.Text(TextOptions{})
			if got := strings.Contains(text, "\nknown failure stale: 1 cell\n"); got != (tc.want == KnownFailure) {
				t.Errorf("the text is\n%s", text)
			}
			if other := c.At(1, 1); other.Defect != "" {
				t.Errorf("defect %q of a cell without one", other.Defect)
			}
		})
	}
}

func TestJudgeOneCell(t *testing.T) {
	rows, columns := abc()
	table := build(t, NewBuilder(rows, columns).Default(Refuse()))
	if got := table.Judge(0, 0, failed(1, Refused, "")); got != Match {
		t.Errorf("got %s", got)
	}
	if got := table.Judge(0, 0, Observation{}); got != Missing {
		t.Errorf("got %s", got)
	}
}

func TestUndersampled(t *testing.T) {
	rows, columns := abc()
	table := build(t, NewBuilder(rows, columns).Default(Connect("b1", "b2")).Expect(AllRows(), ColumnNamed("c2"), Refuse().Exactly()))
	c := compare(t, table, Grid{
		{answered(6, "b1", "b2"), failed(2, Refused, "")},  // both too few: 12 of 14, 2 of 21
		{answered(7, "b1", "b2"), failed(1, TimedOut, "")}, // enough, and wrong anyway
		{{}, {}},
	})
	if diff := cmp.Diff([]Cell{{0, 0}, {0, 1}}, c.Undersampled()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
