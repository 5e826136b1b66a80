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
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", os.Getenv("UPDATE_GOLDEN") != "", "write the golden files in testdata anew (or set UPDATE_GOLDEN)")

// golden compares the text with the file of that name in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// answered is an observation in which each of these answered n times.
func answered(n int, names ...string) Observation {
	o := Observation{Answers: map[string]int{}}
	for _, name := range names {
		o.Answers[name] = n
	}
	return o
}

// failed is an observation in which n tries ended this way.
func failed(n int, outcome Outcome, lastError string) Observation {
	return Observation{Outcomes: map[Outcome]int{outcome: n}, LastError: lastError}
}

// met returns an observation that meets the expectation.
func met(e Expectation) Observation {
	switch e.kind {
	case connect, connectSome, roaming, lossy, refusing:
		return answered(12, e.names...)
	case connectAny:
		return answered(12, "whoever")
	case pinned:
		return answered(12, e.names[0])
	case fail:
		return failed(37, TimedOut, "i/o timeout")
	case implementation:
		return failed(5, Refused, "connection refused")
	case notProbed:
		return Observation{}
	}
	return failed(37, Outcome(e.kind), "it failed")
}

// healthy returns a grid in which every cell is as expected.
func healthy(table *Table) Grid {
	grid := table.NewGrid()
	for i := range grid {
		for j := range grid[i] {
			if table.Probed(i, j) {
				grid[i][j] = met(table.Expected(i, j))
			}
		}
	}
	return grid
}

func build(t testing.TB, b *Builder) *Table {
	t.Helper()
	table, err := b.Build()
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func compare(t testing.TB, table *Table, grid Grid) *Comparison {
	t.Helper()
	c, err := table.Compare(grid)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func nodes(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("svc-e2e-node-%d", i+1)
	}
	return names
}

func backends(n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("b%d", i+1)
	}
	return names
}

// house is the table of the house style: small, with every control, and with all
// sorts of cells.
func house() *Builder {
	rows := []Row{
		{Name: "pod@node-1", Kind: SourcePod, Node: "node-1"},
		{Name: "pod@node-2", Kind: SourcePod, Node: "node-2"},
		{Name: "pod@node-3", Kind: SourcePod, Node: "node-3"},
		{Name: "host@node-1", Kind: SourceHost, Node: "node-1"},
		{Name: "b1", Kind: SourceBackend, Node: "node-1", Backend: "b1"},
		{Name: "outside", Kind: SourceExternal, Skipped: "the cluster has\nno client outside"},
	}
	columns := []Column{
		{Name: "VIP:80", Kind: FrontendClusterIP, Role: RoleSubject, Service: "web", Address: "10.96.7.1", Port: 80, Protocol: "TCP", Family: "IPv4"},
		{Name: "b1 direct", Kind: FrontendPod, Role: RoleDirect, Node: "node-1", Backend: "b1", Address: "fd00::b1", Port: 8080, Protocol: "TCP", Family: "IPv6"},
		{Name: "sticky", Kind: FrontendDNS, Role: RoleBystander, Service: "sticky", Protocol: "UDP"},
		{Name: "some", Kind: FrontendNodePort, Role: RoleSubject, Service: "some", Node: "node-1", Address: "172.18.0.2", Port: 30080, Protocol: "TCP"},
		{Name: "empty:80", Kind: FrontendClusterIP, Role: RoleEmptySibling, Service: "empty"},
		{Name: "black hole", Kind: FrontendOther, Role: RoleSelfTest, Address: "192.0.2.1"},
		{Name: "closed", Kind: FrontendOther, Role: RoleSelfTest},
		{Name: "10.96.7.1:81", Kind: FrontendClusterIP, Service: "web", Address: "10.96.7.1", Port: 81, Protocol: "TCP"},
		{Name: "source", Kind: FrontendClusterIP, Service: "web", Request: "clientip"},
		{Name: "no-such.svc", Kind: FrontendDNS},
	}
	return NewBuilder(rows, columns).
		Default(Connect("b1", "b2", "b3")).
		Expect(AllRows(), ColumnsOfRole(RoleDirect), Connect("b1").Exactly()).
		Expect(AllRows(), ColumnNamed("sticky"), Pinned("b1", "b2")).
		Expect(AllRows(), ColumnNamed("some"), ConnectSome("b1", "b2")).
		Expect(AllRows(), ColumnsOfRole(RoleEmptySibling), Refuse()).
		Expect(AllRows(), ColumnNamed("black hole"), TimeOut()).
		Expect(AllRows(), ColumnNamed("closed"), Fail()).
		Expect(AllRows(), ColumnNamed("10.96.7.1:81"), Implementation()).
		Expect(AllRows(), ColumnNamed("source"), ConnectAny()).
		Expect(AllRows(), ColumnNamed("no-such.svc"), NoName()).
		Expect(RowsOfKind(SourceExternal), ColumnsOfKind(FrontendPod, FrontendDNS), NotProbed()).
		Expect(RowNamed("pod@node-3"), ColumnsOn("node-1"), Unreach())
}

// broken is what is seen of the house table when much is wrong with it.
func broken(table *Table) Grid {
	grid := healthy(table)
	grid[1][0] = Observation{
		Answers:   map[string]int{"b1": 12, "b2": 22, "b3": 0},
		Outcomes:  map[Outcome]int{TimedOut: 3, Refused: 0},
		LastError: "dial tcp 10.96.7.1:80:\n\ti/o timeout\n",
	}
	grid[1][1] = failed(14, TimedOut, "i/o timeout")
	grid[1][2] = answered(7, "b1", "b2")
	grid[1][3] = answered(14, "b3")
	grid[1][4] = answered(37, "b1")
	grid[1][5] = failed(5, Refused, "connection refused")
	grid[1][6] = failed(37, NoSuchName, "no such host")
	grid[1][7] = failed(5, Error, "port-forward broke")
	grid[1][8] = Observation{Outcomes: map[Outcome]int{Refused: 1, Unreachable: 13}}
	grid[1][9] = Observation{}
	grid[3][0] = answered(1, "b1")
	grid[4][0] = answered(1, "", "not the  name, {really}!"+strings.Repeat("x", 60))
	grid[4][6] = failed(1, Unreachable, "no route to host")
	return grid
}

func TestGolden(t *testing.T) {
	table := build(t, house())
	c := compare(t, table, broken(table))
	meta := Meta{Title: "ClusterIP", Spec: "should reach every backend", Phase: "initial", Service: map[string]string{"type": "ClusterIP"}}
	report := c.Report(meta)

	golden(t, "plan.txt", table.Text(TextOptions{}))
	fine := compare(t, table, healthy(table))
	golden(t, "healthy.txt", fine.Headline("ClusterIP", "")+"\n"+fine.Text(TextOptions{}))
	golden(t, "broken.txt", report.Headline()+"\n"+report.Text(TextOptions{}))
	golden(t, "broken-narrow.txt", c.Text(TextOptions{Width: 50, MaxWrong: -1, CollapseAbove: 1}))

	data, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "broken.json", string(data)+"\n")
}

// TestGoldenLarge has too many rows and columns to show all of them.
func TestGoldenLarge(t *testing.T) {
	var rows []Row
	var columns []Column
	for _, node := range nodes(18) {
		rows = append(rows, Row{Name: "pod@" + node, Kind: SourcePod, Node: node})
	}
	for _, node := range nodes(18) {
		rows = append(rows, Row{Name: "host@" + node, Kind: SourceHost, Node: node})
	}
	for i := range 3 {
		reason := "no client outside the cluster"
		if i == 2 {
			reason = "it died"
		}
		rows = append(rows, Row{Name: fmt.Sprintf("outside%d", i), Kind: SourceExternal, Skipped: reason})
	}
	columns = append(columns, Column{Name: "VIP:80", Kind: FrontendClusterIP, Protocol: "TCP"})
	for _, node := range nodes(18) {
		columns = append(columns, Column{Name: node + ":30080", Kind: FrontendNodePort, Node: node, Protocol: "TCP"})
	}
	columns = append(columns, Column{Name: "empty:80", Role: RoleEmptySibling, Protocol: "TCP"}, Column{Name: "other", Protocol: "TCP"})
	table := build(t, NewBuilder(rows, columns).
		Default(Connect(backends(11)...)).
		Expect(AllRows(), ColumnNamed("other"), ConnectSome("zebra", "a1", "a2", "b", "c", "d9", "d10", "d11")).
		Expect(AllRows(), ColumnsOfRole(RoleEmptySibling), Fail()))

	grid := healthy(table)
	fine := compare(t, table, grid)
	golden(t, "large-healthy.txt", fine.Headline("NodePort", "initial")+"\n"+fine.Text(TextOptions{}))

	grid[4][0] = answered(10, append(backends(6), backends(11)[7:]...)...)
	grid[4][3] = answered(10, append(backends(11), "stranger")...)
	grid[4][4] = answered(10, backends(11)...).Merge(failed(9, TimedOut, ""))
	for i := range 13 {
		grid[20][5+i] = answered(10, "b1", "b2", "b3", "b4", "b7", "x1", "x2")
	}
	// Every second host sees another sort of failure, which is fine too.
	for i := 18; i < 36; i += 2 {
		grid[i][19] = failed(37, Refused, "")
	}
	c := compare(t, table, grid)
	golden(t, "large-broken.txt", c.Headline("NodePort", "initial")+"\n"+c.Text(TextOptions{}))
}
