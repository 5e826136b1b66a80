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
	"slices"
	"sync"
	"time"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"

	"sigs.k8s.io/service-e2e/matrix"
)

const (
	// sourceCapacity bounds the cells that are probed at once from one source by
	// all processes of the run, which share most sources. More gain nothing: a
	// machine that is busy then keeps each of them waiting, and agnhost gives up
	// after 5 s.
	sourceCapacity = 8
	// workersPerSource bounds those of one table.
	workersPerSource = 4
	// triesPerRequest bounds the tries of one request, which agnhost makes one
	// after the other: if each runs into its time limit, all of these are waited
	// for. With so many, nearly every cell is settled by its second request.
	triesPerRequest = 16
	// triesIfUnsound is the same for a cell that was wrong when it was probed last.
	triesIfUnsound = 4
	// patience is how long a single try may take before it counts as waiting for
	// its time limit, as all of a broken node do.
	patience = time.Second
	// verdictTries is how often a wrong cell is tried for the last table, and how often
	// again if it is not known who has answered.
	verdictTries = 5
)

// sweep probes the cells of a table.
type sweep struct {
	prober Prober
	table  *matrix.Table
	pacer  *pacer
	// name gives answers the short names that the table knows.
	name func(row string, request Request, answer string) string

	// settling tells which cells a change may have left wrong for a while.
	settling func(matrix.Column) bool
	// verdict makes a cell that is wrong be tried [verdictTries] times at
	// least, so that the reader can tell a failure from a loss.
	verdict bool

	mu    sync.Mutex
	tries int
	// before says how the cells that have been probed were the last time.
	before map[matrix.Cell]earlier
}

// earlier is what became of a cell when it was probed last, if it was.
type earlier struct {
	known bool
	// sound tells whether it was as expected.
	sound bool
	// timedOut tells whether a try has run into its time limit.
	timedOut bool
}

// cells returns every cell of the matching columns that is probed at all.
func (s *sweep) cells(match func(matrix.Column) bool) []matrix.Cell {
	var cells []matrix.Cell
	rows, columns := s.table.Size()
	for r := range rows {
		for c := range columns {
			if s.table.Probed(r, c) && match(s.table.Column(c)) {
				cells = append(cells, matrix.Cell{Row: r, Column: c})
			}
		}
	}
	return cells
}

// run probes the given cells and puts what it saw into the grid, in place of
// what was there. All sources probe at the same time; each probes the cells
// that are to be refused last (see [pacer]). It fails only when ctx ends.
func (s *sweep) run(ctx context.Context, cells []matrix.Cell, grid matrix.Grid) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	byRow := map[int][]matrix.Cell{}
	for _, cell := range cells {
		byRow[cell.Row] = append(byRow[cell.Row], cell)
	}
	var wg sync.WaitGroup
	for _, row := range byRow {
		wg.Go(func() {
			// Timeouts disturb nobody and take their time anyway.
			dropped, others := split(row, s.isDropped)
			wg.Go(func() { s.runRow(ctx, cancel, dropped, grid) })
			paced, others := split(others, s.isPaced)
			s.runRow(ctx, cancel, others, grid)
			if len(paced) > 0 && len(others) > 0 {
				s.pacer.quiet(ctx)
			}
			s.runRow(ctx, cancel, paced, grid)
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// begin probes cells beside others, for the verdict, until the function that it
// returns is called, which waits for the rest and puts what was seen into a grid.
func (s *sweep) begin(ctx context.Context, cells []matrix.Cell) func(matrix.Grid) error {
	aside := &sweep{prober: s.prober, table: s.table, pacer: s.pacer, name: s.name, verdict: true}
	seen, done := s.table.NewGrid(), make(chan error, 1)
	go func() { done <- aside.run(ctx, cells, seen) }()
	return func(grid matrix.Grid) error {
		err := <-done
		for _, cell := range cells {
			grid[cell.Row][cell.Column] = seen[cell.Row][cell.Column]
		}
		s.tries += aside.tries
		return err
	}
}

// lastingFlows returns the cells of the flows that are expected to go on.
func (s *sweep) lastingFlows() []matrix.Cell {
	return slices.DeleteFunc(s.cells(hasFixedPort), func(cell matrix.Cell) bool {
		return !s.table.Expected(cell.Row, cell.Column).Positive()
	})
}

// keepFlows uses each flow that is expected to go on, so that the nodes remember it.
func (s *sweep) keepFlows(ctx context.Context) {
	var wg sync.WaitGroup
	for _, cell := range s.lastingFlows() {
		wg.Go(func() { _, _ = s.ask(ctx, cell, 1) })
	}
	wg.Wait()
}

// prolongFlows makes streams of the flows that the table has, so that the nodes
// remember them until the spec comes to its next table.
func (s *sweep) prolongFlows(ctx context.Context) {
	if len(s.lastingFlows()) > 0 {
		sleep(ctx, streamDelay)
		s.keepFlows(ctx)
	}
}

// runRow probes cells of one row, a few at a time: first those that can be probed
// together, then all others, and what is not settled by then, one by one.
func (s *sweep) runRow(ctx context.Context, fail context.CancelCauseFunc, cells []matrix.Cell, grid matrix.Grid) {
	workers := workers()
	if slices.ContainsFunc(cells, s.fillsBuffers) {
		workers = 1
	}
	begun, err := s.together(ctx, cells, workers)
	if err != nil {
		fail(err)
		return
	}
	// Each cell has a place of its own in the grid: no lock, and exactly
	// one result per cell.
	probe := func(cell matrix.Cell, waiting func()) {
		seen, err := s.finish(ctx, cell, begun[cell])
		if err == nil {
			seen, err = s.probe(ctx, cell, seen, waiting)
		}
		if err != nil {
			fail(err)
			return
		}
		grid[cell.Row][cell.Column] = seen
		s.remember(cell, seen)
	}
	var wg sync.WaitGroup
	busy := make(chan struct{}, workers)
	for _, cell := range cells {
		if s.table.Sampling(cell.Row, cell.Column).Parallel || s.isPaced(cell) || s.last(cell).timedOut ||
			begun[cell].late != nil || begun[cell].seen.Outcomes[matrix.TimedOut] > 0 {
			// Nearly all of its time is waiting.
			wg.Go(func() { probe(cell, func() {}) })
			continue
		}
		busy <- struct{}{}
		wg.Go(func() {
			waiting := sync.OnceFunc(func() { <-busy })
			defer waiting()
			probe(cell, waiting)
		})
	}
	wg.Wait()
}

// workers returns how many cells of one row this process probes at once.
func workers() int {
	suite, _ := ginkgo.GinkgoConfiguration()
	return min(workersPerSource, max(1, sourceCapacity/suite.ParallelTotal))
}

// fillsBuffers tells whether a cell's datagrams are so large that a dozen of them
// fill what Linux lets wait for a server (net.core.rmem_default, 208 KiB, of which
// each fragment takes about 2 KiB): on a busy machine, more would get lost.
func (s *sweep) fillsBuffers(cell matrix.Cell) bool {
	const large = 4096
	column := s.table.Column(cell.Column)
	return v1.Protocol(column.Protocol) == v1.ProtocolUDP && sizeOf(Request(column.Request)) > large
}

// split returns the cells for which match is true, and the others.
func split(cells []matrix.Cell, match func(matrix.Cell) bool) (matching, others []matrix.Cell) {
	for _, cell := range cells {
		if match(cell) {
			matching = append(matching, cell)
		} else {
			others = append(others, cell)
		}
	}
	return matching, others
}

// probe tries one cell until its outcome is decided, counting what has been seen of
// it already. It calls waiting once it does nothing but wait for a time limit.
func (s *sweep) probe(ctx context.Context, cell matrix.Cell, seen matrix.Observation, waiting func()) (matrix.Observation, error) {
	sampling := s.table.Sampling(cell.Row, cell.Column)
	if sampling.Parallel {
		return s.sideBySide(ctx, cell, sampling.Tries)
	}
	for !s.table.Decided(cell.Row, cell.Column, seen) {
		if seen.Outcomes[matrix.TimedOut] > 0 {
			// What has run into its time limit once may do so again.
			rest, err := s.sideBySide(ctx, cell, max(1, sampling.Tries-seen.Tries()))
			seen = seen.Merge(rest)
			if err != nil {
				return seen, err
			}
			continue
		}
		more, err := s.askImpatiently(ctx, cell, seen, waiting)
		seen = seen.Merge(more)
		if err != nil {
			return seen, err
		}
	}
	missing := verdictTries - seen.Tries()
	if seen.Answers[unidentified] > 0 && seen.Failures() > 0 {
		// A failure has kept from us who has answered the other tries of the request.
		missing = verdictTries
	}
	if s.verdict && missing > 0 && !s.table.Judge(cell.Row, cell.Column, seen).AsExpected() {
		more, err := s.sideBySide(ctx, cell, missing)
		return seen.Merge(more), err
	}
	return seen, nil
}

// nextTries returns how many tries the next request for a cell is to make. The first
// one makes a single try, unless the cell has just been as expected: if it times
// out, a whole series of time-outs is not waited for.
func (s *sweep) nextTries(cell matrix.Cell, seen matrix.Observation) int {
	before := s.last(cell)
	atMost := triesPerRequest
	switch {
	case s.drawsErrors(cell), seen.Tries() == 0 && !before.sound:
		return 1
	case before.known && !before.sound:
		atMost = triesIfUnsound
	}
	return max(1, min(atMost, s.table.Sampling(cell.Row, cell.Column).Tries-seen.Tries()))
}

// askImpatiently makes the next request for a cell. If a single try takes its time, it
// calls waiting, and tries a cell of which nothing is expected again beside it: such a
// one may run into its time limit, but also be refused, for which one try is enough.
func (s *sweep) askImpatiently(ctx context.Context, cell matrix.Cell, seen matrix.Observation, waiting func()) (matrix.Observation, error) {
	tries := s.nextTries(cell, seen)
	if tries > 1 {
		return s.ask(ctx, cell, tries)
	}
	var (
		one, others       matrix.Observation
		oneErr, othersErr error
	)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		one, oneErr = s.ask(ctx, cell, 1)
	}()
	select {
	case <-answered:
	case <-time.After(patience):
		waiting()
		if s.isOpen(cell) {
			others, othersErr = s.sideBySide(ctx, cell, s.table.Sampling(cell.Row, cell.Column).Tries-seen.Tries()-1)
		}
	}
	<-answered
	return one.Merge(others), errors.Join(oneErr, othersErr)
}

// remember takes note of how a cell is.
func (s *sweep) remember(cell matrix.Cell, seen matrix.Observation) {
	now := earlier{
		known:    true,
		sound:    s.table.Judge(cell.Row, cell.Column, seen) == matrix.Match,
		timedOut: seen.Outcomes[matrix.TimedOut] > 0,
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.before == nil {
		s.before = map[matrix.Cell]earlier{}
	}
	s.before[cell] = now
}

// last returns how a cell was when it was probed last.
func (s *sweep) last(cell matrix.Cell) earlier {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.before[cell]
}

// isDropped tells whether a cell is expected to time out.
func (s *sweep) isDropped(cell matrix.Cell) bool {
	return s.table.Expected(cell.Row, cell.Column).Equal(matrix.TimeOut())
}

// isOpen tells whether nothing is expected of a cell.
func (s *sweep) isOpen(cell matrix.Cell) bool {
	return s.table.Expected(cell.Row, cell.Column).Equal(matrix.Implementation())
}

// drawsErrors tells whether a cell is expected to be refused, or may be. One of which
// nothing is expected is settled by a refusal, and so draws one at most.
func (s *sweep) drawsErrors(cell matrix.Cell) bool {
	e := s.table.Expected(cell.Row, cell.Column)
	return !e.Positive() && !s.isDropped(cell) && !e.Equal(matrix.NoName()) && !s.isOpen(cell)
}

// isPaced tells whether a cell has to wait for its turn to be refused.
func (s *sweep) isPaced(cell matrix.Cell) bool {
	return s.drawsErrors(cell) && s.pacer.key(s.table.Row(cell.Row), s.table.Column(cell.Column)) != ""
}

// sideBySide makes all tries at the same time, unless they have a source port to
// share.
func (s *sweep) sideBySide(ctx context.Context, cell matrix.Cell, tries int) (matrix.Observation, error) {
	if hasFixedPort(s.table.Column(cell.Column)) {
		return s.ask(ctx, cell, tries)
	}
	seen := make([]matrix.Observation, tries)
	errs := make([]error, tries)
	var wg sync.WaitGroup
	for i := range tries {
		wg.Go(func() { seen[i], errs[i] = s.ask(ctx, cell, 1) })
	}
	wg.Wait()
	var all matrix.Observation
	for i := range tries {
		if errs[i] != nil {
			return all, errs[i]
		}
		all = all.Merge(seen[i])
	}
	return all, nil
}

// ask makes one request and translates the answers.
func (s *sweep) ask(ctx context.Context, cell matrix.Cell, tries int) (matrix.Observation, error) {
	paced := s.drawsErrors(cell)
	if paced {
		if err := s.pacer.wait(ctx, s.table.Row(cell.Row), s.table.Column(cell.Column)); err != nil {
			return matrix.Observation{}, err
		}
	}
	seen, err := s.prober.Probe(ctx, s.asking(cell, tries))
	return s.take(ctx, cell, seen, paced), err
}

// asking is the probe of a cell.
func (s *sweep) asking(cell matrix.Cell, tries int) Probe {
	column := s.table.Column(cell.Column)
	return Probe{
		Source:   s.table.Row(cell.Row).Name,
		Address:  column.Address,
		Port:     column.Port,
		Protocol: v1.Protocol(column.Protocol),
		Request:  Request(column.Request),
		Tries:    tries,
	}
}

// take does the accounts of what was seen of a cell, and gives those who answered
// the names that the table knows. Refusals are paced if they have had their turn.
func (s *sweep) take(ctx context.Context, cell matrix.Cell, seen matrix.Observation, paced bool) matrix.Observation {
	row, column := s.table.Row(cell.Row), s.table.Column(cell.Column)
	if refused := seen.Outcomes[matrix.Refused] + seen.Outcomes[matrix.Unreachable]; refused > 0 && !paced {
		s.pacer.charge(ctx, row, column, refused)
	}
	s.mu.Lock()
	s.tries += seen.Tries()
	s.mu.Unlock()
	named := matrix.Observation{Outcomes: seen.Outcomes, LastError: seen.LastError}
	for answer, tries := range seen.Answers {
		named = named.Merge(matrix.Observation{Answers: map[string]int{s.name(row.Name, Request(column.Request), answer): tries}})
	}
	return named
}
