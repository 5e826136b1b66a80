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
	"slices"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	e2eskipper "k8s.io/kubernetes/test/e2e/framework/skipper"
	admissionapi "k8s.io/pod-security-admission/api"
	"k8s.io/utils/ptr"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

var _ = SIGDescribe("Services topology", func() {
	f := framework.NewDefaultFramework("topology")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		over := func(text string) string { return fmt.Sprintf("%s over %s", text, protocol) }

		for _, distribution := range []string{v1.ServiceTrafficDistributionPreferClose, v1.ServiceTrafficDistributionPreferSameZone} {
			// TOPO-02 to TOPO-05, BEY-52. With two nodes in a zone, those without
			// an endpoint of their own show that it is the zone that counts.
			f.It(over(fmt.Sprintf("should keep traffic in the zone with trafficDistribution %s", distribution)), func(ctx context.Context) {
				t := e2esvc.NewTopology(ctx, f)
				z := zonesOf(t)
				z.need(3)
				// Two of the zones have endpoints, all others use them all.
				backends := t.CreateBackends(ctx,
					e2esvc.BackendSpec{Name: "b1", Group: "web", Node: z.firstNode(0)},
					e2esvc.BackendSpec{Name: "b2", Group: "web", Node: z.firstNode(1)})
				web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort), distributing(distribution))
				twin := t.CreateService(ctx, "twin", "web", e2esvc.ServicePort(80, protocol))

				table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts(), twin.VIP()))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("twin"), matrix.Connect(e2esvc.Names(backends...)...))
				z.expectNearest(table, web, func(node e2esvc.Node) []string { return z.inZone(backends, node) })
				t.Check(ctx, "endpoints in two zones", table)
			})
		}

		// TOPO-06, TOPO-07, BEY-50
		f.It(over("should keep traffic on the node with trafficDistribution PreferSameNode, and follow a switch"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			z := zonesOf(t)
			if len(t.Nodes) < 2 {
				e2eskipper.Skipf("needs 2 schedulable nodes, there is %d", len(t.Nodes))
			}
			backends := t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0},
				e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1})
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), distributing(v1.ServiceTrafficDistributionPreferSameNode))
			twin := t.CreateService(ctx, "twin", "web", e2esvc.ServicePort(80, protocol))
			check := func(phase string, nearest func(e2esvc.Node) []string) {
				table := t.NewTable(e2esvc.Columns(web.VIP(), twin.VIP()))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("twin"), matrix.Connect(e2esvc.Names(backends...)...))
				z.expectNearest(table, web, nearest)
				t.Check(ctx, phase, table)
			}
			sameNode := func(node e2esvc.Node) []string {
				if own := on(backends, node); len(own) > 0 {
					return own
				}
				return z.inZone(backends, node)
			}

			check("PreferSameNode", sameNode)
			t.DeleteBackend(ctx, backends[0])
			backends = backends[1:]
			check("b1 deleted", sameNode)
			backends = append(backends, t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b3", Group: "web", Node: 0})...)
			check("b3 in its place", sameNode)
			if len(z.names) > 1 {
				web.Update(ctx, distributing(v1.ServiceTrafficDistributionPreferSameZone))
				check("PreferSameZone", func(node e2esvc.Node) []string { return z.inZone(backends, node) })
			}
			web.Update(ctx, func(s *v1.Service) { s.Spec.TrafficDistribution = nil })
			check("unset", func(e2esvc.Node) []string { return nil })
		})

		// TOPO-01
		f.It(over("should keep traffic in the zone with topology-mode Auto, and no longer without"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			z := zonesOf(t)
			z.need(2)
			var specs []e2esvc.BackendSpec
			for i := range z.names {
				specs = append(specs, e2esvc.BackendSpec{Name: fmt.Sprintf("b%d", i+1), Group: "web", Node: z.firstNode(i)})
			}
			backends := t.CreateBackends(ctx, specs...)
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), func(s *v1.Service) {
				s.Annotations = map[string]string{v1.AnnotationTopologyMode: "Auto"}
			})
			check := func(phase string, nearest func(e2esvc.Node) []string) {
				table := t.NewTable(web.VIP())
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect(e2esvc.Names(backends...)...))
				z.expectNearest(table, web, nearest)
				t.Check(ctx, phase, table)
			}

			// The controller gives hints only if each zone has about as many
			// endpoints as its share of the CPUs (KEP-2433).
			if !z.even() {
				e2eskipper.Skipf("needs zones with equally many nodes: %v", z.nodes)
			}
			check("Auto", func(node e2esvc.Node) []string { return z.inZone(backends, node) })
			web.Update(ctx, func(s *v1.Service) { delete(s.Annotations, v1.AnnotationTopologyMode) })
			check("without the annotation", func(e2esvc.Node) []string { return nil })
		})
	}
})

// distributing sets trafficDistribution (KEP-4444, KEP-3015).
func distributing(distribution string) func(*v1.Service) {
	return func(s *v1.Service) { s.Spec.TrafficDistribution = ptr.To(distribution) }
}

// zones are the nodes of a cluster by zone.
type zones struct {
	t     *e2esvc.Topology
	names []string
	// nodes are the indexes of the nodes of a zone.
	nodes map[string][]int
}

func zonesOf(t *e2esvc.Topology) *zones {
	z := &zones{t: t, nodes: map[string][]int{}}
	for i, node := range t.Nodes {
		if node.Zone == "" {
			continue
		}
		if z.nodes[node.Zone] == nil {
			z.names = append(z.names, node.Zone)
		}
		z.nodes[node.Zone] = append(z.nodes[node.Zone], i)
	}
	return z
}

// need skips the spec if there are fewer zones, or nodes outside of any.
func (z *zones) need(count int) {
	if len(z.names) < count {
		e2eskipper.Skipf("needs schedulable nodes in %d zones, they are in %d", count, len(z.names))
	}
	if slices.ContainsFunc(z.t.Nodes, func(n e2esvc.Node) bool { return n.Zone == "" }) {
		e2eskipper.Skipf("needs a zone label on every schedulable node")
	}
}

// even tells whether all zones have equally many nodes.
func (z *zones) even() bool {
	return !slices.ContainsFunc(z.names, func(name string) bool { return len(z.nodes[name]) != len(z.nodes[z.names[0]]) })
}

// firstNode returns the index of the first node of a zone.
func (z *zones) firstNode(zone int) int { return z.nodes[z.names[zone]][0] }

// inZone returns the names of the backends in the zone of a node.
func (z *zones) inZone(backends []*e2esvc.Backend, node e2esvc.Node) []string {
	var names []string
	for _, b := range backends {
		if node.Zone != "" && b.Node.Zone == node.Zone {
			names = append(names, b.Name)
		}
	}
	return names
}

// on returns the names of the backends on a node.
func on(backends []*e2esvc.Backend, node e2esvc.Node) []string {
	var names []string
	for _, b := range backends {
		if b.Node.Name == node.Name {
			names = append(names, b.Name)
		}
	}
	return names
}

// expectNearest expects each source to be answered by the backends nearest to
// its node, and through a node port by those nearest to the node that is
// addressed. All endpoints are used where none is near.
func (z *zones) expectNearest(table *e2esvc.Table, service *e2esvc.Service, nearest func(e2esvc.Node) []string) {
	all := e2esvc.Names(z.t.BackendsOf(service)...)
	for _, node := range z.t.Nodes {
		expected := matrix.Connect(all...).Exactly()
		if names := nearest(node); len(names) > 0 {
			expected = matrix.Connect(names...).Exactly()
		}
		table.Expect(matrix.RowsOn(node.Name), matrix.ColumnsIn(service.VIP()), expected)
		for _, column := range service.NodePorts() {
			if column.Node == node.Name {
				table.Expect(matrix.AllRows(), matrix.ColumnNamed(column.Name), expected)
			}
		}
	}
	if service.Spec.Type == v1.ServiceTypeNodePort {
		// Outside of the cluster only the node ports are promised.
		table.Expect(matrix.RowsOfKind(matrix.SourceExternal), matrix.ColumnsIn(service.VIP()), matrix.NotProbed())
	}
}
