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
	"slices"
	"time"

	"sigs.k8s.io/service-e2e/matrix"
)

// Interrupted lets cells fail for a while, of at most the limit at a stretch: what
// a client sees when its backend goes away and the proxies have to follow. The
// report tells how long it was. An answer by the wrong backend stays wrong.
func Interrupted(rows matrix.RowSelector, columns matrix.ColumnSelector, limit time.Duration) StreamOption {
	return func(s *Stream) {
		s.interruptions = append(s.interruptions, interruption{rows, columns, limit})
	}
}

// Refusable lets cells be refused as well, as they are while a Service has no
// endpoint. That they are neither served nor refused stays wrong.
func Refusable(rows matrix.RowSelector, columns matrix.ColumnSelector) StreamOption {
	return func(s *Stream) {
		s.refusable = append(s.refusable, interruption{rows: rows, columns: columns})
	}
}

// InOrder makes it wrong that one of these backends answers a subject cell after
// a later one has done so.
func InOrder(backends ...string) StreamOption {
	return func(s *Stream) { s.order = backends }
}

// interruption says which cells may fail for how long.
type interruption struct {
	rows    matrix.RowSelector
	columns matrix.ColumnSelector
	limit   time.Duration
}

// streamed is how far a cell of a stream has come.
type streamed struct {
	// failing are the tries of an interruption that is not over, and since is
	// when it began.
	failing matrix.Observation
	since   time.Time
	// latest is the place in the order of the last backend that has answered.
	latest int
}

// tolerated returns how long a cell may fail at a stretch.
func (s *Stream) tolerated(cell matrix.Cell) time.Duration {
	var limit time.Duration
	for _, i := range s.interruptions {
		if i.concerns(s.sweep.table, cell) {
			limit = i.limit
		}
	}
	return limit
}

// concerns reports whether a cell is one of those that may fail.
func (i interruption) concerns(table *matrix.Table, cell matrix.Cell) bool {
	return i.rows.Matches(table.Row(cell.Row)) && i.columns.Matches(table.Column(cell.Column))
}

// mayRefuse reports whether a try was refused where that is right too.
func (s *Stream) mayRefuse(cell matrix.Cell, one matrix.Observation) bool {
	return one.Outcomes[matrix.Refused] == one.Tries() &&
		slices.ContainsFunc(s.refusable, func(i interruption) bool { return i.concerns(s.sweep.table, cell) })
}

// admit returns what of a try, made now, and of those before it is to be held
// against the table: nothing of an interruption that is tolerated so far, and all
// of it once it has taken too long.
func (s *Stream) admit(cell matrix.Cell, p *streamed, one matrix.Observation, now time.Time) matrix.Observation {
	if s.mayRefuse(cell, one) {
		return matrix.Observation{}
	}
	limit := s.tolerated(cell)
	if limit > 0 && one.Failures() > 0 && one.Outcomes[matrix.Error] == 0 {
		if p.failing.Tries() == 0 {
			p.since = now
		}
		p.failing = p.failing.Merge(one)
		return matrix.Observation{}
	}
	before := p.failing
	p.failing = matrix.Observation{}
	if before.Tries() > 0 && now.Sub(p.since) > limit {
		return before.Merge(one)
	}
	return one
}

// ordered renames the answer of a backend that should not answer any more.
func (s *Stream) ordered(cell matrix.Cell, p *streamed, one matrix.Observation) matrix.Observation {
	if s.sweep.table.Column(cell.Column).Role != matrix.RoleSubject {
		return one
	}
	renamed := matrix.Observation{Outcomes: one.Outcomes, LastError: one.LastError}
	for answer, tries := range one.Answers {
		place := slices.Index(s.order, answer)
		if place >= 0 && place < p.latest {
			answer += "-again"
		}
		p.latest = max(p.latest, place)
		renamed = renamed.Merge(matrix.Observation{Answers: map[string]int{answer: tries}})
	}
	return renamed
}
