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
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var (
	spaces  = regexp.MustCompile(` {2,}`)
	leftOut = regexp.MustCompile(`\nleft out: (\d+) rows and (\d+) columns that are not probed\n`)
	several = regexp.MustCompile(` \((\d+) (?:of \d+ )?(?:rows|columns)\)$`)
)

// parsedText is what a reader sees in a rendered table.
type parsedText struct {
	rows, columns []string
	cells         [][]string
	widest        int // of the lines in blocks of several columns
}

// parseText reads a rendered table back, by nothing but what is in the text.
func parseText(text string) (parsedText, error) {
	var p parsedText
	table, _, found := strings.Cut(text, "\n(")
	if !found {
		return p, fmt.Errorf("no legend")
	}
	for b, block := range strings.Split(table, "\n\n") {
		for i, line := range strings.Split(block, "\n") {
			fields := spaces.Split(line, -1)
			if len(fields) > 2 {
				p.widest = max(p.widest, len(line))
			}
			switch {
			case i == 0 && fields[0] != corner:
				return p, fmt.Errorf("block %d starts with %q", b, line)
			case i == 0:
				p.columns = append(p.columns, fields[1:]...)
				continue
			case b == 0:
				p.rows = append(p.rows, fields[0])
				p.cells = append(p.cells, nil)
			case i > len(p.rows) || p.rows[i-1] != fields[0]:
				return p, fmt.Errorf("block %d, line %d is %q", b, i, line)
			}
			p.cells[i-1] = append(p.cells[i-1], fields[1:]...)
		}
	}
	for i, cells := range p.cells {
		if len(cells) != len(p.columns) {
			return p, fmt.Errorf("row %q has %d cells for %d columns", p.rows[i], len(cells), len(p.columns))
		}
	}
	return p, nil
}

// stood returns how many rows or columns the labels stand for.
func stood(labels []string) int {
	total := 0
	for _, label := range labels {
		n := 1
		if m := several.FindStringSubmatch(label); m != nil {
			n, _ = strconv.Atoi(m[1])
		}
		total += n
	}
	return total
}

// comparisons generates comparisons in which some cells are wrong.
func comparisons() *rapid.Generator[*Comparison] {
	title := rapid.StringMatching(`[a-z][a-z0-9]{0,3}([@:./-][a-z0-9]{1,8}){0,2}( [a-z]{1,6})?`)
	return rapid.Custom(func(t *rapid.T) *Comparison {
		names := rapid.SliceOfNDistinct(names(), 1, 8, rapid.ID).Draw(t, "backends")
		var rows []Row
		for _, name := range rapid.SliceOfNDistinct(title, 1, 18, rapid.ID).Draw(t, "rows") {
			skipped := rapid.SampledFrom([]string{"", "", "", "", "not here", "gone\naway"}).Draw(t, "skipped")
			kind := rapid.SampledFrom([]SourceKind{SourcePod, SourceHost}).Draw(t, "kind")
			rows = append(rows, Row{Name: name, Kind: kind, Node: "node", Skipped: skipped})
		}
		rows[0].Skipped = ""
		var columns []Column
		for _, name := range rapid.SliceOfNDistinct(title, 1, 18, rapid.ID).Draw(t, "columns") {
			columns = append(columns, Column{Name: name, Address: rapid.SampledFrom([]string{"", "10.0.0.1", "fd00::1"}).Draw(t, "address"), Port: 80, Protocol: "TCP"})
		}
		e := expectations(names)
		b := NewBuilder(rows, columns).
			Default(e.Filter(Expectation.Probed).Draw(t, "default")).
			ExpectEach(AllRows(), AllColumns(), func(r Row, _ Column) Expectation {
				if r.Name == rows[0].Name || rapid.IntRange(0, 5).Draw(t, "exception") > 0 {
					return ConnectAny()
				}
				return e.Draw(t, "expectation")
			})
		table, err := b.Build()
		if err != nil {
			t.Fatal(err)
		}
		grid := healthy(table)
		for i := range rapid.IntRange(0, 5).Draw(t, "wrong") {
			row := rapid.IntRange(0, len(rows)-1).Draw(t, "row")
			column := rapid.IntRange(0, len(columns)-1).Draw(t, "column")
			grid[row][column] = observations(names).Draw(t, fmt.Sprintf("observation %d", i))
		}
		c, err := table.Compare(grid)
		if err != nil {
			t.Fatal(err)
		}
		return c
	})
}

// TestTextParsesBack: all that a table says can be read from its text alone, and
// whatever is collapsed, nothing wrong is.
func TestTextParsesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := comparisons().Draw(t, "c")
		options := TextOptions{
			Width:         rapid.SampledFrom([]int{0, -1, 1, 40, 100}).Draw(t, "width"),
			CollapseAbove: rapid.SampledFrom([]int{0, -1, 1, 5}).Draw(t, "collapse"),
		}
		text := c.Text(options)
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			if strings.ContainsFunc(line, func(r rune) bool { return r < ' ' }) || strings.HasSuffix(line, " ") {
				t.Fatalf("line %q", line)
			}
		}
		p, err := parseText(text)
		if err != nil {
			t.Fatalf("%v in\n%s", err, text)
		}
		if width := options.limits().Width; p.widest > width {
			t.Fatalf("%d characters wide in\n%s", p.widest, text)
		}
		nRows, nColumns := c.Size()
		leftRows, leftColumns := 0, 0
		if found := leftOut.FindStringSubmatch(text); found != nil {
			leftRows, _ = strconv.Atoi(found[1])
			leftColumns, _ = strconv.Atoi(found[2])
		}
		if stood(p.rows)+leftRows != nRows || stood(p.columns)+leftColumns != nColumns {
			t.Fatalf("%d rows, %d columns in\n%s", stood(p.rows), stood(p.columns), text)
		}
		for i := range nRows {
			for j := range nColumns {
				cell := c.At(i, j)
				shown := cell.Verdict != Ignored && options.CollapseAbove < 0 || cell.Verdict.Wrong() || max(nRows, nColumns) <= options.limits().CollapseAbove && cell.Verdict != Ignored
				if !shown {
					continue
				}
				row, column := slices.Index(p.rows, c.Row(i).Name), slices.Index(p.columns, c.Column(j).Name)
				if row < 0 || column < 0 || p.cells[row][column] != cell.text() {
					t.Fatalf("row %q, column %q, %q is not in\n%s", c.Row(i).Name, c.Column(j).Name, cell.text(), text)
				}
			}
		}
	})
}

// TestReportRoundTrip: a report that was written and read is the same, and
// renders the text of the comparison.
func TestReportRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := comparisons().Draw(t, "c")
		meta := Meta{Title: "ClusterIP", Spec: "should work", Phase: "after", Service: map[string]string{"type": "ClusterIP"}}
		report := c.Report(meta)
		data, err := json.Marshal(report)
		if err != nil {
			t.Fatal(err)
		}
		var read Report
		if err := json.Unmarshal(data, &read); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(report, &read); diff != "" {
			t.Fatalf("(-written +read):\n%s", diff)
		}
		if diff := cmp.Diff(c.Text(TextOptions{}), read.Text(TextOptions{})); diff != "" {
			t.Fatalf("text (-written +read):\n%s", diff)
		}
		if read.Headline() != c.Headline("ClusterIP", "after") || read.OK() != c.OK() {
			t.Fatalf("headline %q, ok %t", read.Headline(), read.OK())
		}
		if diff := cmp.Diff(c.Wrong(), read.Wrong()); diff != "" {
			t.Fatalf("wrong (-written +read):\n%s", diff)
		}
		for _, cell := range c.Wrong() {
			if line := c.Describe(cell); line != read.Describe(cell) || strings.ContainsAny(line, "\n\t") {
				t.Fatalf("described as %q", line)
			}
		}
	})
}

func TestHeadline(t *testing.T) {
	for _, tc := range []struct {
		title, phase string
		counts       Counts
		want         string
	}{
		{"ClusterIP", "initial", Counts{Match: 20, Mismatch: 1, ProbeError: 1, Missing: 1, Recorded: 1, NotProbed: 9}, `ClusterIP: 3 of 24 cells wrong in phase "initial"`},
		{"ClusterIP", "", Counts{Match: 24}, `ClusterIP: all 24 cells as expected`},
		{"", "initial", Counts{Match: 20, KnownFailure: 4}, `all 20 cells as expected in phase "initial", 4 known failures`},
		{"", "initial", Counts{Match: 24, Skipped: 8}, `all 24 cells as expected in phase "initial", 8 skipped`},
	} {
		if got := headline(tc.title, tc.phase, tc.counts); got != tc.want {
			t.Errorf("headline is %q, want %q", got, tc.want)
		}
	}
}

// TestTextLeavesOutWhatIsNotProbed: rows and columns without a probe are counted.
func TestTextLeavesOutWhatIsNotProbed(t *testing.T) {
	rows := []Row{{Name: "pod@node-1"}, {Name: "host@node-1"}}
	columns := []Column{{Name: "web VIP"}, {Name: "closed port"}, {Name: "black hole"}}
	table := build(t, NewBuilder(rows, columns).Default(NotProbed()).Expect(RowNamed("host@node-1"), ColumnNamed("web VIP"), Connect("b1")))
	grid := table.NewGrid()
	grid[1][0] = answered(14, "b1")
	want := `from \ to     web VIP
host@node-1   C{b1}
(C=connected{backends})
left out: 1 rows and 2 columns that are not probed
`
	if got := compare(t, table, grid).Text(TextOptions{}); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
