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
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	"k8s.io/kubernetes/test/e2e/framework"

	"sigs.k8s.io/service-e2e/matrix"
)

// Stream probes the cells of a table without pause while a spec changes
// something. [Stream.Stop] ends it and holds every single probe against the
// table: what failed in between, however shortly, shows.
type Stream struct {
	t     *Topology
	phase string
	table *Table
	sweep *sweep
	grid  matrix.Grid
	gaps  [][]gap
	begun time.Time
	// end ends the probing, and giveUp also that of cells that may still end an
	// interruption.
	end, giveUp context.CancelFunc
	// every is the time from one probe of a cell to the next.
	every time.Duration
	// limit is set by [Within]; stretches holds the longest of each cell.
	limit     time.Duration
	stretches [][]time.Duration
	// interruptions, refusable and order are set by [Interrupted], [Refusable] and
	// [InOrder].
	interruptions []interruption
	refusable     []interruption
	order         []string
	// cuts are set by [Cut].
	cuts []cut
	// recordedPause is set by [Recorded]; recorders then probe for the stream,
	// and collect gets from them what they have seen.
	recordedPause time.Duration
	recorders     []*recorder
	collect       func()
	// stopped tells that the verdict has been given.
	stopped bool
	wg      sync.WaitGroup
}

// StreamOption changes how a stream probes.
type StreamOption func(*Stream)

// Every makes the stream probe each cell once in a while instead of without
// pause.
func Every(interval time.Duration) StreamOption {
	return func(s *Stream) { s.every = interval }
}

// Within holds two probes of a cell that follow each other against the same
// expectation only if the second ends within the limit after the first began.
// After a longer pause, as a busy machine makes them, the cell begins anew. The
// spec fails if no stretch of a cell was twice as long as the limit, for then it
// has proven nothing.
func Within(limit time.Duration) StreamOption {
	return func(s *Stream) { s.limit = limit }
}

// Stream begins to probe the cells of a table that are expected to connect, one
// try after another from every source, and returns when each has been right once:
// until then, and for Timeouts.Propagation at most, wrong ones do not count, as a
// proxy may still have to hear of a Service. Controls are probed once in
// Timeouts.ControlPause. Cells that are to fail are left out, and so are the controls
// that do so: what is to stay closed is for [Topology.Check].
//
// Controls by node port are left out too: what a node passes on to another one
// keeps it from telling the source of refusals (see [pacer]), which a check in
// the meantime may want to see.
//
// Expectations that name several backends should be [matrix.ConnectSome]: during
// a change not all of them need to answer. [matrix.Roaming] says that they are
// not kept apart from each other all the while.
func (t *Topology) Stream(ctx context.Context, phase string, table *Table, options ...StreamOption) *Stream {
	ginkgo.GinkgoHelper()
	expected, err := table.build()
	framework.ExpectNoError(err, "the expected table of %q", phase)
	t.settleFirst(expected)
	framework.ExpectNoError(t.awaitProxies(ctx), "waiting for the Service proxies before %q", phase)
	rows, columns := expected.Size()
	for r := range rows {
		for c := range columns {
			column := expected.Column(c)
			passedOn := column.Kind == matrix.FrontendNodePort && column.Role != matrix.RoleSubject
			if expected.Probed(r, c) && (passedOn || !expected.Expected(r, c).Positive()) {
				table.Expect(matrix.RowNamed(expected.Row(r).Name), matrix.ColumnNamed(column.Name), matrix.NotProbed())
			}
		}
	}
	expected, err = table.build()
	framework.ExpectNoError(err, "the expected table of %q", phase)

	specContext := ctx
	lasting, giveUp := context.WithCancel(ctx)
	ctx, end := context.WithCancel(lasting)
	s := &Stream{
		t: t, phase: phase, table: table, begun: time.Now(), end: end, giveUp: giveUp,
		sweep: &sweep{prober: t.prober, table: expected, pacer: t.pacer, name: t.name},
		grid:  expected.NewGrid(), gaps: make([][]gap, rows),
		every: Timeouts.StreamPause,
	}
	for _, option := range options {
		option(s)
	}
	for r := range s.gaps {
		s.gaps[r] = make([]gap, columns)
		s.stretches = append(s.stretches, make([]time.Duration, columns))
	}
	probed := s.sweep.cells(func(matrix.Column) bool { return true })
	if s.recordedPause > 0 {
		probed = s.record(ctx, probed)
		s.collect = func() { s.collectRecorded(specContext) }
	}
	var settling sync.WaitGroup
	for _, cell := range probed {
		settling.Add(1)
		s.wg.Go(func() { s.probe(ctx, lasting, cell, sync.OnceFunc(settling.Done)) })
	}
	ginkgo.DeferCleanup(s.abandon)
	settling.Wait()
	ginkgo.By(fmt.Sprintf("probing without pause: %q", phase))
	return s
}

// probe probes one cell until ctx ends and, if it is just interrupted then, while
// lasting lasts. It tells when the cell has been right for the first time, or has had
// its time for that.
func (s *Stream) probe(ctx, lasting context.Context, cell matrix.Cell, settled func()) {
	defer settled()
	limit := s.begun.Add(Timeouts.Propagation)
	for ctx.Err() == nil && time.Now().Before(limit) {
		begun := time.Now()
		one, err := s.sweep.ask(ctx, cell, 1)
		if err != nil || !s.sweep.table.Refuted(cell.Row, cell.Column, one) {
			break
		}
		sleep(ctx, Timeouts.StreamPause-time.Since(begun))
	}
	settled()

	seen, g := &s.grid[cell.Row][cell.Column], &s.gaps[cell.Row][cell.Column]
	stretch := &s.stretches[cell.Row][cell.Column]
	pause := s.every
	if s.sweep.table.Column(cell.Column).Role != matrix.RoleSubject {
		pause = max(pause, Timeouts.ControlPause)
	}
	var stretchBegun, before time.Time
	var p streamed
	once := func(ctx context.Context) bool {
		begun := time.Now()
		one, err := s.sweep.ask(ctx, cell, 1)
		if err != nil {
			return false // a probe that was cut short is none
		}
		if before.IsZero() || s.limit > 0 && time.Since(before) > s.limit {
			stretchBegun = begun
			if !s.sweep.table.Judge(cell.Row, cell.Column, *seen).Wrong() {
				*seen = matrix.Observation{}
			}
		}
		if s.tolerated(cell) > 0 {
			s.t.flows.notice(s.sweep.table.Row(cell.Row), s.sweep.table.Column(cell.Column), one)
		}
		before = begun
		*stretch = max(*stretch, begun.Sub(stretchBegun))
		one = s.ordered(cell, &p, one)
		*seen = seen.Merge(s.admit(cell, &p, one, begun))
		g.note(s.sweep.table.Refuted(cell.Row, cell.Column, one), begun, time.Now())
		sleep(ctx, pause-time.Since(begun))
		return true
	}
	for ctx.Err() == nil && once(ctx) {
	}
	// An interruption that was not over when the stream was stopped has its time.
	for p.failing.Tries() > 0 && time.Since(p.since) < s.tolerated(cell) && lasting.Err() == nil && once(lasting) {
	}
	*seen = seen.Merge(p.failing)
}

// For lets the probing go on for a while and then is [Stream.Stop].
func (s *Stream) For(ctx context.Context, duration time.Duration) *matrix.Report {
	ginkgo.GinkgoHelper()
	sleep(ctx, duration)
	return s.Stop()
}

// halt ends the probing. A second time it does nothing.
func (s *Stream) halt() {
	s.end()
	s.wg.Wait()
}

// abandon ends the probing of a spec that ends before it has called
// [Stream.Stop]. If it has failed, what the stream saw until then is shown beside
// the failure. It is no verdict: what the stream was to witness is not over.
func (s *Stream) abandon() {
	s.giveUp()
	s.halt()
	if s.stopped || s.collect != nil || !ginkgo.CurrentSpecReport().Failed() {
		return
	}
	_, result, err := s.result()
	if err != nil {
		ginkgo.AddReportEntry(unfinishedEntry, err.Error(), types.ReportEntryVisibilityFailureOrVerbose)
		return
	}
	text := result.line()
	if !result.Table.OK() {
		text = result.String()
	}
	ginkgo.AddReportEntry(unfinishedEntry, text, types.ReportEntryVisibilityFailureOrVerbose)
}

// unfinishedEntry is the name of the report entries of streams that were not
// stopped before their spec failed.
const unfinishedEntry = "probing without pause, until the failure"

// Stop ends the probing, but for cells that are just [Interrupted], which go on
// until that is over or has taken too long, and fails the spec if a single probe
// was not as expected. It returns what was seen, for what the table cannot express.
func (s *Stream) Stop() *matrix.Report {
	ginkgo.GinkgoHelper()
	s.halt()
	s.stopped = true
	if s.collect != nil {
		s.collect()
	}
	verdict, result, err := s.result()
	framework.ExpectNoError(err, "comparing %q", s.phase)
	s.t.flows.remember(verdict, time.Now())
	result.record()
	if !verdict.OK() {
		framework.Fail(result.String() + s.t.reproduction(verdict))
	}
	for _, cell := range s.sweep.cells(func(c matrix.Column) bool { return c.Role == matrix.RoleSubject }) {
		if longest := s.stretches[cell.Row][cell.Column]; longest < 2*s.limit {
			framework.Failf("%q: %s -> %s was probed without a long pause for %v at most, which is less than the %v that prove anything: the machine is too busy",
				s.phase, verdict.Row(cell.Row).Name, verdict.Column(cell.Column).Name, longest, 2*s.limit)
		}
	}
	return result.Table
}

// result is what the stream has seen so far.
func (s *Stream) result() (*matrix.Comparison, *Result, error) {
	verdict, err := s.sweep.table.Compare(s.grid)
	if err == nil && (s.table.knowRuleChange(verdict) || s.knowCuts(verdict)) {
		if s.sweep.table, err = s.table.build(); err == nil {
			verdict, err = s.sweep.table.Compare(s.grid)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	result := &Result{
		Table:   verdict.Report(matrix.Meta{Spec: ginkgo.CurrentSpecReport().FullText(), Title: title(), Phase: s.phase}),
		Probes:  s.sweep.tries,
		Seconds: time.Since(s.begun).Seconds(),

		KnownFailures: s.table.knownFailures(verdict),
	}
	events := ginkgo.CurrentSpecReport().SpecEvents
	for _, cell := range s.sweep.cells(func(matrix.Column) bool { return true }) {
		if g := s.gaps[cell.Row][cell.Column]; !g.began.IsZero() {
			result.Gaps = append(result.Gaps, Gap{
				Row: verdict.Row(cell.Row).Name, Column: verdict.Column(cell.Column).Name,
				Seconds: g.longest.Seconds(), Began: g.began, Step: stepAt(events, g.began),
			})
		}
	}
	slices.SortStableFunc(result.Gaps, func(a, b Gap) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return verdict, result, nil
}
