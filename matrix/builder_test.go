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
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func abc() ([]Row, []Column) {
	return []Row{{Name: "r1"}, {Name: "r2"}, {Name: "r3", Skipped: "not here"}},
		[]Column{{Name: "c1"}, {Name: "c2"}}
}

// texts returns what is expected of each cell.
func texts(table *Table) [][]string {
	nRows, nColumns := table.Size()
	all := make([][]string, 0, nRows)
	for i := range nRows {
		line := make([]string, 0, nColumns)
		for j := range nColumns {
			line = append(line, table.Expected(i, j).String())
		}
		all = append(all, line)
	}
	return all
}

func TestBuilder(t *testing.T) {
	rows, columns := abc()
	b := NewBuilder(rows, columns).
		Default(Connect("b1")).
		Expect(AllRows(), ColumnNamed("c2"), Refuse()).
		Expect(RowNamed("r2"), AllColumns(), TimeOut()).
		ExpectEach(AllRows(), AllColumns(), func(r Row, c Column) Expectation {
			if r.Name == "r1" && c.Name == "c2" {
				return NotProbed()
			}
			return Expectation{}
		})
	table := build(t, b)
	want := [][]string{{"C{b1}", "-"}, {"T", "T"}, {"C{b1}", "R"}}
	if diff := cmp.Diff(want, texts(table)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]bool{{true, false}, {true, true}, {false, false}}, [][]bool{
		{table.Probed(0, 0), table.Probed(0, 1)}, {table.Probed(1, 0), table.Probed(1, 1)}, {table.Probed(2, 0), table.Probed(2, 1)},
	}); diff != "" {
		t.Errorf("probed (-want +got):\n%s", diff)
	}

	// Neither what the caller has, nor what it gets, nor what the builder goes
	// on to build changes a table.
	rows[0].Name, columns[0].Name = "changed", "changed"
	table.Rows()[0].Name, table.Columns()[0].Name = "changed", "changed"
	again := build(t, b.Default(Fail()).Expect(RowsOn(""), ColumnNamed("c2"), ConnectAny()))
	if table.Row(0).Name != "r1" || table.Column(0).Name != "c1" {
		t.Errorf("row %q, column %q", table.Row(0).Name, table.Column(0).Name)
	}
	if diff := cmp.Diff(want, texts(table)); diff != "" {
		t.Errorf("first table after the second (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]string{{"F", "C"}, {"T", "C"}, {"F", "C"}}, texts(again)); diff != "" {
		t.Errorf("second table (-want +got):\n%s", diff)
	}
}

func TestBuilderMisuse(t *testing.T) {
	rows, columns := abc()
	fine := func() *Builder { return NewBuilder(rows, columns).Default(Refuse()) }
	for _, tc := range []struct {
		name string
		b    *Builder
		want []string // each is part of the error
	}{
		{"no rows", NewBuilder(nil, columns).Default(Refuse()), []string{"building a table: table is empty: 0 rows, 2 columns"}},
		{"no columns", NewBuilder(rows, nil).Expect(AllRows(), AllColumns(), Refuse()), []string{"table is empty: 3 rows, 0 columns"}},
		{"same names", NewBuilder([]Row{{Name: "a"}, {Name: "b"}, {Name: "a"}}, []Column{{Name: "x"}, {Name: "x"}}),
			[]string{`rows 0 and 2 have the same name "a"`, `columns 0 and 1 have the same name "x"`}},
		{"bad names", NewBuilder([]Row{{}}, []Column{{Name: "a  b"}}),
			[]string{`name "" of row 0 is empty`, `name "a  b" of column 0`}},
		{"skipped without reason", NewBuilder([]Row{{Name: "a", Skipped: " \n"}, {Name: "b"}}, columns).Default(Refuse()),
			[]string{`row 0, "a", is skipped without a reason`}},
		{"no such row", fine().Expect(RowsOn("n7"), AllColumns(), Refuse()), []string{`expectation for rows on "n7" and all columns: no such row`}},
		{"no such column", fine().Expect(AllRows(), ColumnNamed("c7"), Refuse()), []string{`expectation for all rows and column "c7": no such column`}},
		{"neither", fine().Expect(RowsOn("n7"), ColumnNamed("c7"), Refuse()), []string{"no such row", "no such column"}},
		{"zero expectation", fine().Expect(RowNamed("r1"), AllColumns(), Expectation{}), []string{`expectation for row "r1" and all columns: sets no cell`}},
		{"zero default", NewBuilder(rows, columns).Default(Expectation{}), []string{"default of the table: no expectation"}},
		{"no backend", fine().Expect(RowNamed("r2"), ColumnNamed("c2"), Connect()), []string{`expectation of row "r2", column "c2": expectation C{} names no backend`}},
		{"some of none", fine().Expect(RowNamed("r2"), ColumnNamed("c2"), ConnectSome()), []string{"expectation C{} names no backend"}},
		{"pinned to none", NewBuilder(rows, columns).Default(Pinned()), []string{`default of the table: expectation C1{} names no backend`}},
		{"bad backend", fine().Expect(RowNamed("r2"), ColumnNamed("c2"), Connect("a,b")), []string{`row "r2", column "c2"`, `"a,b"`}},
		{"empty backend", fine().Expect(RowNamed("r2"), ColumnNamed("c2"), Connect("")), []string{`names the backend ""`}},
		{"cell left out", NewBuilder(rows, columns).Expect(Not(RowNamed("r2")), AllColumns(), Refuse()), []string{`row "r2", column "c1": no expectation`, `row "r2", column "c2": no expectation`}},
		{"all left out", NewBuilder(rows, columns), []string{`row "r1", column "c1": no expectation`, "and 1 more"}},
		{"nothing to probe", NewBuilder(rows, columns).Default(NotProbed()).Expect(RowNamed("r3"), AllColumns(), Refuse()), []string{"there is no cell to probe"}},
		{"known defect of nothing", fine().Known(RowsOn("n7"), AllColumns(), "stale", TimeOut()), []string{`known defect stale of rows on "n7" and all columns: no such cell`}},
		{"known defect without name", fine().Known(AllRows(), AllColumns(), "", TimeOut()), []string{`name "" of a known defect is empty`}},
		{"known defect that does nothing", fine().Known(AllRows(), AllColumns(), "stale", Expectation{}), []string{"what the known defect stale does: no expectation"}},
		{"sticky", fine().Expect(RowsOn("n7"), AllColumns(), Refuse()).Default(Refuse()), []string{"no such row"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			table, err := tc.b.Build()
			if err == nil || table != nil {
				t.Fatalf("table %v, error %v", table, err)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error is %q and lacks %q", err, want)
				}
			}
		})
	}
}
