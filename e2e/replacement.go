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
	"time"

	v1 "k8s.io/api/core/v1"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// replacement is a Service of type LoadBalancer whose backends are replaced.
type replacement struct {
	t   *e2esvc.Topology
	web *e2esvc.Service
	// routed are the columns of another load balancer in front of the same
	// backends, see [e2esvc.Service.RouteByEachNode]; there may be none.
	routed []matrix.Column
	// successors are, by the name of a backend, those that may answer in its
	// place later on.
	successors map[string][]string
}

// local tells whether a node that is asked from outside uses its own endpoints
// only.
func (r replacement) local() bool {
	return r.web.Spec.ExternalTrafficPolicy == v1.ServiceExternalTrafficPolicyLocal
}

// check checks every frontend, with no more tries than it takes: that nobody else
// answers is what many cells tell about each node. Ready are the backends that
// count; usable are those that nodes with no ready one of their own may use when
// they are asked from outside, so terminating ones too (KEP-1669).
func (r replacement) check(ctx context.Context, phase string, ready, usable []*e2esvc.Backend) {
	columns := e2esvc.Columns(r.web.VIP(), r.web.LoadBalancer(), r.web.NodePorts(), r.routed)
	if r.local() {
		columns = append(columns, r.web.HealthChecks()...)
	}
	table := r.t.NewTable(columns)
	table.Expect(matrix.AllRows(), matrix.ColumnsOfService(r.web.Name), matrix.Connect(e2esvc.Names(ready...)...))
	if r.local() {
		expectReceivingNode(r.t, table, r.web.NodePorts(), usable)
		for _, node := range r.t.Nodes {
			if local := backendsOn(node, usable); len(local) > 0 {
				clients := matrix.And(matrix.RowsOfKind(matrix.SourceHost, matrix.SourceExternal), matrix.Not(hostOf(node)))
				table.Expect(clients, matrix.And(matrix.ColumnsIn(r.web.NodePorts()), matrix.ColumnsOn(node.Name)), matrix.Connect(local...))
			}
		}
		expectHealth(r.t, table, r.web, ready)
		// A load balancer asks from outside. Others see the same, see the
		// specs of health checks.
		table.Expect(matrix.RowsOfKind(matrix.SourcePod), matrix.ColumnsIn(r.web.HealthChecks()), matrix.NotProbed())
		// Which nodes the load balancer chooses is its own affair.
		table.Expect(matrix.RowsOfKind(matrix.SourceExternal), matrix.ColumnsIn(r.web.LoadBalancer()), matrix.ConnectSome(e2esvc.Names(usable...)...))
	}
	notFromOutsideIfMadeUp(table, r.web)
	expectRouted(r.t, table, r.routed, usable)
	r.t.Check(ctx, phase, table)
}

// replacementStreams probe what is promised while backends are replaced.
type replacementStreams []*e2esvc.Stream

// stream probes all frontends without pause, and under externalTrafficPolicy Local
// the health checks of all nodes every second, as a load balancer does, which may
// show these answers.
func (r replacement) stream(ctx context.Context, phase string, health ...string) replacementStreams {
	backends := r.t.BackendsOf(r.web)
	all := e2esvc.Names(backends...)
	for _, b := range backends {
		all = append(all, r.successors[b.Name]...)
	}
	nodePorts := matrix.ColumnsIn(r.web.NodePorts())
	table := r.t.NewTable(e2esvc.Columns(r.web.VIP(), r.web.LoadBalancer(), r.web.NodePorts(), r.routed))
	table.Expect(matrix.AllRows(), matrix.ColumnsOfService(r.web.Name), matrix.ConnectSome(all...))
	if r.local() {
		table.Expect(matrix.AllRows(), nodePorts, matrix.NotProbed())
		for _, b := range backends {
			there := matrix.And(nodePorts, matrix.ColumnsOn(b.Node.Name))
			table.Expect(matrix.AllRows(), there, matrix.ConnectSome(append(r.successors[b.Name], b.Name)...))
			// See expectReceivingNode.
			table.Expect(hostOf(b.Node), there, matrix.ConnectSome(all...))
			table.Expect(matrix.RowsOfKind(matrix.SourcePod), there, matrix.NotProbed())
		}
	}
	notFromOutsideIfMadeUp(table, r.web)
	expectRouted(r.t, table, r.routed, nil)
	for _, b := range backends {
		for _, column := range r.routed {
			if column.Node == b.Node.Name {
				table.Expect(matrix.RowsOfKind(matrix.SourceExternal), matrix.ColumnNamed(column.Name), matrix.ConnectSome(append(r.successors[b.Name], b.Name)...))
			}
		}
	}
	table.Leaving(backends...)
	streams := replacementStreams{r.t.Stream(ctx, phase, table)}
	if r.local() {
		checks := r.t.NewTable(r.web.HealthChecks())
		checks.Expect(matrix.AllRows(), matrix.ColumnsOfService(r.web.Name), matrix.NotProbed())
		for _, b := range backends {
			checks.Expect(matrix.RowsOfKind(matrix.SourceHost, matrix.SourceExternal), matrix.And(matrix.ColumnsOfService(r.web.Name), matrix.ColumnsOn(b.Node.Name)), matrix.ConnectSome(health...))
		}
		checks.Leaving(backends...)
		streams = append(streams, r.t.Stream(ctx, phase+", health checks", checks, e2esvc.Every(time.Second)))
	}
	return streams
}

// stop ends the probing; not one probe may have failed.
func (s replacementStreams) stop() {
	for _, stream := range s {
		stream.Stop()
	}
}
