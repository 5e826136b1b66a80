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

package framework

import (
	"testing"
	"time"

	"sigs.k8s.io/service-e2e/matrix"
)

// TestKnowRefusedPorts: the finding is known where a node was refused by a node port of
// its own, and nowhere else.
func TestKnowRefusedPorts(t *testing.T) {
	now := time.Now()
	rows := []matrix.Row{
		{Name: "host@node-1", Kind: matrix.SourceHost, Node: "node-1"},
		{Name: "pod@node-1", Kind: matrix.SourcePod, Node: "node-1"},
	}
	column := func(name, node string, kind matrix.FrontendKind, protocol string) matrix.Column {
		return matrix.Column{Name: name, Address: name, Port: 30080, Protocol: protocol, Kind: kind, Node: node, Role: matrix.RoleSubject}
	}
	columns := []matrix.Column{
		column("own", "node-1", matrix.FrontendNodePort, "TCP"),
		column("udp", "node-1", matrix.FrontendNodePort, "UDP"),
		column("other", "node-2", matrix.FrontendNodePort, "TCP"),
		column("VIP", "", matrix.FrontendClusterIP, "TCP"),
		column("closed", "node-1", matrix.FrontendNodePort, "TCP"),
		column("fresh", "node-1", matrix.FrontendNodePort, "TCP"),
	}
	topology := &Topology{flows: newFlows(remembered)}
	for _, row := range rows {
		for _, column := range columns[:5] {
			topology.flows.pastOf(row, column).refused = now
		}
	}
	known := func(at time.Time) (int, *matrix.Table) {
		table := &Table{t: topology, rows: rows, columns: columns, Builder: matrix.NewBuilder(rows, columns)}
		table.Default(matrix.Connect("b1", "b2")).Expect(matrix.AllRows(), matrix.ColumnNamed("closed"), matrix.Refuse())
		expected, err := table.Build()
		if err != nil {
			t.Fatal(err)
		}
		if found := table.knowRefusedPorts(expected, at); found != (len(table.findings) > 0) {
			t.Errorf("tells %v of %d cells", found, len(table.findings))
		}
		expected, err = table.Build()
		if err != nil {
			t.Fatal(err)
		}
		return len(table.findings), expected
	}
	cells, table := known(now.Add(time.Minute))
	if cells != 1 {
		t.Errorf("%d cells are known to show the finding, want 1", cells)
	}
	grid := table.NewGrid()
	for r := range grid {
		for c := range grid[r] {
			grid[r][c] = matrix.Observation{Answers: map[string]int{"b1": 7, "b2": 7}, Outcomes: map[matrix.Outcome]int{matrix.Refused: 1}}
		}
	}
	verdict, err := table.Compare(grid)
	if err != nil {
		t.Fatal(err)
	}
	for r := range rows {
		for c := range columns {
			want := matrix.Mismatch
			if r == 0 && c == 0 {
				want = matrix.KnownFailure
			}
			if got := verdict.At(r, c).Verdict; got != want {
				t.Errorf("%s -> %s: %s, want %s", rows[r].Name, columns[c].Name, got, want)
			}
		}
	}
	if cells, _ := known(now.Add(remembered.Attempt + time.Second)); cells != 0 {
		t.Errorf("%d cells are known although the nodes have forgotten", cells)
	}
}
