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
	"slices"
	"strings"
	"testing"
)

// clientsOn returns two kinds of clients on each node.
func clientsOn(nodes ...string) []Row {
	var rows []Row
	for _, node := range nodes {
		rows = append(rows, Row{Name: "pod@" + node, Kind: SourcePod, Node: node}, Row{Name: "host@" + node, Kind: SourceHost, Node: node})
	}
	return rows
}

// TestStuckRoaming: clients that stay with one backend though nothing should keep
// them there are found, and the node whose proxy does so.
func TestStuckRoaming(t *testing.T) {
	rows := clientsOn("node-1", "node-2", "node-3")
	columns := []Column{
		{Name: "web VIP", Kind: FrontendClusterIP, Role: RoleSubject, Service: "web", Address: "10.96.0.7", Port: 80, Protocol: "TCP"},
		{Name: "web NP node-1", Kind: FrontendNodePort, Role: RoleSubject, Service: "web", Node: "node-1", Port: 30080, Protocol: "TCP"},
		{Name: "web NP node-2", Kind: FrontendNodePort, Role: RoleSubject, Service: "web", Node: "node-2", Port: 30080, Protocol: "TCP"},
		{Name: "bystander VIP", Kind: FrontendClusterIP, Role: RoleBystander, Service: "bystander", Address: "10.96.0.8", Port: 80, Protocol: "TCP"},
	}
	table := build(t, NewBuilder(rows, columns).
		Expect(AllRows(), ColumnsOfService("web"), Roaming("b1", "b2", "b3")).
		Expect(AllRows(), ColumnsOfService("bystander"), Connect("bystander")))
	grid := healthy(table)
	for r, row := range rows {
		for c, column := range columns {
			via := column.Node
			if via == "" {
				via = row.Node
			}
			if via == "node-2" && column.Service == "web" {
				grid[r][c] = answered(14, "b3")
			}
		}
	}
	comparison := compare(t, table, grid)
	if text := comparison.Text(TextOptions{}); !strings.Contains(text, "C{b3}!=C+{b1|b2|b3}") || !strings.Contains(text, "C+=not always the same") {
		t.Errorf("the table is\n%s", text)
	}
	d := Diagnose(comparison.Report(Meta{Spec: "s"}))
	if len(d.Findings) != 1 {
		t.Fatalf("findings:\n%s", d.Text())
	}
	f := d.Findings[0]
	if f.Culprit != CulpritServiceProxy || f.Fault != FaultAffinityStuck || !slices.Equal(f.Coordinates.ProxyNode, []string{"node-2"}) {
		t.Errorf("finding:\n%s", d.Text())
	}
}

// TestStaleFlow: flows that go on to a backend that is gone are told from rules
// that are stale for everybody.
func TestStaleFlow(t *testing.T) {
	rows := clientsOn("node-1", "node-2", "node-3")
	plain := []Column{
		{Name: "web VIP", Kind: FrontendClusterIP, Role: RoleSubject, Service: "web", Address: "10.96.0.7", Port: 80, Protocol: "UDP", Family: "IPv4"},
		{Name: "web VIP/TCP", Kind: FrontendClusterIP, Role: RoleSubject, Service: "web", Address: "10.96.0.7", Port: 80, Protocol: "TCP", Family: "IPv4"},
		{Name: "web NP node-2", Kind: FrontendNodePort, Role: RoleSubject, Service: "web", Node: "node-2", Address: "172.18.0.12", Port: 30080, Protocol: "UDP", Family: "IPv4"},
		{Name: "web NP node-3", Kind: FrontendNodePort, Role: RoleSubject, Service: "web", Node: "node-3", Address: "172.18.0.13", Port: 30080, Protocol: "UDP", Family: "IPv4"},
	}
	columns := slices.Clone(plain)
	for i, c := range plain {
		if c.Protocol == "UDP" {
			c.Name, c.Request = "flow1 "+c.Name, "sourceport:1200"+string(rune('0'+i))
			columns = append(columns, c)
		}
	}
	phase := func(phase, backend string, stale func(via string, c Column) bool) *Report {
		columns := append(slices.Clone(columns), Column{Name: backend + " direct", Kind: FrontendPod, Role: RoleDirect, Node: "node-1", Backend: backend, Protocol: "UDP", Family: "IPv4"})
		table := build(t, NewBuilder(rows, columns).Default(Connect(backend).Exactly()))
		grid := healthy(table)
		for r, row := range rows {
			for c, column := range columns {
				via := column.Node
				if via == "" {
					via = row.Node
				}
				if column.Role == RoleSubject && stale(via, column) {
					grid[r][c] = failed(5, TimedOut, "no answer")
				}
			}
		}
		return compare(t, table, grid).Report(Meta{Spec: "s", Phase: phase})
	}
	nothing := func(string, Column) bool { return false }
	for _, tc := range []struct {
		name  string
		stale func(via string, c Column) bool
		want  Fault
	}{
		{"flows", func(via string, c Column) bool { return via == "node-2" && c.Request != "" }, FaultStaleFlow},
		{"rules", func(via string, c Column) bool { return via == "node-2" }, FaultStaleRules},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := Diagnose(phase("b1", "b1", nothing), phase("b2 instead", "b2", tc.stale))
			if len(d.Findings) != 1 {
				t.Fatalf("findings:\n%s", d.Text())
			}
			f := d.Findings[0]
			if f.Culprit != CulpritServiceProxy || f.Fault != tc.want || !slices.Equal(f.Coordinates.ProxyNode, []string{"node-2"}) {
				t.Errorf("finding:\n%s", d.Text())
			}
			if tc.want == FaultStaleFlow && !slices.Equal(f.Coordinates.Protocol, []string{"UDP"}) {
				t.Errorf("protocol: %v", f.Coordinates.Protocol)
			}
			t.Log(d.Text())
		})
	}
}

// TestBothWays: between two nodes large packets, or all, are lost both ways.
func TestBothWays(t *testing.T) {
	rows := clientsOn("node-1", "node-2", "node-3")
	home := map[string]string{"b1": "node-1", "b2": "node-2", "b3": "node-3"}
	names := []string{"b1", "b2", "b3"}
	phase := func(size string, lost func(Column) bool) *Report {
		var columns []Column
		add := func(c Column) {
			c.Protocol, c.Family, c.Port = "TCP", "IPv4", 80
			columns = append(columns, c)
		}
		add(Column{Name: "web VIP", Kind: FrontendClusterIP, Role: RoleSubject, Service: "web", Address: "10.96.0.7", Request: "size=" + size})
		for i, name := range names {
			direct := Column{Kind: FrontendPod, Role: RoleDirect, Node: home[name], Backend: name, Address: "10.244.0." + string(rune('1'+i))}
			direct.Name = name + " direct"
			add(direct)
			direct.Name, direct.Request = name+" sized", "size="+size
			add(direct)
		}
		add(Column{Name: "bystander VIP", Kind: FrontendClusterIP, Role: RoleBystander, Service: "bystander", Address: "10.96.0.8"})
		b := NewBuilder(rows, columns).Default(Connect(names...)).Expect(AllRows(), ColumnNamed("bystander VIP"), Connect("b3"))
		for _, name := range names {
			b.Expect(AllRows(), ColumnNamed(name+" direct"), Connect(name)).Expect(AllRows(), ColumnNamed(name+" sized"), Connect(name))
		}
		table := build(t, b)
		grid := healthy(table)
		for r, row := range rows {
			for c, column := range columns {
				between := func(node string) bool {
					return row.Node == "node-1" && node == "node-2" || row.Node == "node-2" && node == "node-1"
				}
				if row.Kind != SourcePod || !lost(column) {
					continue
				}
				var o Observation
				for _, name := range table.Expected(r, c).Backends() {
					if between(home[name]) {
						o = o.Merge(failed(12, TimedOut, "i/o timeout"))
					} else {
						o = o.Merge(answered(12, name))
					}
				}
				grid[r][c] = o
			}
		}
		return compare(t, table, grid).Report(Meta{Spec: "s", Phase: size + " bytes"})
	}
	for _, tc := range []struct {
		name string
		lost func(Column) bool
		want Fault
	}{
		{"large packets", func(c Column) bool { return c.Request == "size=1400" }, FaultMTU},
		{"all packets", func(Column) bool { return true }, FaultUnreachable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := Diagnose(phase("64", tc.lost), phase("1400", tc.lost))
			if len(d.Findings) != 1 {
				t.Fatalf("findings:\n%s", d.Text())
			}
			f := d.Findings[0]
			both := []string{"node-1", "node-2"}
			if f.Culprit != CulpritPodNetwork || f.Fault != tc.want || !slices.Equal(f.Coordinates.SourceNode, both) || !slices.Equal(f.Coordinates.BackendNode, both) {
				t.Errorf("%s blamed %+v:\n%s", f.Fault, f.Coordinates, d.Text())
			}
		})
	}
}

// TestLoneTimeout: one try of thousands that is lost, while backends are replaced,
// is no sign of rules that have not followed the change.
func TestLoneTimeout(t *testing.T) {
	rows := clientsOn("node-1", "node-2", "node-3")
	columns := []Column{
		{Name: "web VIP", Kind: FrontendClusterIP, Role: RoleSubject, Service: "web", Address: "10.96.0.7", Port: 80, Protocol: "TCP"},
		{Name: "bystander VIP", Kind: FrontendClusterIP, Role: RoleBystander, Service: "bystander", Address: "10.96.0.8", Port: 80, Protocol: "TCP"},
	}
	phase := func(name string, lost int, backends ...string) *Report {
		table := build(t, NewBuilder(rows, columns).
			Expect(AllRows(), ColumnsOfService("web"), Roaming(backends...)).
			Expect(AllRows(), ColumnsOfService("bystander"), Connect("bystander")))
		grid := healthy(table)
		for r := range rows {
			grid[r][1] = answered(500, "bystander")
		}
		if lost > 0 {
			grid[3][1] = grid[3][1].Merge(failed(lost, TimedOut, "i/o timeout"))
		}
		return compare(t, table, grid).Report(Meta{Spec: "s", Phase: name})
	}
	before, after := phase("b1", 0, "b1", "b2"), phase("b3 instead", 1, "b2", "b3")
	for name, d := range map[string]*Diagnosis{"with the phase before": Diagnose(before, after), "alone": Diagnose(after)} {
		for _, f := range d.Findings {
			if f.Fault == FaultStaleRules || f.Confidence > 0.5 {
				t.Errorf("%s:\n%s", name, d.Text())
			}
		}
	}
}
