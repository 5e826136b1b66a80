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
	"slices"
)

// Verdict is what a comparison says about one cell.
type Verdict string

// The verdicts. Mismatch, ProbeError and Missing are wrong.
const (
	// Match is a cell that is as expected.
	Match Verdict = "match"
	// Mismatch is a cell that is not as expected.
	Mismatch Verdict = "mismatch"
	// ProbeError is a cell of which at least one try could not be made, so that
	// it proves nothing whatever the others saw.
	ProbeError Verdict = "probeError"
	// Missing is a cell that should have been tried and was not.
	Missing Verdict = "missing"
	// KnownFailure is a cell that is not as expected, but as a known defect
	// makes it (see Builder.Known).
	KnownFailure Verdict = "knownFailure"
	// Recorded is a cell of which nothing was expected.
	Recorded Verdict = "recorded"
	// Skipped is a cell in a row that could not be probed.
	Skipped Verdict = "skipped"
	// Ignored is a cell that is no part of the promise (NotProbed).
	Ignored Verdict = "notProbed"
)

var verdicts = []Verdict{Match, Mismatch, ProbeError, Missing, KnownFailure, Recorded, Skipped, Ignored}

// Wrong reports whether the verdict is one that makes the table fail.
func (v Verdict) Wrong() bool { return v == Mismatch || v == ProbeError || v == Missing }

// AsExpected reports whether the cell is neither wrong nor a known failure.
func (v Verdict) AsExpected() bool { return !v.Wrong() && v != KnownFailure }

// Counts is how many cells have which verdict.
type Counts struct {
	Match      int `json:"match"`
	Mismatch   int `json:"mismatch"`
	ProbeError int `json:"probeError"`
	Missing    int `json:"missing"`
	// KnownFailure is left out where it is 0.
	KnownFailure int `json:"knownFailure,omitempty"`
	Recorded     int `json:"recorded"`
	Skipped      int `json:"skipped"`
	NotProbed    int `json:"notProbed"`
	// Tries is how many tries were made in all of them.
	Tries int `json:"tries"`
}

// Wrong returns how many cells are wrong.
func (c Counts) Wrong() int { return c.Mismatch + c.ProbeError + c.Missing }

// Probed returns how many cells were to be probed, which is the number that
// Wrong is to be seen against.
func (c Counts) Probed() int { return c.Match + c.Recorded + c.KnownFailure + c.Wrong() }

// Add returns the sums of both.
func (c Counts) Add(other Counts) Counts {
	return Counts{
		Match:        c.Match + other.Match,
		Mismatch:     c.Mismatch + other.Mismatch,
		ProbeError:   c.ProbeError + other.ProbeError,
		Missing:      c.Missing + other.Missing,
		KnownFailure: c.KnownFailure + other.KnownFailure,
		Recorded:     c.Recorded + other.Recorded,
		Skipped:      c.Skipped + other.Skipped,
		NotProbed:    c.NotProbed + other.NotProbed,
		Tries:        c.Tries + other.Tries,
	}
}

func (c *Counts) count(v Verdict, tries int) {
	c.Tries += tries
	switch v {
	case Match:
		c.Match++
	case Mismatch:
		c.Mismatch++
	case ProbeError:
		c.ProbeError++
	case Missing:
		c.Missing++
	case KnownFailure:
		c.KnownFailure++
	case Recorded:
		c.Recorded++
	case Skipped:
		c.Skipped++
	case Ignored:
		c.NotProbed++
	}
}

// CellResult is one cell of a comparison.
type CellResult struct {
	Expected Expectation `json:"expected"`
	Observed Observation `json:"observed,omitzero"`
	// FollowUp is what was seen after the verdict, in tries that were made for
	// the diagnosis only: they change no verdict and no count.
	FollowUp Observation `json:"followUp,omitzero"`
	Verdict  Verdict     `json:"verdict"`
	// Defect is the known defect that may make the cell fail; whether it did is
	// what the verdict says.
	Defect string `json:"defect,omitempty"`
}

// Comparison is a table side by side with what was observed.
type Comparison struct {
	table    *Table
	grid     Grid
	verdicts []Verdict
	counts   Counts
	wrong    []Cell
}

// Compare compares what was observed with what is expected. The grid must have
// the shape of the table, and must not change any more.
func (t *Table) Compare(observed Grid) (*Comparison, error) {
	if len(observed) != len(t.rows) {
		return nil, fmt.Errorf("comparing: %d rows observed, the table has %d", len(observed), len(t.rows))
	}
	c := &Comparison{table: t, grid: observed, verdicts: make([]Verdict, 0, len(t.cells))}
	for i, row := range t.rows {
		if len(observed[i]) != len(t.columns) {
			return nil, fmt.Errorf("comparing row %q: %d columns observed, the table has %d", row.Name, len(observed[i]), len(t.columns))
		}
		for j, column := range t.columns {
			o := observed[i][j]
			if err := o.check(); err != nil {
				return nil, fmt.Errorf("comparing row %q, column %q: %w", row.Name, column.Name, err)
			}
			tries := o.Tries()
			v := t.judge(i, j, o, tries)
			c.counts.count(v, tries)
			c.verdicts = append(c.verdicts, v)
			if v.Wrong() {
				c.wrong = append(c.wrong, Cell{i, j})
			}
		}
	}
	return c, nil
}

// Judge returns the verdict on one cell as it has been observed so far.
func (t *Table) Judge(row, column int, o Observation) Verdict {
	return t.judge(row, column, o, o.Tries())
}

func (t *Table) judge(row, column int, o Observation, tries int) Verdict {
	e := t.Expected(row, column)
	switch {
	case e.kind == notProbed:
		return Ignored
	case t.rows[row].Skipped != "":
		return Skipped
	}
	v := e.judge(o, tries)
	if v == Mismatch {
		if known := t.knownAt(row, column); known.instead.kind != "" && !known.instead.judge(o, tries).Wrong() {
			return KnownFailure
		}
	}
	return v
}

// judge compares one observation, of so many tries, with the expectation, which
// is of a cell that had to be probed.
func (e Expectation) judge(o Observation, tries int) Verdict {
	switch {
	case tries == 0:
		return Missing
	case o.Outcomes[Error] > 0:
		return ProbeError
	case e.contradictions(o, tries) > 0:
		return Mismatch
	case e.kind == implementation:
		return Recorded
	case e.kind == kind(Refused) && o.Outcomes[Refused]+o.Outcomes[Prohibited] == 0:
		return Mismatch
	case e.kind == connect:
		for _, name := range e.names {
			if o.Answers[name] == 0 {
				return Mismatch
			}
		}
	case e.kind == roaming && len(o.Answers) < 2:
		return Mismatch
	}
	return Match
}

// Refuted reports whether no further try can make the cell right.
func (t *Table) Refuted(row, column int, o Observation) bool {
	return t.judge(row, column, o, o.Tries()).Wrong() && t.Expected(row, column).contradictions(o, o.Tries()) > 0
}

// contradictions returns how many of the tries ended as none should. If there is
// one, no further try can make the cell right.
func (e Expectation) contradictions(o Observation, tries int) int {
	switch e.kind {
	case connectAny:
		return o.Failures()
	case connect, connectSome, pinned, roaming:
		right, responders := 0, 0
		for _, name := range e.names {
			if n := o.Answers[name]; n > 0 {
				right += n
				responders++
			}
		}
		if e.kind == pinned && responders > 1 {
			right = 0 // nobody can say which of them it should have been
		}
		return tries - right
	case lossy, refusing:
		right := 0
		for _, name := range e.names {
			right += o.Answers[name]
		}
		if right > 0 {
			// Of tries that were lost beside others the prober may not tell who answered.
			right += o.Answers[Unidentified]
		}
		lost := o.Outcomes[TimedOut]
		if e.kind == refusing {
			lost = o.Outcomes[Refused]
		}
		return tries - right - min(lost, max(0, right-1))
	case fail:
		return o.Connects() + o.Outcomes[NoSuchName] + o.Outcomes[Error]
	case implementation:
		return o.Outcomes[Error]
	case kind(Refused):
		refused := o.Outcomes[Refused] + o.Outcomes[Prohibited]
		if !e.exact {
			refused += o.Outcomes[TimedOut] // whose ICMP error was lost
		}
		return tries - refused
	case kind(TimedOut):
		return tries - o.Outcomes[TimedOut] - o.Outcomes[Prohibited]
	}
	return tries - o.Outcomes[Outcome(e.kind)]
}

// Table returns the table that was compared.
func (c *Comparison) Table() *Table { return c.table }

// Size returns the numbers of rows and columns.
func (c *Comparison) Size() (rows, columns int) { return c.table.Size() }

// Row returns the row at the index.
func (c *Comparison) Row(row int) Row { return c.table.Row(row) }

// Column returns the column at the index.
func (c *Comparison) Column(column int) Column { return c.table.Column(column) }

// At returns one cell.
func (c *Comparison) At(row, column int) CellResult {
	return CellResult{
		Expected: c.table.Expected(row, column),
		Observed: c.grid[row][column],
		Verdict:  c.verdicts[row*len(c.table.columns)+column],
		Defect:   c.table.knownAt(row, column).defect,
	}
}

// Wrong returns the cells that are wrong, row by row.
func (c *Comparison) Wrong() []Cell { return slices.Clone(c.wrong) }

// Counts returns how many cells have which verdict.
func (c *Comparison) Counts() Counts { return c.counts }

// OK reports whether no cell is wrong.
func (c *Comparison) OK() bool { return len(c.wrong) == 0 }

// Undersampled returns the cells that are not wrong but were tried less often
// than it takes to prove them right. While waiting for a change this does not
// matter; in a final verdict there should be none.
func (c *Comparison) Undersampled() []Cell {
	var cells []Cell
	for i := range c.table.rows {
		for j := range c.table.columns {
			if r := c.At(i, j); !r.Verdict.Wrong() && c.table.Probed(i, j) && !c.table.Decided(i, j, r.Observed) {
				cells = append(cells, Cell{i, j})
			}
		}
	}
	return cells
}
