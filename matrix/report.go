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
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// The form of the report. The version changes with any change that a reader of
// the old form would not understand.
const (
	ReportAPIVersion = "service-e2e.sigs.k8s.io/v1alpha1"
	ReportKind       = "ReachabilityReport"
)

// Meta says what a comparison was made for.
type Meta struct {
	// Title is the start of the headline: the Service's type or the field under
	// test. It must be the same in each run, so it holds no addresses.
	Title string `json:"title"`
	// Spec is the full name of the spec.
	Spec string `json:"spec,omitempty"`
	// Phase is the phase of the spec, such as "initial".
	Phase string `json:"phase,omitempty"`
	// Service holds the fields of the Service that matter here, by their names
	// in the API: "type", "externalTrafficPolicy"...
	Service map[string]string `json:"service,omitempty"`
}

// Report is a comparison as a value: what is written as JSON, and read again by
// those who look for causes or make pages of it. A report that has been read
// renders the same text as the comparison that it was made of.
//
// In JSON, an expectation is its text, as told at [Expectation], and cells[r][c]
// belongs to rows[r] and columns[c].
type Report struct {
	// APIVersion is ReportAPIVersion.
	APIVersion string `json:"apiVersion"`
	// Kind is ReportKind.
	Kind string `json:"kind"`
	// Meta says what the comparison was made for.
	Meta Meta `json:"meta"`
	// Counts is how many cells have which verdict.
	Counts Counts `json:"counts"`
	// Rows are the sources.
	Rows []Row `json:"rows"`
	// Columns are the destinations.
	Columns []Column `json:"columns"`
	// Cells are the cells, row by row.
	Cells [][]CellResult `json:"cells"`
}

// Report returns the comparison as a value that shares nothing with it.
func (c *Comparison) Report(meta Meta) *Report {
	meta.Service = maps.Clone(meta.Service)
	r := &Report{
		APIVersion: ReportAPIVersion,
		Kind:       ReportKind,
		Meta:       meta,
		Counts:     c.counts,
		Rows:       c.table.Rows(),
		Columns:    c.table.Columns(),
		Cells:      make([][]CellResult, len(c.table.rows)),
	}
	for i := range r.Cells {
		r.Cells[i] = make([]CellResult, len(r.Columns))
		for j := range r.Cells[i] {
			cell := c.At(i, j)
			cell.Observed = cell.Observed.Merge(Observation{})
			r.Cells[i][j] = cell
		}
	}
	return r
}

// UnmarshalJSON reads a report and validates it.
func (r *Report) UnmarshalJSON(data []byte) error {
	type plain Report // without this method
	var read plain
	if err := json.Unmarshal(data, &read); err != nil {
		return fmt.Errorf("reading a report: %w", err)
	}
	if err := (*Report)(&read).Validate(); err != nil {
		return fmt.Errorf("reading a report: %w", err)
	}
	*r = Report(read)
	return nil
}

// Validate returns what is wrong with the report's form, so that a valid one can
// be used without looking at lengths.
func (r *Report) Validate() error {
	if r.APIVersion != ReportAPIVersion || r.Kind != ReportKind {
		return fmt.Errorf("it is %q of %q, not %q of %q", r.Kind, r.APIVersion, ReportKind, ReportAPIVersion)
	}
	if len(r.Cells) != len(r.Rows) {
		return fmt.Errorf("%d rows and cells for %d", len(r.Rows), len(r.Cells))
	}
	var counts Counts
	for i, row := range r.Rows {
		if len(r.Cells[i]) != len(r.Columns) {
			return fmt.Errorf("row %q: %d columns and cells for %d", row.Name, len(r.Columns), len(r.Cells[i]))
		}
		for j, column := range r.Columns {
			cell := r.Cells[i][j]
			if err := cell.check(); err != nil {
				return fmt.Errorf("row %q, column %q: %w", row.Name, column.Name, err)
			}
			counts.count(cell.Verdict, cell.Observed.Tries())
		}
	}
	if counts != r.Counts {
		return fmt.Errorf("counts are %+v, the cells say %+v", r.Counts, counts)
	}
	return nil
}

// check returns what is wrong with the cell's form.
func (r CellResult) check() error {
	if !slices.Contains(verdicts, r.Verdict) {
		return fmt.Errorf("unknown verdict %q", r.Verdict)
	}
	if err := r.Expected.check(); err != nil {
		return err
	}
	if err := r.FollowUp.check(); err != nil {
		return fmt.Errorf("follow-up: %w", err)
	}
	return r.Observed.check()
}

// Size returns the numbers of rows and columns.
func (r *Report) Size() (rows, columns int) { return len(r.Rows), len(r.Columns) }

// Row returns the row at the index.
func (r *Report) Row(row int) Row { return r.Rows[row] }

// Column returns the column at the index.
func (r *Report) Column(column int) Column { return r.Columns[column] }

// At returns one cell.
func (r *Report) At(row, column int) CellResult { return r.Cells[row][column] }

// OK reports whether no cell is wrong.
func (r *Report) OK() bool { return r.Counts.Wrong() == 0 }

// Wrong returns the cells that are wrong, row by row.
func (r *Report) Wrong() []Cell {
	var cells []Cell
	for i, row := range r.Cells {
		for j, cell := range row {
			if cell.Verdict.Wrong() {
				cells = append(cells, Cell{i, j})
			}
		}
	}
	return cells
}
