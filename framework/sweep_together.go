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
	"slices"
	"sync"

	"sigs.k8s.io/service-e2e/matrix"
)

// together probes cells of one row by as few requests as possible, and returns what
// it saw of each. Most are settled by that. Those that are not, because they take
// long or are wrong, are for [sweep.probe] to go on with, one by one.
func (s *sweep) together(ctx context.Context, cells []matrix.Cell, workers int) (map[matrix.Cell]matrix.Observation, error) {
	quick, _ := split(cells, s.isQuick)
	all := map[matrix.Cell]matrix.Observation{}
	size := min(pipelineSize, (len(quick)+workers-1)/workers)
	var (
		mu      sync.Mutex
		problem error
		wg      sync.WaitGroup
		busy    = make(chan struct{}, workers)
	)
	for batch := range slices.Chunk(quick, max(1, size)) {
		busy <- struct{}{}
		wg.Go(func() {
			defer func() { <-busy }()
			err := s.askTogether(ctx, batch, func(cell matrix.Cell, seen matrix.Observation) matrix.Observation {
				mu.Lock()
				defer mu.Unlock()
				all[cell] = all[cell].Merge(seen)
				return all[cell]
			})
			if err != nil {
				mu.Lock()
				defer mu.Unlock()
				problem = err
			}
		})
	}
	wg.Wait()
	return all, problem
}

// askTogether tries a batch of cells until each is decided or has to be waited for.
// It tells merge what it has seen of a cell, and gets all that was seen of it.
func (s *sweep) askTogether(ctx context.Context, open []matrix.Cell, merge func(matrix.Cell, matrix.Observation) matrix.Observation) error {
	tries := map[matrix.Cell]int{}
	for _, cell := range open {
		tries[cell] = s.nextTries(cell, matrix.Observation{})
	}
	for slow := 0; len(open) > 0; {
		var probes []Probe
		for _, cell := range open {
			probes = append(probes, s.asking(cell, tries[cell]))
		}
		seen, err := s.prober.ProbeAll(ctx, probes[0].Source, probes)
		if err != nil {
			return err
		}
		var next []matrix.Cell
		for i, one := range seen {
			cell := open[i]
			all := merge(cell, s.take(ctx, cell, one, false))
			if all.Outcomes[matrix.TimedOut]+all.Outcomes[matrix.Error] == 0 && !s.table.Decided(cell.Row, cell.Column, all) {
				tries[cell] = s.nextTries(cell, all)
				next = append(next, cell)
			}
		}
		if len(seen) < len(open) {
			// One cell may be slow, with two of them it is the source.
			if slow++; slow > 1 {
				return nil
			}
			next = append(next, open[len(seen)+1:]...)
		}
		open = next
	}
	return nil
}

// isQuick tells whether a cell is likely to be decided at once.
func (s *sweep) isQuick(cell matrix.Cell) bool {
	before := s.last(cell)
	return pipelinable(Request(s.table.Column(cell.Column).Request)) &&
		!s.table.Sampling(cell.Row, cell.Column).Parallel && !s.isPaced(cell) && (before.sound || !before.known)
}
