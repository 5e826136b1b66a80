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

package e2e

import (
	"context"
	"slices"

	v1 "k8s.io/api/core/v1"

	"sigs.k8s.io/service-e2e/e2e/findings"
	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// changes are the frontends of a Service that changes, all answered by b1 or by
// nobody.
type changes struct {
	t  *e2esvc.Topology
	b1 *e2esvc.Backend
	// columns are all frontends, and flows those of them that are probed from
	// fixed source ports too.
	columns, flows []matrix.Column
	// unreachable are the frontends to which nothing leads from outside.
	unreachable []matrix.Column
	// coming are frontends that are not there yet.
	coming []matrix.Column
}

// announce takes note of frontends that are going to be opened. Over TCP they are
// asked from ports of their own until then, and so not from outside: a node that lets
// a connection to them pass goes on with that (findings.TCPNewPort).
func (c *changes) announce(frontends ...[]matrix.Column) {
	all := slices.Concat(frontends...)
	c.coming = append(c.coming, ofProtocol(v1.ProtocolUDP, all)...)
	c.coming = append(c.coming, e2esvc.FromPort(ofProtocol(v1.ProtocolTCP, all))...)
}

// open takes the frontends that were announced for ones that have been opened.
func (c *changes) open(frontends ...[]matrix.Column) {
	c.columns = append(c.columns, slices.Concat(frontends...)...)
	c.coming = nil
}

// follow begins flows to frontends that have just been opened. Flows exist over
// UDP only.
func (c *changes) follow(opened ...[]matrix.Column) {
	for _, columns := range opened {
		c.flows = append(c.flows, c.t.FixedPort(ofProtocol(v1.ProtocolUDP, columns))...)
	}
}

// check checks that these frontends are open and no others.
func (c *changes) check(ctx context.Context, phase string, open ...[]matrix.Column) {
	table := c.table(open)
	table.Expect(matrix.AllRows(), to(open...), matrix.Connect(c.b1.Name))
	c.finish(ctx, phase, table)
}

// checkEmpty checks that these frontends refuse, for want of an endpoint, and that
// all others are closed.
func (c *changes) checkEmpty(ctx context.Context, phase string, empty ...[]matrix.Column) {
	table := c.table(empty)
	table.Expect(matrix.AllRows(), to(empty...), matrix.Refuse())
	nodePorts := slices.DeleteFunc(slices.Clone(c.flows), func(flow matrix.Column) bool {
		return !to(empty...).Matches(flow) || flow.Kind != matrix.FrontendNodePort
	})
	if len(nodePorts) > 0 {
		table.KnownFailure(findings.UDPNodePortToZero, matrix.AllRows(), matrix.ColumnsIn(nodePorts), matrix.Connect(c.b1.Name))
	}
	// See the specs of load balancer addresses; and a provider may take the
	// address away from outside.
	balanced := matrix.And(to(empty...), matrix.ColumnsOfKind(matrix.FrontendLoadBalancer))
	table.Expect(matrix.RowsOfKind(matrix.SourceHost), balanced, matrix.Implementation())
	table.Expect(matrix.RowsOfKind(matrix.SourceExternal), balanced, matrix.Fail())
	c.finish(ctx, phase, table)
}

// table returns a table that expects all frontends to be closed but these, of
// which it expects nothing yet.
func (c *changes) table(but [][]matrix.Column) *e2esvc.Table {
	table := c.t.NewTable(e2esvc.Columns(c.flows, c.columns, c.coming))
	table.Expect(matrix.AllRows(), matrix.ColumnsIn(c.columns, c.flows, c.coming), matrix.Fail())
	table.Expect(matrix.AllRows(), matrix.And(matrix.ColumnsIn(c.columns), matrix.ColumnsOfKind(matrix.FrontendNodePort)), matrix.Refuse())
	if closed := slices.DeleteFunc(slices.Clone(c.flows), to(but...).Matches); len(closed) > 0 {
		// A port that is taken away is like a Service that is.
		table.KnownFailure(findings.UDPDeletedService, matrix.AllRows(), matrix.ColumnsIn(closed), matrix.Connect(c.b1.Name))
	}
	return table
}

// finish leaves out what nothing leads to or may ask, and checks the table.
func (c *changes) finish(ctx context.Context, phase string, table *e2esvc.Table) {
	if fromPort := ofProtocol(v1.ProtocolTCP, c.coming); len(fromPort) > 0 {
		table.Expect(matrix.RowsOfKind(matrix.SourceExternal), matrix.ColumnsIn(fromPort), matrix.NotProbed())
	}
	if len(c.unreachable) > 0 {
		table.Expect(matrix.RowsOfKind(matrix.SourceExternal), to(c.unreachable), matrix.NotProbed())
	}
	c.t.Check(ctx, phase, table)
}

// stream probes frontends that stay open without pause.
func (c *changes) stream(ctx context.Context, phase string, open []matrix.Column) *e2esvc.Stream {
	table := c.t.NewTable(open)
	table.Expect(matrix.AllRows(), matrix.ColumnsIn(open), matrix.Connect(c.b1.Name))
	return c.t.Stream(ctx, phase, table)
}

// to picks the columns that reach the same frontends, from fixed source ports or
// others.
func to(frontends ...[]matrix.Column) matrix.ColumnSelector {
	return matrix.ColumnsWhere("to these frontends", func(c matrix.Column) bool {
		return slices.ContainsFunc(slices.Concat(frontends...), func(f matrix.Column) bool {
			return c.Address == f.Address && c.Port == f.Port && c.Protocol == f.Protocol
		})
	})
}
