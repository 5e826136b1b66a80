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
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// What clients get by the addresses that a provider of load balancers gives out.
// Where there is no provider the addresses are made up, and the client outside
// of the cluster is not asked about them.
//
// Clients inside the cluster never get as far as a load balancer, and need not
// obey externalTrafficPolicy there: their nodes give them any endpoint.
var _ = SIGDescribe("Services of type LoadBalancer", func() {
	f := framework.NewDefaultFramework("load-balancer")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	// OLD-03
	f.It("should reach their own backends by each of their ports and by no other", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		backends := t.BackendPerNode(ctx, "web")
		var services []*e2esvc.Service
		var columns []matrix.Column
		for _, b := range backends {
			services = append(services, t.CreateLoadBalancer(ctx, "of-"+b.Name, "", e2esvc.ServicePort(80, v1.ProtocolTCP),
				e2esvc.WithPort(e2esvc.ServicePort(80, v1.ProtocolUDP)), e2esvc.SelectingOnly(b.Name), e2esvc.DualStack()))
			columns = append(columns, services[len(services)-1].LoadBalancer()...)
		}
		undefined := e2esvc.Columns(services[0].LoadBalancerPort(81, v1.ProtocolTCP), services[0].LoadBalancerPort(81, v1.ProtocolUDP))

		table := t.NewTable(e2esvc.Columns(columns, undefined))
		for i, b := range backends {
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(services[i].LoadBalancer()), matrix.Connect(b.Name))
		}
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(undefined), matrix.Fail())
		notFromOutsideIfMadeUp(table, services...)
		t.Check(ctx, "one Service for each backend", table)
	})

	for _, protocol := range e2esvc.Protocols {
		over := func(text string) string { return fmt.Sprintf("%s over %s", text, protocol) }

		// ETP-04: with externalTrafficPolicy Cluster it is another address that
		// the backend sees.
		f.It(over("should keep the source address when externalTrafficPolicy is Local, and leave nothing open when they change their type"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			t.NeedNodes(2)
			b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0})
			local := t.CreateLoadBalancer(ctx, "local", "web", e2esvc.ServicePort(80, protocol), externally(v1.ServiceExternalTrafficPolicyLocal))
			cluster := t.CreateLoadBalancer(ctx, "cluster", "web", e2esvc.ServicePort(80, protocol))
			fromLocal, fromCluster := e2esvc.SourceSeen(local.LoadBalancer()), e2esvc.SourceSeen(cluster.LoadBalancer())

			table := t.NewTable(e2esvc.Columns(local.LoadBalancer(), fromLocal, cluster.LoadBalancer(), fromCluster, local.HealthChecks(), local.NodePorts()))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("local", "cluster"), matrix.Connect("b1"))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(fromLocal), matrix.Connect(e2esvc.SourceKept))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(fromCluster), matrix.Implementation())
			table.Expect(matrix.RowsOfKind(matrix.SourceExternal), matrix.ColumnsIn(fromCluster), matrix.Connect(e2esvc.SourceRewritten))
			// A node has several addresses.
			table.Expect(matrix.RowsOfKind(matrix.SourceHost), matrix.ColumnsIn(fromLocal), matrix.Implementation())
			if local.Proxied() || cluster.Proxied() {
				// Then the address that a backend sees is the load balancer's.
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(fromLocal, fromCluster), matrix.Implementation())
			}
			expectHealth(t, table, local, b1)
			expectReceivingNode(t, table, local.NodePorts(), b1)
			notFromOutsideIfMadeUp(table, local, cluster)
			t.Check(ctx, "Local beside Cluster", table)

			closed := e2esvc.Columns(local.HealthChecks(), local.NodePorts())
			local.Update(ctx, e2esvc.OfType(v1.ServiceTypeClusterIP))
			// The address is not probed: it may already be somebody else's.
			table = t.NewTable(e2esvc.Columns(local.VIP(), closed, cluster.LoadBalancer(), cluster.NodePorts()))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("local", "cluster"), matrix.Connect("b1"))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(closed), matrix.Refuse())
			notFromOutsideIfMadeUp(table, cluster)
			t.Check(ctx, "of type ClusterIP", table)
		})

		// ETP-06: a load balancer that announces its address from one node at a
		// time, as MetalLB does in L2 mode, shows a client the endpoints of that
		// node only. What each node does when it is chosen is what the client
		// outside sees by node ports, and by a second load balancer that leads
		// it to each of them, where its routes can be changed.
		f.It(over("should be served by every node that has an endpoint, and by no other, when externalTrafficPolicy is Local"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			t.NeedNodes(2)
			backends := t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0},
				e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1})
			local := externally(v1.ServiceExternalTrafficPolicyLocal)
			web := t.CreateLoadBalancer(ctx, "web", "web", e2esvc.ServicePort(80, protocol), local)
			routed := t.CreateService(ctx, "routed", "web", e2esvc.ServicePort(80, protocol), e2esvc.ByHand, local).RouteByEachNode(ctx)
			sources := e2esvc.SourceSeen(web.LoadBalancer())
			check := func(phase string, usable ...*e2esvc.Backend) {
				names := e2esvc.Names(usable...)
				table := t.NewTable(e2esvc.Columns(web.LoadBalancer(), sources, web.HealthChecks(), web.NodePorts(), routed))
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.LoadBalancer()), matrix.Connect(names...).Exactly())
				table.Expect(matrix.RowsOfKind(matrix.SourceExternal), matrix.ColumnsIn(web.LoadBalancer()), matrix.ConnectSome(names...).Exactly())
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(sources), matrix.Implementation())
				if !web.Proxied() {
					table.Expect(matrix.RowsOfKind(matrix.SourceExternal, matrix.SourcePod), matrix.ColumnsIn(sources), matrix.Connect(e2esvc.SourceKept))
				}
				expectHealth(t, table, web, usable)
				expectReceivingNode(t, table, web.NodePorts(), usable)
				expectRouted(t, table, routed, usable)
				notFromOutsideIfMadeUp(table, web)
				t.Check(ctx, phase, table)
			}

			check("endpoints on two nodes", backends...)
			t.DeleteBackend(ctx, backends[0])
			check("endpoint on one of them", backends[1])
		})
	}
})

// expectRouted expects a client that comes by each node to be answered by the
// usable backends there, as externalTrafficPolicy Local has it.
func expectRouted(t *e2esvc.Topology, table *e2esvc.Table, routed []matrix.Column, usable []*e2esvc.Backend) {
	for _, node := range t.Nodes {
		for _, column := range routed {
			if column.Node == node.Name {
				table.Expect(matrix.AllRows(), matrix.ColumnNamed(column.Name), matrix.NotProbed())
				table.Expect(matrix.RowsOfKind(matrix.SourceExternal), matrix.ColumnNamed(column.Name), connectOrDrop(node, usable))
			}
		}
	}
}
