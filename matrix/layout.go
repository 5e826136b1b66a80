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
	"maps"
	"slices"
	"strings"
)

const (
	corner = `from \ to`
	gap    = "   "
)

// gridText is a table in the texts that are shown: after collapsing, and before
// alignment.
type gridText struct {
	rows, columns []string
	cells         [][]string
	notes         []string // legend and reasons of skipped rows
}

func newGridText(v view, wrong []Cell, options TextOptions) gridText {
	nRows, nColumns := v.Size()
	rowName := func(i int) string { return v.Row(i).Name }
	columnName := func(j int) string { return v.Column(j).Name }
	rows := single(nRows, rowName)
	columns := single(nColumns, columnName)
	if nRows > options.CollapseAbove || nColumns > options.CollapseAbove {
		l := newLooks(v)
		wrongRow, wrongColumn := make([]bool, nRows), make([]bool, nColumns)
		for _, cell := range wrong {
			wrongRow[cell.Row], wrongColumn[cell.Column] = true, true
		}
		if nRows > options.CollapseAbove {
			rows = collapse(nRows, "rows", rowName, wrongRow, func(i int) string {
				row := v.Row(i)
				return string(row.Kind) + " " + row.Skipped + " " + l.row(i)
			})
		}
		if nColumns > options.CollapseAbove {
			columns = collapse(nColumns, "columns", columnName, wrongColumn, func(j int) string {
				column := v.Column(j)
				return string(column.Kind) + " " + string(column.Role) + " " + l.column(j)
			})
		}
	}

	rows, columns, left := probed(v, rows, columns)
	g := gridText{rows: labels(rows), columns: labels(columns)}
	used := legend{}
	var reasons []string
	for _, row := range rows {
		line := make([]string, len(columns))
		for j, column := range columns {
			r := v.At(row.first(), column.first())
			line[j] = r.text()
			used.add(r)
		}
		g.cells = append(g.cells, line)
		if reason := v.Row(row.first()).Skipped; reason != "" {
			reasons = append(reasons, fmt.Sprintf("skipped %s: %s", row.label, oneLine(reason)))
		}
	}
	g.notes = slices.Concat([]string{used.text()}, left, defects(v), reasons)
	return g
}

// probed leaves out the rows and the columns that no probe has to do with, as the
// tables of streams have many of them, and says how many these are.
func probed(v view, rows, columns []group) (someRows, someColumns []group, note []string) {
	unused := func(i, j int) bool { return v.At(i, j).Verdict == Ignored }
	leftRows, leftColumns := 0, 0
	for _, row := range rows {
		if slices.ContainsFunc(columns, func(column group) bool { return !unused(row.first(), column.first()) }) {
			someRows = append(someRows, row)
		} else {
			leftRows += len(row.members)
		}
	}
	for _, column := range columns {
		if slices.ContainsFunc(rows, func(row group) bool { return !unused(row.first(), column.first()) }) {
			someColumns = append(someColumns, column)
		} else {
			leftColumns += len(column.members)
		}
	}
	if leftRows+leftColumns == 0 {
		return rows, columns, nil
	}
	return someRows, someColumns, []string{fmt.Sprintf("left out: %d rows and %d columns that are not probed", leftRows, leftColumns)}
}

// defects returns a line for each known defect that the table shows.
func defects(v view) []string {
	rows, columns := v.Size()
	cells := map[string]int{}
	for i := range rows {
		for j := range columns {
			if r := v.At(i, j); r.Verdict == KnownFailure {
				cells[r.Defect]++
			}
		}
	}
	var lines []string
	for _, defect := range slices.SortedFunc(maps.Keys(cells), natural) {
		noun := "cells"
		if cells[defect] == 1 {
			noun = "cell"
		}
		lines = append(lines, fmt.Sprintf("known failure %s: %d %s", defect, cells[defect], noun))
	}
	return lines
}

// lines aligns the table with spaces, in as many blocks of columns as it takes
// to stay within the width; a block has at least one column.
func (g gridText) lines(width int) []string {
	head := longest(corner, g.rows)
	var lines []string
	for from := 0; from < len(g.columns); {
		total, to := head, from
		var widths []int
		for to < len(g.columns) {
			w := len(g.columns[to])
			for _, cells := range g.cells {
				w = max(w, len(cells[to]))
			}
			if total += len(gap) + w; total > width && to > from {
				break
			}
			widths = append(widths, w)
			to++
		}
		if from > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, align(corner, head, g.columns[from:to], widths))
		for i, cells := range g.cells {
			lines = append(lines, align(g.rows[i], head, cells[from:to], widths))
		}
		from = to
	}
	return append(lines, g.notes...)
}

// align pads all but the last of the texts.
func align(first string, head int, texts []string, widths []int) string {
	var line strings.Builder
	fmt.Fprintf(&line, "%-*s", head, first)
	for i, text := range texts {
		line.WriteString(gap)
		if i == len(texts)-1 {
			line.WriteString(text)
			break
		}
		fmt.Fprintf(&line, "%-*s", widths[i], text)
	}
	return line.String()
}

func longest(text string, texts []string) int {
	n := len(text)
	for _, t := range texts {
		n = max(n, len(t))
	}
	return n
}

// legend collects which letters a table shows.
type legend struct {
	sets, some, pin, free, wrong, known, both bool
	letters                                   []string
}

func (l *legend) add(r CellResult) {
	use := func(letter string) {
		if !slices.Contains(l.letters, letter) {
			l.letters = append(l.letters, letter)
		}
	}
	if r.Verdict == Skipped {
		use(skipped)
		return
	}
	switch r.Expected.kind {
	case connect, connectAny, connectSome, pinned, roaming:
		use(string(Connected))
	default:
		use(string(r.Expected.kind))
	}
	l.sets = l.sets || len(r.Expected.names) > 0
	l.some = l.some || slices.Contains([]kind{connectSome, pinned, roaming}, r.Expected.kind)
	l.free = l.free || r.Expected.kind == roaming
	l.pin = l.pin || r.Expected.kind == pinned
	l.wrong = l.wrong || !r.Verdict.AsExpected()
	l.known = l.known || r.Verdict == KnownFailure
	both := r.Verdict == Recorded || r.Verdict == Match && r.Expected.kind == fail
	l.both = l.both || both
	switch {
	case r.Verdict == Missing:
		use(notTried)
	case both || !r.Verdict.AsExpected():
		if r.Observed.Connects() > 0 {
			use(string(Connected))
			l.sets = true
		}
		for _, outcome := range failures {
			if r.Observed.Outcomes[outcome] > 0 {
				use(string(outcome))
			}
		}
	}
}

// meanings are the letters of cells in the order in which they are explained.
var meanings = []struct{ letter, meaning string }{
	{string(Connected), "connected"},
	{string(Refused), "refused"},
	{string(Prohibited), "prohibited by own packet filter"},
	{string(TimedOut), "timeout"},
	{string(Unreachable), "unreachable"},
	{string(NoSuchName), "no such name"},
	{string(Error), "probe failed"},
	{string(fail), "any failure"},
	{string(implementation), "implementation-defined"},
	{notTried, "not tried"},
	{skipped, "skipped"},
	{string(notProbed), "not probed"},
}

// text explains the letters that are used.
func (l *legend) text() string {
	var parts []string
	for _, m := range meanings {
		if !slices.Contains(l.letters, m.letter) {
			continue
		}
		part := m.letter + "=" + m.meaning
		if m.letter == string(Connected) && l.sets {
			part += "{backends}"
		}
		parts = append(parts, part)
		if m.letter != string(Connected) {
			continue
		}
		if l.some {
			parts = append(parts, "{a|b}=some of these")
		}
		if l.pin {
			parts = append(parts, "C1=always the same")
		}
		if l.free {
			parts = append(parts, "C+=not always the same")
		}
	}
	text := strings.Join(parts, " ")
	if l.both {
		text += "; expected=observed"
	}
	if l.wrong {
		text += "; observed!=expected"
	}
	if l.known {
		text += "; " + knownMark + "=by a known defect"
	}
	return "(" + text + ")"
}
