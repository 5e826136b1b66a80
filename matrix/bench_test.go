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
	"io"
	"testing"
)

// big returns a table of n by n cells with a grid in which every 1000th cell is
// wrong, all of them in the same 10 rows.
func big(tb testing.TB, n int) (*Table, Grid) {
	rows, columns := make([]Row, n), make([]Column, n)
	for i := range n {
		node := fmt.Sprintf("node-%d", i)
		rows[i] = Row{Name: "pod@" + node, Kind: SourcePod, Node: node}
		columns[i] = Column{Name: node + ":30080", Kind: FrontendNodePort, Role: RoleSubject, Node: node, Protocol: "TCP"}
		if i%10 == 0 {
			columns[i].Role = RoleEmptySibling
		}
	}
	table := build(tb, NewBuilder(rows, columns).
		Default(Connect("b1", "b2", "b3")).
		Expect(AllRows(), ColumnsOfRole(RoleEmptySibling), Refuse()))
	grid := healthy(table)
	for i := range n * n / 1000 {
		grid[i%10*n/10][i*97%n] = failed(14, TimedOut, "i/o timeout")
	}
	return table, grid
}

func BenchmarkBuild(b *testing.B) {
	b.ReportAllocs()
	rows, columns := make([]Row, 1000), make([]Column, 1000)
	for i := range rows {
		rows[i].Name = fmt.Sprintf("row%d", i)
		columns[i].Name = fmt.Sprintf("column%d", i)
	}
	for b.Loop() {
		build(b, NewBuilder(rows, columns).Default(Connect("b1", "b2", "b3")).Expect(RowNamed("row7"), AllColumns(), TimeOut()))
	}
}

func BenchmarkCompare(b *testing.B) {
	table, grid := big(b, 1000)
	b.ReportAllocs()
	for b.Loop() {
		compare(b, table, grid)
	}
}

func BenchmarkText(b *testing.B) {
	table, grid := big(b, 1000)
	c := compare(b, table, grid)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = io.WriteString(io.Discard, c.Headline("NodePort", "initial")+"\n"+c.Text(TextOptions{}))
	}
}

func BenchmarkCompareAndText(b *testing.B) {
	table, grid := big(b, 1000)
	b.ReportAllocs()
	for b.Loop() {
		c := compare(b, table, grid)
		_, _ = io.WriteString(io.Discard, c.Headline("NodePort", "initial")+"\n"+c.Text(TextOptions{}))
	}
}
