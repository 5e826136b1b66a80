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
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sigs.k8s.io/service-e2e/matrix"
)

// testSweep is a sweep of a small table by a scripted prober. Columns are told
// apart by their address.
func testSweep(t *testing.T, expect func(*matrix.Builder), respond func(p Probe, attempt int) matrix.Observation) (*sweep, *FakeProber) {
	t.Helper()
	builder := matrix.NewBuilder(
		[]matrix.Row{{Name: "pod@node-1", Kind: matrix.SourcePod, Node: "node-1"}, {Name: "pod@node-2", Kind: matrix.SourcePod, Node: "node-2"}},
		[]matrix.Column{
			{Name: "VIP", Address: "10.96.0.9", Port: 80, Protocol: "TCP", Role: matrix.RoleSubject},
			{Name: "b1 direct", Address: "10.244.1.2", Port: 8080, Protocol: "TCP", Role: matrix.RoleDirect},
		})
	builder.Default(matrix.Connect("b1"))
	if expect != nil {
		expect(builder)
	}
	table, err := builder.Build()
	if err != nil {
		t.Fatal(err)
	}
	fake := &FakeProber{Respond: respond}
	name := func(_ string, _ Request, answer string) string { return strings.TrimPrefix(answer, "ns/") }
	return &sweep{prober: fake, table: table, name: name, settling: func(c matrix.Column) bool { return c.Role == matrix.RoleSubject }}, fake
}

// quickTimeouts makes waiting short for one test.
func quickTimeouts(t *testing.T) {
	before := Timeouts
	t.Cleanup(func() { Timeouts = before })
	Timeouts.Propagation = 500 * time.Millisecond
	Timeouts.Poll = time.Millisecond
}

// sideBySideCalls counts how many calls are made at the same time, at most.
type sideBySideCalls struct {
	mu            sync.Mutex
	current, most int
}

// take is a call that takes a while.
func (c *sideBySideCalls) take(duration time.Duration) {
	c.mu.Lock()
	c.current++
	c.most = max(c.most, c.current)
	c.mu.Unlock()
	time.Sleep(duration)
	c.mu.Lock()
	c.current--
	c.mu.Unlock()
}

func good(Probe, int) matrix.Observation { return answered("ns/b1", 1) }

func TestSweepProbesEveryCell(t *testing.T) {
	s, fake := testSweep(t, nil, good)
	verdict, err := wholeTable(t.Context(), s, s.table.NewGrid())
	if err != nil || !verdict.OK() {
		t.Fatalf("err %v, wrong %v", err, verdict.Wrong())
	}
	asked := map[string]int{}
	for _, p := range fake.Calls() {
		asked[p.Source+">"+p.Address] += p.Tries
	}
	if len(asked) != 4 {
		t.Errorf("asked %v, want 4 cells", asked)
	}
	total := 0
	for _, tries := range asked {
		total += tries
	}
	if s.tries != total || total != verdict.Counts().Tries {
		t.Errorf("%d tries counted, %d asked for, %d in the verdict", s.tries, total, verdict.Counts().Tries)
	}
}

func TestSweepLeavesOutWhatIsNotPromised(t *testing.T) {
	s, fake := testSweep(t, func(b *matrix.Builder) {
		b.Expect(matrix.RowNamed("pod@node-2"), matrix.ColumnNamed("VIP"), matrix.NotProbed())
	}, good)
	if _, err := wholeTable(t.Context(), s, s.table.NewGrid()); err != nil {
		t.Fatal(err)
	}
	for _, p := range fake.Calls() {
		if p.Source == "pod@node-2" && p.Address == "10.96.0.9" {
			t.Errorf("probed %+v", p)
		}
	}
}

func TestSweepMakesTriesThatMayWaitSideBySide(t *testing.T) {
	var calls sideBySideCalls
	s, _ := testSweep(t, func(b *matrix.Builder) { b.Default(matrix.TimeOut()) }, func(Probe, int) matrix.Observation {
		calls.take(20 * time.Millisecond)
		return failed(matrix.TimedOut, 1, "i/o timeout")
	})
	verdict, err := wholeTable(t.Context(), s, s.table.NewGrid())
	if err != nil || !verdict.OK() {
		t.Fatalf("err %v, wrong %v", err, verdict.Wrong())
	}
	if tries := s.table.Sampling(0, 0).Tries; calls.most < tries {
		t.Errorf("at most %d tries at once, want at least the %d of one cell", calls.most, tries)
	}
}

// What waits for its time limit must not keep the other cells of its source waiting.
func TestSweepDoesNotQueueBehindTimeouts(t *testing.T) {
	const cells = 3 * workersPerSource
	var columns []matrix.Column
	for i := range cells {
		columns = append(columns, matrix.Column{Name: fmt.Sprintf("c%d", i), Address: fmt.Sprintf("10.96.0.%d", i+1), Port: 80, Protocol: "TCP"})
	}
	table, err := matrix.NewBuilder([]matrix.Row{{Name: "pod@node-1", Node: "node-1"}}, columns).Default(matrix.ConnectAny()).Build()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	var begun sync.WaitGroup
	begun.Add(cells)
	all := make(chan struct{})
	go func() { begun.Wait(); close(all) }()
	fake := &FakeProber{Respond: func(_ Probe, attempt int) matrix.Observation {
		if attempt == 0 {
			begun.Done()
		}
		select {
		case <-all: // no try ends before each cell has been begun
		case <-ctx.Done():
		}
		return failed(matrix.TimedOut, 1, "")
	}}
	s := &sweep{prober: fake, table: table, name: func(_ string, _ Request, answer string) string { return answer }}
	if err := s.run(ctx, s.cells(func(matrix.Column) bool { return true }), table.NewGrid()); err != nil {
		t.Fatal("cells wait for each other: ", err)
	}
}

// TestSweepIsImpatientWithoutExpectation: of what may time out as well as be refused, one
// try that is refused is enough, and a second one is made beside one that takes long.
func TestSweepIsImpatientWithoutExpectation(t *testing.T) {
	var calls sideBySideCalls
	s, fake := testSweep(t, func(b *matrix.Builder) { b.Default(matrix.Implementation()) }, func(p Probe, _ int) matrix.Observation {
		if p.Source == "pod@node-2" {
			return failed(matrix.Refused, 1, "")
		}
		calls.take(patience + time.Second/2)
		return failed(matrix.TimedOut, 1, "")
	})
	verdict, err := wholeTable(t.Context(), s, s.table.NewGrid())
	if err != nil || !verdict.OK() {
		t.Fatalf("err %v, wrong %v", err, verdict.Wrong())
	}
	if want := 2 * s.table.Sampling(0, 0).Tries; calls.most != want {
		t.Errorf("at most %d tries at once, want the %d of both cells", calls.most, want)
	}
	refused := 0
	for _, p := range fake.Calls() {
		if p.Source == "pod@node-2" {
			refused += p.Tries
		}
	}
	if refused != 2 {
		t.Errorf("%d tries of the two cells that are refused, want one each", refused)
	}
}

// TestSweepTrustsWhatWasSound: a cell that was as expected takes one request, one
// that was not is tried once before it is tried more often.
func TestSweepTrustsWhatWasSound(t *testing.T) {
	broken := true
	s, fake := testSweep(t, nil, func(p Probe, _ int) matrix.Observation {
		if broken && p.Address == "10.96.0.9" {
			return failed(matrix.TimedOut, 1, "i/o timeout")
		}
		return answered("ns/b1", 1)
	})
	requests := func() map[string][]int {
		before := len(fake.Calls())
		if _, err := wholeTable(t.Context(), s, s.table.NewGrid()); err != nil {
			t.Fatal(err)
		}
		tries := map[string][]int{}
		for _, p := range fake.Calls()[before:] {
			if p.Source == "pod@node-1" {
				tries[p.Address] = append(tries[p.Address], p.Tries)
			}
		}
		return tries
	}
	n, control := s.table.Sampling(0, 0).Tries, s.table.Sampling(0, 1).Tries
	want := func(round string, got, want []int) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: requests of %d tries, want %d", round, got, want)
		}
	}
	first := requests()
	want("unknown, sound", first["10.244.1.2"], []int{1, control - 1})
	want("unknown, broken", first["10.96.0.9"], []int{1, 1, 1, 1, 1})
	broken = false
	second := requests()
	want("sound before", second["10.244.1.2"], []int{control})
	want("broken before", second["10.96.0.9"], []int{1, 4, 4, 4, n - 13})
	broken = true
	third := requests()
	want("sound before, broken now", third["10.96.0.9"], []int{n})
}

// TestSweepAsksAgainWhoHasAnswered: agnhost does not tell that of a request whose last
// try has failed.
func TestSweepAsksAgainWhoHasAnswered(t *testing.T) {
	last := 0
	s, _ := testSweep(t, nil, func(p Probe, attempt int) matrix.Observation {
		switch {
		case p.Source != "pod@node-1" || p.Address != "10.96.0.9" || attempt == 0 || attempt > last:
			return answered("ns/b1", 1)
		case attempt == last:
			return failed(matrix.Refused, 1, "connection refused")
		}
		return answered(unidentified, 1)
	})
	last = s.table.Sampling(0, 0).Tries - 1
	verdict, err := wholeTable(t.Context(), s, s.table.NewGrid())
	if err != nil {
		t.Fatal(err)
	}
	seen := verdict.At(0, 0).Observed
	if seen.Outcomes[matrix.Refused] != 1 || seen.Answers["b1"] != 1+verdictTries || seen.Answers[unidentified] != last-1 {
		t.Errorf("seen %v, want who has answered besides the failure", seen)
	}
}

func TestConvergeWaitsForTheDataPlane(t *testing.T) {
	quickTimeouts(t)
	s, fake := testSweep(t, nil, func(p Probe, attempt int) matrix.Observation {
		if p.Source == "pod@node-2" && p.Address == "10.96.0.9" && attempt < 3 {
			return failed(matrix.Refused, 1, "connection refused")
		}
		return good(p, attempt)
	})
	verdict, _, err := converge(t.Context(), s)
	if err != nil || !verdict.OK() {
		t.Fatalf("err %v, wrong %v", err, verdict.Wrong())
	}
	// The direct columns are probed for the verdict, not while the others are
	// waited for.
	perTable := s.table.Sampling(0, 1).Tries
	direct := 0
	for _, p := range fake.Calls() {
		if p.Source == "pod@node-1" && p.Address == "10.244.1.2" {
			direct += p.Tries
		}
	}
	if direct > perTable {
		t.Errorf("%d tries of a cell that was right all the time, want at most the verdict's %d", direct, perTable)
	}
}

// TestConvergeProbesOnce: where nothing has to be waited for, what was seen first is
// the verdict.
func TestConvergeProbesOnce(t *testing.T) {
	s, fake := testSweep(t, nil, good)
	verdict, _, err := converge(t.Context(), s)
	if err != nil || !verdict.OK() || len(verdict.Undersampled()) > 0 {
		t.Fatalf("err %v, wrong %v, undersampled %v", err, verdict.Wrong(), verdict.Undersampled())
	}
	tries := map[string]int{}
	for _, p := range fake.Calls() {
		if p.Source == "pod@node-1" {
			tries[p.Address] += p.Tries
		}
	}
	want := map[string]int{"10.96.0.9": s.table.Sampling(0, 0).Tries, "10.244.1.2": s.table.Sampling(0, 1).Tries}
	if !maps.Equal(tries, want) {
		t.Errorf("tries %v, want %v", tries, want)
	}
}

// TestConvergeWaitsForTimeLimitsMeanwhile: a control that is to time out is tried while
// the subjects are waited for, once, and is as final as all others.
func TestConvergeWaitsForTimeLimitsMeanwhile(t *testing.T) {
	quickTimeouts(t)
	for name, test := range map[string]struct {
		hole  matrix.Observation
		wrong int
	}{
		"a black hole": {failed(matrix.TimedOut, 1, "i/o timeout"), 0},
		"an answer":    {answered("ns/b1", 1), 2},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			ready := make(chan struct{})
			s, fake := testSweep(t, func(b *matrix.Builder) {
				b.Expect(matrix.AllRows(), matrix.ColumnNamed("b1 direct"), matrix.TimeOut())
			}, func(p Probe, attempt int) matrix.Observation {
				switch {
				case p.Address != "10.96.0.9":
					select {
					case <-ready: // no try ends before the subjects are right
					case <-ctx.Done():
					}
					return test.hole
				case p.Source == "pod@node-2" && attempt < 3:
					return failed(matrix.Refused, 1, "connection refused")
				case p.Source == "pod@node-2" && attempt == 3:
					close(ready)
				}
				return good(p, attempt)
			})
			verdict, late, err := converge(ctx, s)
			if err != nil || len(late) > 0 || len(verdict.Undersampled()) > 0 || len(verdict.Wrong()) != test.wrong {
				t.Fatalf("err %v, late %v, undersampled %v, wrong %v", err, late, verdict.Undersampled(), verdict.Wrong())
			}
			asked, total := 0, 0
			for _, p := range fake.Calls() {
				total += p.Tries
				if p.Source == "pod@node-1" && p.Address != "10.96.0.9" {
					asked += p.Tries
				}
			}
			want := s.table.Sampling(0, 1).Tries
			if seen := verdict.At(0, 1).Observed.Tries(); seen != want || asked != want {
				t.Errorf("%d tries asked for and %d in the verdict, want %d", asked, seen, want)
			}
			if s.tries != total {
				t.Errorf("%d tries counted of %d", s.tries, total)
			}
		})
	}
}

func TestConvergeTellsWhatWasLate(t *testing.T) {
	quickTimeouts(t)
	start := time.Now()
	s, _ := testSweep(t, nil, func(p Probe, attempt int) matrix.Observation {
		if p.Source == "pod@node-2" && p.Address == "10.96.0.9" && time.Since(start) < Timeouts.Propagation {
			time.Sleep(100 * time.Millisecond) // the last round begins in time and ends late
			return failed(matrix.Refused, 1, "connection refused")
		}
		return good(p, attempt)
	})
	verdict, late, err := converge(t.Context(), s)
	if err != nil || !verdict.OK() {
		t.Fatalf("err %v, wrong %v; want the table after that to be right", err, verdict.Wrong())
	}
	if len(late) != 1 || !strings.Contains(late[0], "pod@node-2 -> VIP") {
		t.Errorf("late %q, want pod@node-2 -> VIP", late)
	}
}

func TestConvergeFailsAfterTheBound(t *testing.T) {
	quickTimeouts(t)
	s, _ := testSweep(t, nil, func(p Probe, attempt int) matrix.Observation {
		if p.Source == "pod@node-2" && p.Address == "10.96.0.9" {
			return failed(matrix.Refused, 1, "connection refused")
		}
		return good(p, attempt)
	})
	verdict, _, err := converge(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if got := verdict.Wrong(); len(got) != 1 || got[0] != (matrix.Cell{Row: 1, Column: 0}) {
		t.Errorf("wrong cells %v, want pod@node-2 -> VIP", got)
	}
}

func TestVerdictIsFinal(t *testing.T) {
	quickTimeouts(t)
	// Every 13th try is lost. However long the cells are waited for, that must
	// not turn an intermittent fault into a success.
	s, _ := testSweep(t, nil, func(p Probe, attempt int) matrix.Observation {
		if p.Address == "10.96.0.9" && attempt%13 == 12 {
			return failed(matrix.TimedOut, 1, "i/o timeout")
		}
		return good(p, attempt)
	})
	verdict, _, err := converge(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if len(verdict.Wrong()) != 2 {
		t.Errorf("wrong cells %v, want both of the VIP", verdict.Wrong())
	}
}

func TestErrorIsNoFailureOfTheNetwork(t *testing.T) {
	quickTimeouts(t)
	for _, expected := range []matrix.Expectation{matrix.Refuse(), matrix.TimeOut(), matrix.Fail(), matrix.Implementation(), matrix.Connect("b1")} {
		s, _ := testSweep(t, func(b *matrix.Builder) { b.Default(expected) }, func(Probe, int) matrix.Observation {
			return failed(matrix.Error, 1, "no way to the source")
		})
		verdict, _, err := converge(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if got := len(verdict.Wrong()); got != 4 {
			t.Errorf("expecting %s, %d of 4 cells are wrong when no probe can be made", expected, got)
		}
	}
}

func TestConvergeEndsWithTheContext(t *testing.T) {
	s, _ := testSweep(t, nil, func(Probe, int) matrix.Observation { return failed(matrix.Refused, 1, "connection refused") })
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, _, err := converge(ctx, s)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("err = %v, want that of the context", err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v after the context had ended", took)
	}
}

func TestHoldNoticesALateFailure(t *testing.T) {
	quickTimeouts(t)
	start := time.Now()
	s, _ := testSweep(t, nil, func(p Probe, attempt int) matrix.Observation {
		if time.Since(start) > 100*time.Millisecond {
			return answered("ns/removed", 1)
		}
		return good(p, attempt)
	})
	verdict, _, err := converge(t.Context(), s)
	if err != nil || !verdict.OK() {
		t.Fatalf("err %v, wrong %v", err, verdict.Wrong())
	}
	verdict, err = hold(t.Context(), s, verdict, 5*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if verdict.OK() {
		t.Error("a backend that came back during the hold has passed")
	}
}

// TestFollowUpTriesWrongCellsAgain: to tell which backend is dead, wrong cells are
// tried again, others are not, and no verdict changes.
func TestFollowUpTriesWrongCellsAgain(t *testing.T) {
	both := func(b *matrix.Builder) {
		b.Expect(matrix.AllRows(), matrix.ColumnNamed("VIP"), matrix.Connect("b1", "b2"))
	}
	for name, test := range map[string]struct {
		broken matrix.Outcome
		later  int // tries after the verdict
	}{
		"half of the tries time out": {matrix.TimedOut, 11},
		"half of them are refused":   {matrix.Refused, 11},
		"the source breaks":          {matrix.Error, 0},
	} {
		t.Run(name, func(t *testing.T) {
			verdict := false
			s, fake := testSweep(t, both, func(p Probe, attempt int) matrix.Observation {
				switch {
				case p.Address != "10.96.0.9":
					return answered("ns/b1", 1)
				case p.Source == "pod@node-1":
					return answered([]string{"ns/b1", "ns/b2"}[attempt%2], 1)
				case attempt%2 == 0:
					return answered("ns/b1", 1)
				case verdict:
					return failed(test.broken, 1, "later")
				}
				return failed(matrix.TimedOut, 1, "i/o timeout")
			})
			compared, err := wholeTable(t.Context(), s, s.table.NewGrid())
			if err != nil || len(compared.Wrong()) != 1 {
				t.Fatalf("err %v, wrong %v", err, compared.Wrong())
			}
			verdict = true
			report := compared.Report(matrix.Meta{})
			before := len(fake.Calls())
			followUp(t.Context(), s, report)
			for _, p := range fake.Calls()[before:] {
				if p.Source != "pod@node-2" || p.Address != "10.96.0.9" {
					t.Errorf("tried again: %+v", p)
				}
			}
			cell := report.Cells[1][0]
			if tries := cell.FollowUp.Tries(); tries != max(0, min(test.later, 16-cell.Observed.Tries())) {
				t.Errorf("%d more tries after %d", tries, cell.Observed.Tries())
			}
			if report.Counts != compared.Counts() || cell.Verdict != matrix.Mismatch || cell.Observed.Tries() != compared.At(1, 0).Observed.Tries() {
				t.Errorf("the verdict has changed: %+v", report.Counts)
			}
		})
	}
}

func TestFollowUpEndsInTime(t *testing.T) {
	quickTimeouts(t)
	Timeouts.FollowUp = time.Millisecond
	s, fake := testSweep(t, func(b *matrix.Builder) { b.Default(matrix.Connect("b1", "b2")) }, func(Probe, int) matrix.Observation {
		return failed(matrix.TimedOut, 1, "i/o timeout")
	})
	compared, err := wholeTable(t.Context(), s, s.table.NewGrid())
	if err != nil {
		t.Fatal(err)
	}
	fake.Respond = func(Probe, int) matrix.Observation {
		time.Sleep(10 * time.Millisecond)
		return failed(matrix.TimedOut, 1, "i/o timeout")
	}
	report := compared.Report(matrix.Meta{})
	followUp(t.Context(), s, report)
	for _, cell := range report.Wrong() {
		if tries := report.At(cell.Row, cell.Column).FollowUp.Tries(); tries > 0 {
			t.Errorf("%v has %d tries, though time was over", cell, tries)
		}
	}
}

func TestWithoutTags(t *testing.T) {
	if got := withoutTags("should work [Slow] when asked [Feature:LoadBalancer]"); got != "should work when asked" {
		t.Errorf("got %q", got)
	}
}
