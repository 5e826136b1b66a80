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
	"maps"
	"slices"
	"sync"

	"sigs.k8s.io/service-e2e/matrix"
)

// start is what has been seen of a cell that was probed together with others.
type start struct {
	seen matrix.Observation
	// late waits for a try that takes long; nil if there is none.
	late Pending
}

// together probes cells of one row by as few requests as possible, and returns what
// it saw of each. Most are settled by that. Those that are not, because they take
// long or are wrong, are for [sweep.probe] to go on with, one by one.
func (s *sweep) together(ctx context.Context, cells []matrix.Cell, workers int) (map[matrix.Cell]start, error) {
	quick, _ := split(cells, s.isQuick)
	batches := slices.Collect(slices.Chunk(quick, max(1, min(pipelineSize, (len(quick)+workers-1)/workers))))
	starts, errs := make([]map[matrix.Cell]start, len(batches)), make([]error, len(batches))
	var wg sync.WaitGroup
	busy := make(chan struct{}, workers)
	for i, batch := range batches {
		busy <- struct{}{}
		wg.Go(func() {
			starts[i], errs[i] = s.askTogether(ctx, batch)
			<-busy
		})
	}
	wg.Wait()
	all := map[matrix.Cell]start{}
	for _, some := range starts {
		maps.Copy(all, some)
	}
	return all, errors.Join(errs...)
}

// askTogether tries a batch of cells until each is decided or has to be waited for.
func (s *sweep) askTogether(ctx context.Context, open []matrix.Cell) (map[matrix.Cell]start, error) {
	starts := map[matrix.Cell]start{}
	for slow := 0; len(open) > 0 && slow < 2; { // one cell may be slow, with two of them it is the source
		var probes []Probe
		for _, cell := range open {
			probes = append(probes, s.asking(cell, s.nextTries(cell, starts[cell].seen)))
		}
		seen, late, err := s.prober.ProbeAll(ctx, probes[0].Source, probes)
		if err != nil {
			return nil, err
		}
		var next []matrix.Cell
		for i, one := range seen {
			cell := open[i]
			all := starts[cell].seen.Merge(s.take(ctx, cell, one, false))
			starts[cell] = start{seen: all}
			if all.Outcomes[matrix.TimedOut]+all.Outcomes[matrix.Error] == 0 && !s.table.Decided(cell.Row, cell.Column, all) {
				next = append(next, cell)
			}
		}
		if len(seen) < len(open) {
			slow++
			cell := open[len(seen)]
			starts[cell] = start{seen: starts[cell].seen, late: late}
			next = append(next, open[len(seen)+1:]...)
		}
		open = next
	}
	return starts, nil
}

// finish waits for what is late of a cell's start, and returns all that was seen of it.
func (s *sweep) finish(ctx context.Context, cell matrix.Cell, begun start) (matrix.Observation, error) {
	if begun.late == nil {
		return begun.seen, nil
	}
	one, err := begun.late()
	return begun.seen.Merge(s.take(ctx, cell, one, false)), err
}

// isQuick tells whether a cell is likely to be decided at once. Those of which nothing
// is expected may time out as well, and would keep the others waiting.
func (s *sweep) isQuick(cell matrix.Cell) bool {
	before := s.last(cell)
	return pipelinable(Request(s.table.Column(cell.Column).Request)) &&
		!s.table.Sampling(cell.Row, cell.Column).Parallel && !s.isPaced(cell) && !s.isOpen(cell) && (before.sound || !before.known)
}
