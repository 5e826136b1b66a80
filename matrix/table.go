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

// Table is what is expected of every source and every destination. It does not
// change once it is built.
type Table struct {
	rows     []Row
	columns  []Column
	cells    []int32 // indexes into palette, row by row
	palette  []Expectation
	known    []known // parallel to cells; nil if there is no known defect
	backends int     // how many backends the table knows of
}

// known is what a known defect makes of a cell.
type known struct {
	defect  string
	instead Expectation
}

func newTable(rows []Row, columns []Column, cells []int32, palette []Expectation, defects []known) (*Table, error) {
	t := &Table{rows: rows, columns: columns, cells: cells, palette: palette, known: defects}
	probed := false
	var errs []error
	for r, row := range rows {
		for c, column := range columns {
			e := t.Expected(r, c)
			if e.IsZero() {
				errs = append(errs, fmt.Errorf("row %q, column %q: no expectation", row.Name, column.Name))
			}
			probed = probed || t.Probed(r, c)
		}
	}
	if len(errs) > 0 {
		const enough = 5 // the rest would say the same
		if more := len(errs) - enough; more > 0 {
			errs = append(errs[:enough], fmt.Errorf("and %d more", more))
		}
		return nil, fmt.Errorf("building a table: %w", errors.Join(errs...))
	}
	if !probed {
		return nil, errors.New("building a table: there is no cell to probe: each is NotProbed or in a skipped row")
	}
	t.backends = t.countBackends()
	return t, nil
}

// Rows returns the rows in order.
func (t *Table) Rows() []Row { return slices.Clone(t.rows) }

// Columns returns the columns in order.
func (t *Table) Columns() []Column { return slices.Clone(t.columns) }

// Row returns the row at the index.
func (t *Table) Row(row int) Row { return t.rows[row] }

// Column returns the column at the index.
func (t *Table) Column(column int) Column { return t.columns[column] }

// Size returns the numbers of rows and columns.
func (t *Table) Size() (rows, columns int) { return len(t.rows), len(t.columns) }

// Expected returns what is expected of the cell.
func (t *Table) Expected(row, column int) Expectation {
	return t.palette[t.cells[row*len(t.columns)+column]]
}

// knownAt returns what a known defect makes of the cell; zero if there is none.
func (t *Table) knownAt(row, column int) known {
	if t.known == nil {
		return known{}
	}
	return t.known[row*len(t.columns)+column]
}

// Probed reports whether the cell is to be probed at all: it is not if its row
// is skipped or it is NotProbed.
func (t *Table) Probed(row, column int) bool {
	return t.rows[row].Skipped == "" && t.Expected(row, column).Probed()
}

// NewGrid returns an empty grid of the table's shape.
func (t *Table) NewGrid() Grid {
	grid := make(Grid, len(t.rows))
	for r := range grid {
		grid[r] = make([]Observation, len(t.columns))
	}
	return grid
}

// countBackends returns how many backends the table mentions. The answers to a
// question other than "who are you" are not backends.
func (t *Table) countBackends() int {
	names := map[string]bool{}
	add := func(name string) {
		if name != "" {
			names[name] = true
		}
	}
	for _, row := range t.rows {
		add(row.Backend)
	}
	for c, column := range t.columns {
		add(column.Backend)
		if column.Request != "" {
			continue
		}
		last := int32(-1)
		for r := range t.rows {
			index := t.cells[r*len(t.columns)+c]
			if index == last {
				continue
			}
			last = index
			for _, name := range t.palette[index].names {
				add(name)
			}
		}
	}
	return len(names)
}
