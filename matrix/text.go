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
	"fmt"
	"strings"
)

// TextOptions control how a table is rendered. The zero value has the defaults.
type TextOptions struct {
	// Width is the number of characters that a line may have before the columns
	// are split into blocks; 160 if 0, no limit if negative.
	Width int
	// MaxWrong is how many wrong cells are told in words; 10 if 0, all if
	// negative.
	MaxWrong int
	// CollapseAbove is the number of rows, or of columns, above which those are
	// collapsed that are alike and as expected; 12 if 0, never if negative.
	CollapseAbove int
}

// limits returns the options with the defaults filled in and no limit as a
// number that is never reached.
func (o TextOptions) limits() TextOptions {
	limit := func(n, otherwise int) int {
		switch {
		case n == 0:
			return otherwise
		case n < 0:
			return int(^uint(0) >> 1)
		}
		return n
	}
	return TextOptions{
		Width:         limit(o.Width, 160),
		MaxWrong:      limit(o.MaxWrong, 10),
		CollapseAbove: limit(o.CollapseAbove, 12),
	}
}

// view is what can be rendered. A cell without a verdict shows its expectation.
type view interface {
	Size() (rows, columns int)
	Row(row int) Row
	Column(column int) Column
	At(row, column int) CellResult
}

var (
	_ view = (*Comparison)(nil)
	_ view = (*Report)(nil)
	_ view = plan{}
)

// plan is a table of which nothing has been observed yet.
type plan struct{ *Table }

func (p plan) At(row, column int) CellResult {
	e := p.Expected(row, column)
	if p.Row(row).Skipped != "" && e.Probed() {
		return CellResult{Expected: e, Verdict: Skipped}
	}
	return CellResult{Expected: e}
}

// Text renders what is expected, in the same form as a comparison.
func (t *Table) Text(options TextOptions) string { return render(plan{t}, nil, options) }

// Headline returns the first line of a failure text, which is the same in each
// run that fails in the same way: what, how many cells, which phase.
func (c *Comparison) Headline(title, phase string) string { return headline(title, phase, c.counts) }

// Text renders the comparison: the table, its legend and the wrong cells.
func (c *Comparison) Text(options TextOptions) string { return render(c, c.wrong, options) }

// Describe tells a cell in one line: from where to where, what was wanted, what
// was got, and the last error.
func (c *Comparison) Describe(cell Cell) string { return describe(c, cell) }

// Headline returns the first line of a failure text, which is the same in each
// run that fails in the same way.
func (r *Report) Headline() string { return headline(r.Meta.Title, r.Meta.Phase, r.Counts) }

// Text renders the report: the table, its legend and the wrong cells.
func (r *Report) Text(options TextOptions) string { return render(r, r.Wrong(), options) }

// Describe tells a cell in one line.
func (r *Report) Describe(cell Cell) string { return describe(r, cell) }

func describe(v view, cell Cell) string {
	return v.At(cell.Row, cell.Column).describe(v.Row(cell.Row), v.Column(cell.Column))
}

func headline(title, phase string, counts Counts) string {
	var line strings.Builder
	if title != "" {
		line.WriteString(title + ": ")
	}
	if wrong := counts.Wrong(); wrong > 0 {
		fmt.Fprintf(&line, "%d of %d cells wrong", wrong, counts.Probed())
	} else {
		fmt.Fprintf(&line, "all %d cells as expected", counts.Probed()-counts.KnownFailure)
	}
	if phase != "" {
		fmt.Fprintf(&line, " in phase %q", phase)
	}
	if counts.KnownFailure > 0 {
		fmt.Fprintf(&line, ", %d known failures", counts.KnownFailure)
	}
	if counts.Skipped > 0 {
		fmt.Fprintf(&line, ", %d skipped", counts.Skipped)
	}
	return line.String()
}

func render(v view, wrong []Cell, options TextOptions) string {
	options = options.limits()
	var lines []string
	lines = append(lines, newGridText(v, wrong, options).lines(options.Width)...)
	shown := wrong[:min(len(wrong), options.MaxWrong)]
	for _, cell := range shown {
		lines = append(lines, describe(v, cell))
	}
	if more := len(wrong) - len(shown); more > 0 {
		lines = append(lines, fmt.Sprintf("... and %d more", more))
	}
	return strings.Join(lines, "\n") + "\n"
}
