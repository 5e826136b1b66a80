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
	"fmt"
	"slices"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"

	"sigs.k8s.io/service-e2e/matrix"
)

// Table is the expected table of one phase: the spec says what its own columns
// must show, the controls come with their expectations.
//
//	K1  every backend directly, by podIP: connected, or the fault is the pod network's
//	K2  a closed port is refused, and once per spec a black hole times out
//	K3  the bystander Service is answered by its own backend
//	K4  the empty sibling is refused
type Table struct {
	*matrix.Builder
	t       *Topology
	rows    []matrix.Row
	columns []matrix.Column
	// blackHole tells that this table holds the self-test that needs the
	// whole time limit of a probe.
	blackHole bool
}

// TableOption changes what a table is made of.
type TableOption func(*tableOptions)

type tableOptions struct {
	clients []*Backend
}

// FromBackends adds the backends themselves as sources.
func FromBackends(backends ...*Backend) TableOption {
	return func(o *tableOptions) { o.clients = append(o.clients, backends...) }
}

// Columns joins lists of columns and single columns.
func Columns(parts ...any) []matrix.Column {
	var columns []matrix.Column
	for _, part := range parts {
		switch part := part.(type) {
		case matrix.Column:
			columns = append(columns, part)
		case []matrix.Column:
			columns = append(columns, part...)
		default:
			framework.Failf("Columns: want matrix.Column or []matrix.Column, got %T", part)
		}
	}
	return columns
}

// NewTable returns a table over all sources, for the subject columns that the
// spec is about and the controls that belong to them. Every cell of a subject
// column still wants an expectation, except those that the off-cluster client
// cannot be promised: it is not behind a Service proxy, so it is probed only
// on columns that exist outside the cluster.
func (t *Topology) NewTable(subjects []matrix.Column, options ...TableOption) *Table {
	var o tableOptions
	for _, option := range options {
		option(&o)
	}
	rows := t.rows(o.clients)
	if !t.hasExternal() && slices.ContainsFunc(subjects, reachableFromOutside) {
		rows = append(rows, matrix.Row{
			Name: "external", Kind: matrix.SourceExternal,
			Skipped: "there is no off-cluster client; name one with --svc.externalClient",
		})
	}
	if !slices.ContainsFunc(subjects, reachableFromOutside) {
		rows = slices.DeleteFunc(rows, func(r matrix.Row) bool { return r.Kind == matrix.SourceExternal })
	}

	table := &Table{t: t, rows: rows, columns: slices.Clone(subjects), blackHole: !t.selfTested}
	controls := t.controls(subjects, table.blackHole)
	for _, control := range controls {
		table.columns = append(table.columns, control.Column)
	}
	table.Builder = matrix.NewBuilder(table.rows, table.columns)
	for _, control := range controls {
		table.Expect(matrix.AllRows(), matrix.ColumnNamed(control.Name), control.expected)
	}
	return table
}

// build completes the table. The off-cluster client's cells come last, so that
// a default for all rows cannot undo them.
func (table *Table) build() (*matrix.Table, error) {
	if slices.ContainsFunc(table.rows, func(r matrix.Row) bool { return r.Kind == matrix.SourceExternal }) {
		for _, column := range table.columns {
			if !reachableFromOutside(column) {
				table.Expect(matrix.RowsOfKind(matrix.SourceExternal), matrix.ColumnNamed(column.Name), matrix.NotProbed())
			}
		}
	}
	return table.Build()
}

// reachableFromOutside tells whether a column is one that a client outside the
// cluster is promised.
func reachableFromOutside(c matrix.Column) bool {
	switch c.Kind {
	case matrix.FrontendNodePort, matrix.FrontendLoadBalancer, matrix.FrontendExternalIP, matrix.FrontendHealthCheck:
		return true
	default:
		return false
	}
}

// control is a column that comes with its expectation.
type control struct {
	matrix.Column
	expected matrix.Expectation
}

// controls returns the controls K1 to K4 for the protocols and kinds of
// frontend that the subjects have.
func (t *Topology) controls(subjects []matrix.Column, blackHole bool) []control {
	var controls []control
	for _, protocol := range protocolsOf(subjects) {
		for _, b := range t.backends {
			controls = append(controls, control{b.direct(protocol), matrix.Connect(b.Name)})
		}
		target := t.selfTestTarget(protocol)
		controls = append(controls, control{target, matrix.Refuse()})
		if blackHole && BlackHole != "" {
			controls = append(controls, control{blackHoleColumn(protocol), matrix.TimeOut()})
		}
		for _, sibling := range []struct {
			*Service
			role     matrix.Role
			expected matrix.Expectation
		}{
			{t.bystander, matrix.RoleBystander, matrix.Connect(t.bystander.Name)},
			{t.empty, matrix.RoleEmptySibling, matrix.Refuse()},
		} {
			columns := sibling.VIP()
			if slices.ContainsFunc(subjects, func(c matrix.Column) bool { return c.Kind == matrix.FrontendNodePort }) {
				columns = append(columns, sibling.NodePorts()...)
			}
			for _, column := range columns {
				if column.Protocol == string(protocol) {
					column.Role = sibling.role
					controls = append(controls, control{column, sibling.expected})
				}
			}
		}
	}
	return controls
}

func protocolsOf(columns []matrix.Column) []v1.Protocol {
	var protocols []v1.Protocol
	for _, c := range columns {
		if protocol := v1.Protocol(c.Protocol); !slices.Contains(protocols, protocol) {
			protocols = append(protocols, protocol)
		}
	}
	return protocols
}

// direct returns the column of the backend's podIP: control K1.
func (b *Backend) direct(protocol v1.Protocol) matrix.Column {
	return matrix.Column{
		Name:     fmt.Sprintf("%s direct/%s", b.Name, protocol),
		Kind:     matrix.FrontendPod,
		Role:     matrix.RoleDirect,
		Node:     b.Node.Name,
		Backend:  b.Name,
		Address:  b.Pod.Status.PodIP,
		Port:     b.Ports.Of(protocol),
		Protocol: string(protocol),
		Family:   string(ipFamily(b.Pod.Status.PodIP)),
	}
}

// selfTestTarget returns the column of a port on which a live pod does not
// listen: control K2, refused.
func (t *Topology) selfTestTarget(protocol v1.Protocol) matrix.Column {
	address := t.closedPortAddress()
	return matrix.Column{
		Name:     fmt.Sprintf("closed port/%s", protocol),
		Kind:     matrix.FrontendOther,
		Role:     matrix.RoleSelfTest,
		Address:  address,
		Port:     closedPort,
		Protocol: string(protocol),
		Family:   string(ipFamily(address)),
	}
}

// closedPortAddress is the address of the first pod-network client.
func (t *Topology) closedPortAddress() string {
	for i := range t.sources {
		if t.sources[i].Row.Kind == matrix.SourcePod {
			return t.sources[i].Address
		}
	}
	return ""
}

// BlackHole is an address from which no answer ever comes, not even an error:
// by default one of TEST-NET-1 (RFC 5737). Empty leaves the self-test out.
var BlackHole = "192.0.2.1"

// blackHoleColumn returns the column of the black hole: control K2, timeout.
func blackHoleColumn(protocol v1.Protocol) matrix.Column {
	return matrix.Column{
		Name:     fmt.Sprintf("black hole/%s", protocol),
		Kind:     matrix.FrontendOther,
		Role:     matrix.RoleSelfTest,
		Address:  BlackHole,
		Port:     httpPort,
		Protocol: string(protocol),
		Family:   string(ipFamily(BlackHole)),
	}
}
