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
	"errors"
	"fmt"
	"slices"
)

// Builder makes a Table: a default for all cells, and exceptions to it, of which
// the later ones win. Whatever is wrong is remembered and returned by Build, so
// that the calls can be chained.
type Builder struct {
	rows     []Row
	columns  []Column
	cells    []int32 // indexes of expectations, row by row; 0 is the default
	palette  []Expectation
	known    map[string]int32 // text of an expectation to its index
	fallback Expectation
	defects  []known // parallel to cells, nil without any
	errs     []error
}

// NewBuilder starts a table with these rows and columns, in this order.
func NewBuilder(rows []Row, columns []Column) *Builder {
	b := &Builder{
		rows:    slices.Clone(rows),
		columns: slices.Clone(columns),
		cells:   make([]int32, len(rows)*len(columns)),
		palette: []Expectation{{}},
		known:   map[string]int32{},
	}
	if len(rows) == 0 || len(columns) == 0 {
		b.fail("table is empty: %d rows, %d columns", len(rows), len(columns))
	}
	b.checkNames("row", len(rows), func(i int) string { return rows[i].Name })
	b.checkNames("column", len(columns), func(i int) string { return columns[i].Name })
	for i, row := range rows {
		if row.Skipped != "" && oneLine(row.Skipped) == "" {
			b.fail("row %d, %q, is skipped without a reason", i, row.Name)
		}
	}
	return b
}

// Default sets the expectation of the cells that nothing else is said about,
// neither before nor after: whoever adds controls to a table need not know when
// its default is set. The last default wins.
func (b *Builder) Default(e Expectation) *Builder {
	if err := e.check(); err != nil {
		b.fail("default of the table: %w", err)
	}
	b.fallback = e
	return b
}

// Expect sets the expectation of the cells in these rows and columns.
func (b *Builder) Expect(rows RowSelector, columns ColumnSelector, e Expectation) *Builder {
	return b.ExpectEach(rows, columns, func(Row, Column) Expectation { return e })
}

// ExpectEach sets the expectation of each cell in these rows and columns to what
// the function returns for it; for the zero Expectation the cell is left alone.
func (b *Builder) ExpectEach(rows RowSelector, columns ColumnSelector, expect func(Row, Column) Expectation) *Builder {
	if len(b.cells) == 0 {
		return b // NewBuilder has complained, and nothing could match.
	}
	picked := matching(b.columns, columns)
	if len(picked) == 0 {
		b.fail("expectation for %s and %s: no such column", rows, columns)
	}
	matched, changed := false, false
	for r, row := range b.rows {
		if !rows.Matches(row) {
			continue
		}
		matched = true
		for _, c := range picked {
			e := expect(row, b.columns[c])
			if e.IsZero() {
				continue
			}
			if err := e.check(); err != nil {
				b.fail("expectation of row %q, column %q: %w", row.Name, b.columns[c].Name, err)
				return b
			}
			changed = true
			b.cells[r*len(b.columns)+c] = b.intern(e)
		}
	}
	switch {
	case !matched:
		b.fail("expectation for %s and %s: no such row", rows, columns)
	case !changed && len(picked) > 0:
		b.fail("expectation for %s and %s: sets no cell", rows, columns)
	}
	return b
}

// Known says that a known defect makes the cells in these rows and columns show
// something else instead of what is expected of them. A cell that does so is a
// KnownFailure; one that shows neither is as wrong as ever.
func (b *Builder) Known(rows RowSelector, columns ColumnSelector, defect string, instead Expectation) *Builder {
	if !plain(defect) {
		b.fail("name %q of a known defect is empty, or has characters other than printable ASCII without space and %s", defect, reserved)
	}
	if err := instead.check(); err != nil {
		b.fail("what the known defect %s does: %w", defect, err)
	}
	if b.defects == nil {
		b.defects = make([]known, len(b.cells))
	}
	marked := false
	for r, row := range b.rows {
		for c, column := range b.columns {
			if rows.Matches(row) && columns.Matches(column) {
				b.defects[r*len(b.columns)+c] = known{defect, instead}
				marked = true
			}
		}
	}
	if !marked {
		b.fail("known defect %s of %s and %s: no such cell", defect, rows, columns)
	}
	return b
}

// Build returns the table, or everything that is wrong with it.
func (b *Builder) Build() (*Table, error) {
	if len(b.errs) > 0 {
		return nil, fmt.Errorf("building a table: %w", errors.Join(b.errs...))
	}
	palette := slices.Clone(b.palette)
	palette[0] = b.fallback
	return newTable(b.rows, b.columns, slices.Clone(b.cells), palette, slices.Clone(b.defects))
}

// intern returns the index of the expectation in the palette.
func (b *Builder) intern(e Expectation) int32 {
	text := e.String()
	index, ok := b.known[text]
	if !ok {
		index = int32(len(b.palette))
		b.known[text] = index
		b.palette = append(b.palette, e)
	}
	return index
}

func (b *Builder) checkNames(noun string, n int, name func(int) string) {
	seen := make(map[string]int, n)
	for i := range n {
		if first, ok := seen[name(i)]; ok {
			b.fail("%ss %d and %d have the same name %q", noun, first, i, name(i))
		}
		seen[name(i)] = i
		if !titled(name(i)) {
			b.fail("name %q of %s %d is empty, or has characters other than printable ASCII, or spaces at its ends or side by side", name(i), noun, i)
		}
	}
}

func (b *Builder) fail(format string, args ...any) {
	b.errs = append(b.errs, fmt.Errorf(format, args...))
}

// matching returns the indexes of those that the selector picks.
func matching[T any](all []T, selector Selector[T]) []int {
	var picked []int
	for i, x := range all {
		if selector.Matches(x) {
			picked = append(picked, i)
		}
	}
	return picked
}
