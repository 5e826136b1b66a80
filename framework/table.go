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
	"strings"
	"time"

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
	t        *Topology
	rows     []matrix.Row
	columns  []matrix.Column
	findings []Finding
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

// build completes the table. What a source cannot be promised comes last, so
// that a default for all rows cannot undo it: the off-cluster client reaches
// only what exists outside the cluster, and nobody an IP family that it lacks.
func (table *Table) build() (*matrix.Table, error) {
	for _, row := range table.rows {
		for _, column := range table.columns {
			outside := row.Kind == matrix.SourceExternal && !reachableFromOutside(column)
			if outside || !table.t.speaks(row, v1.IPFamily(column.Family)) {
				table.Expect(matrix.RowNamed(row.Name), matrix.ColumnNamed(column.Name), matrix.NotProbed())
			}
		}
	}
	expected, err := table.Build()
	if err != nil || !table.knowRefusedPorts(expected, time.Now()) {
		return expected, err
	}
	return table.Build()
}

// Leaving says that backends go away while the table is streamed, so that their
// pods are no control.
func (table *Table) Leaving(backends ...*Backend) {
	for _, b := range backends {
		table.Expect(matrix.AllRows(), matrix.And(matrix.ColumnsOfRole(matrix.RoleDirect),
			matrix.ColumnsWhere("columns of "+b.Name, func(c matrix.Column) bool { return c.Backend == b.Name })), matrix.NotProbed())
	}
}

// speaks tells whether a source has an address of an IP family, as far as its
// addresses are known.
func (t *Topology) speaks(row matrix.Row, family v1.IPFamily) bool {
	s := t.source(row.Name)
	return s == nil || len(s.Addresses) == 0 || family == "" || addressOf(family, s.Addresses) != ""
}

// reachableFromOutside tells whether a column is one that a client outside the
// cluster is promised.
func reachableFromOutside(c matrix.Column) bool {
	switch c.Kind {
	case matrix.FrontendNodePort, matrix.FrontendLoadBalancer, matrix.FrontendExternalIP, matrix.FrontendHealthCheck, matrix.FrontendHostPort:
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
	controls := t.dnsControls(subjects)
	for _, over := range transportsOf(subjects) {
		protocol := over.protocol
		for _, b := range t.allBackends() {
			if b.serves(over) {
				controls = append(controls, control{t.named(b.direct(over), over), matrix.Connect(b.Name)})
			}
		}
		if target, ok := t.selfTestTarget(over); ok {
			controls = append(controls, control{target, matrix.Refuse()})
		}
		if hole := addressOf(over.family, BlackHoles()); blackHole && hole != "" {
			controls = append(controls, control{t.named(blackHoleColumn(hole, over), over), matrix.TimeOut()})
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
				if column.Protocol == string(protocol) && column.Family == string(over.family) {
					column.Role = sibling.role
					controls = append(controls, control{column, sibling.expected})
				}
			}
		}
	}
	return controls
}

// transport is a protocol over an IP family: what a control has in common with
// the subject that it stands beside.
type transport struct {
	protocol v1.Protocol
	family   v1.IPFamily
}

// transportsOf returns the transports of columns; a DNS query has none.
func transportsOf(columns []matrix.Column) []transport {
	var transports []transport
	for _, c := range columns {
		over := transport{v1.Protocol(c.Protocol), v1.IPFamily(c.Family)}
		if over.protocol != "" && !slices.Contains(transports, over) {
			transports = append(transports, over)
		}
	}
	return transports
}

// named makes the name of a control say its IP family where a cluster has two.
func (t *Topology) named(column matrix.Column, over transport) matrix.Column {
	if len(t.Families) > 1 && over.family == v1.IPv6Protocol {
		column.Name += "/v6"
	}
	return column
}

// serves tells whether a backend can be reached over a transport.
func (b *Backend) serves(over transport) bool {
	return b.Address(over.family) != "" && b.Ports.Of(over.protocol) > 0
}

// Direct returns the columns of the backend's podIPs, as control K1 has them. In
// a table of their own they can be probed after the backend is gone.
func (b *Backend) Direct(protocol v1.Protocol) []matrix.Column {
	var columns []matrix.Column
	for _, address := range podIPs(b.Pod) {
		column := b.direct(transport{protocol, ipFamily(address)})
		column.Name = fmt.Sprintf("%s podIP %s/%s", b.Name, column.Family, protocol)
		columns = append(columns, column)
	}
	return columns
}

// direct returns the column of the backend's podIP: control K1.
func (b *Backend) direct(over transport) matrix.Column {
	return matrix.Column{
		Name:     fmt.Sprintf("%s direct/%s", b.Name, over.protocol),
		Kind:     matrix.FrontendPod,
		Role:     matrix.RoleDirect,
		Node:     b.Node.Name,
		Backend:  b.Name,
		Address:  b.Address(over.family),
		Port:     b.Ports.Of(over.protocol),
		Protocol: string(over.protocol),
		Family:   string(over.family),
	}
}

// selfTestTarget returns the column of a port on which a live pod does not
// listen: control K2, refused.
func (t *Topology) selfTestTarget(over transport) (matrix.Column, bool) {
	at := slices.IndexFunc(t.sources, func(s source) bool {
		return s.Row.Kind == matrix.SourcePod && addressOf(over.family, s.Addresses) != ""
	})
	if at < 0 {
		return matrix.Column{}, false
	}
	return t.named(matrix.Column{
		Name:     fmt.Sprintf("closed port/%s", over.protocol),
		Kind:     matrix.FrontendOther,
		Role:     matrix.RoleSelfTest,
		Address:  addressOf(over.family, t.sources[at].Addresses),
		Port:     closedPort,
		Protocol: string(over.protocol),
		Family:   string(over.family),
	}, over), true
}

// BlackHole holds addresses, separated by commas, from which no answer ever
// comes, not even an error: by default one of TEST-NET-1 (RFC 5737) and one of
// the documentation prefix of IPv6 (RFC 3849). Without one for an IP family
// that self-test is left out.
var BlackHole = "192.0.2.1,2001:db8::1"

// BlackHoles returns the addresses of [BlackHole].
func BlackHoles() []string {
	return strings.FieldsFunc(BlackHole, func(r rune) bool { return r == ',' })
}

// blackHoleColumn returns the column of the black hole: control K2, timeout.
func blackHoleColumn(address string, over transport) matrix.Column {
	return matrix.Column{
		Name:     fmt.Sprintf("black hole/%s", over.protocol),
		Kind:     matrix.FrontendOther,
		Role:     matrix.RoleSelfTest,
		Address:  address,
		Port:     httpPort,
		Protocol: string(over.protocol),
		Family:   string(over.family),
	}
}
