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
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sigs.k8s.io/service-e2e/matrix"
)

// admitted plays what a cell of a stream sees, one try each second, and returns
// what of it is held against the table.
func admitted(t *testing.T, row string, seen []matrix.Observation, options ...StreamOption) matrix.Observation {
	t.Helper()
	table, err := matrix.NewBuilder(
		[]matrix.Row{{Name: "r1", Node: "n1"}, {Name: "r2", Node: "n2"}},
		[]matrix.Column{{Name: "web", Role: matrix.RoleSubject}},
	).Default(matrix.ConnectSome("b1", "b2")).Build()
	if err != nil {
		t.Fatal(err)
	}
	s := &Stream{sweep: &sweep{table: table}}
	for _, option := range options {
		option(s)
	}
	cell := matrix.Cell{}
	if row == "r2" {
		cell.Row = 1
	}
	var p streamed
	var all matrix.Observation
	now := time.Unix(0, 0)
	for _, one := range seen {
		all = all.Merge(s.admit(cell, &p, s.ordered(cell, &p, one), now))
		now = now.Add(time.Second)
	}
	all = all.Merge(p.failing)
	all.LastError = ""
	return all
}

func TestInterruption(t *testing.T) {
	b1, b2, lost := answered("b1", 1), answered("b2", 1), failed(matrix.TimedOut, 1, "")
	unmade := failed(matrix.Error, 1, "")
	interrupted := Interrupted(matrix.RowsOn("n1"), matrix.AllColumns(), 3*time.Second)
	refused, refusable := failed(matrix.Refused, 1, ""), Refusable(matrix.RowsOn("n1"), matrix.AllColumns())
	inOrder := InOrder("b1", "b2")
	for name, tc := range map[string]struct {
		row     string
		seen    []matrix.Observation
		options []StreamOption
		want    matrix.Observation
	}{
		"nothing allowed":         {"r1", []matrix.Observation{b1, lost, b2, b1}, nil, b1.Merge(lost).Merge(b2).Merge(b1)},
		"within the limit":        {"r1", []matrix.Observation{b1, lost, lost, lost, b2}, []StreamOption{interrupted}, b1.Merge(b2)},
		"twice within the limit":  {"r1", []matrix.Observation{b1, lost, lost, b2, lost, lost, b2}, []StreamOption{interrupted}, b1.Merge(b2).Merge(b2)},
		"too long":                {"r1", []matrix.Observation{b1, lost, lost, lost, lost, b2}, []StreamOption{interrupted}, b1.Merge(b2).Merge(failed(matrix.TimedOut, 4, ""))},
		"not over":                {"r1", []matrix.Observation{b1, lost}, []StreamOption{interrupted}, b1.Merge(lost)},
		"another row":             {"r2", []matrix.Observation{b1, lost, b2}, []StreamOption{interrupted}, b1.Merge(lost).Merge(b2)},
		"probe that was not made": {"r1", []matrix.Observation{b1, unmade, b2}, []StreamOption{interrupted}, b1.Merge(unmade).Merge(b2)},
		"refusable":               {"r1", []matrix.Observation{b1, refused, refused, b2}, []StreamOption{refusable}, b1.Merge(b2)},
		"refusable, lost":         {"r1", []matrix.Observation{b1, refused, lost, b2}, []StreamOption{refusable}, b1.Merge(lost).Merge(b2)},
		"refusable, another row":  {"r2", []matrix.Observation{b1, refused, b2}, []StreamOption{refusable}, b1.Merge(refused).Merge(b2)},
		"in order":                {"r1", []matrix.Observation{b1, b1, b2, b2}, []StreamOption{inOrder}, b1.Merge(b1).Merge(b2).Merge(b2)},
		"again":                   {"r1", []matrix.Observation{b1, b2, b1}, []StreamOption{inOrder}, b1.Merge(b2).Merge(answered("b1-again", 1))},
		"strangers have no order": {"r1", []matrix.Observation{b2, answered("x", 1)}, []StreamOption{inOrder}, b2.Merge(answered("x", 1))},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, admitted(t, tc.row, tc.seen, tc.options...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestInterruptionThatIsNotOverWhenTheStreamStops: it has its time to end, and no
// more than that.
func TestInterruptionThatIsNotOverWhenTheStreamStops(t *testing.T) {
	for name, tc := range map[string]struct {
		recovers bool
		limit    time.Duration
		failures int
	}{
		"ends":     {true, time.Minute, 0},
		"does not": {false, 50 * time.Millisecond, 1},
	} {
		t.Run(name, func(t *testing.T) {
			quickTimeouts(t)
			var probed, stopped atomic.Bool
			sweep, _ := testSweep(t, nil, func(Probe, int) matrix.Observation {
				switch {
				case !probed.Swap(true), tc.recovers && stopped.Load():
					return answered("ns/b1", 1)
				}
				time.Sleep(time.Millisecond)
				return failed(matrix.TimedOut, 1, "i/o timeout")
			})
			lasting, giveUp := context.WithCancel(t.Context())
			defer giveUp()
			ctx, end := context.WithCancel(lasting)
			cell := matrix.Cell{}
			s := &Stream{
				t:     &Topology{flows: newFlows(remembered)},
				sweep: sweep, grid: sweep.table.NewGrid(), gaps: [][]gap{{{}}}, stretches: [][]time.Duration{{0}},
				begun: time.Now(), end: end, giveUp: giveUp,
			}
			Interrupted(matrix.AllRows(), matrix.AllColumns(), tc.limit)(s)
			settled := make(chan struct{})
			s.wg.Go(func() { s.probe(ctx, lasting, cell, sync.OnceFunc(func() { close(settled) })) })
			<-settled
			for sweepTries := 0; sweepTries < 3; time.Sleep(time.Millisecond) {
				sweep.mu.Lock()
				sweepTries = sweep.tries
				sweep.mu.Unlock()
			}
			end()
			time.Sleep(5 * time.Millisecond) // it goes on
			stopped.Store(true)
			s.halt()
			if got := min(1, s.grid[0][0].Failures()); got != tc.failures {
				t.Errorf("%d failures are held against the table, want %d: %+v", got, tc.failures, s.grid[0][0])
			}
		})
	}
}
