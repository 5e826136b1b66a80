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
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"
	"k8s.io/utils/ptr"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// What Service proxies make of EndpointSlices, which anybody may write by hand.
var _ = SIGDescribe("Services EndpointSlices", func() {
	f := framework.NewDefaultFramework("slices")
	f.NamespacePodSecurityLevel = admissionapi.LevelPrivileged // for a pod on the host network

	for _, protocol := range e2esvc.Protocols {
		over := func(text string) string { return fmt.Sprintf("%s over %s", text, protocol) }

		// BEY-56
		f.It(over("should be able to name one endpoint twice and hand it over"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Node: 0})[0]
			web := t.CreateService(ctx, "web", "", e2esvc.ServicePort(80, protocol), withoutSelector)
			add := func() *discoveryv1.EndpointSlice {
				return t.CreateEndpointSlice(ctx, web, web.Spec.Ports[0], b1)
			}
			newTable := func(expected matrix.Expectation) *e2esvc.Table {
				table := t.NewTable(web.VIP())
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), expected)
				return table
			}
			first, second := add(), add()
			t.Check(ctx, "in two slices", newTable(matrix.Connect("b1")))
			unbroken := t.Stream(ctx, "meanwhile", newTable(matrix.Connect("b1")))
			t.DeleteEndpointSlice(ctx, first)
			t.Check(ctx, "in one of them", newTable(matrix.Connect("b1")))
			third := add()
			t.DeleteEndpointSlice(ctx, second)
			t.Check(ctx, "moved to another one", newTable(matrix.Connect("b1")))
			unbroken.Stop()
			t.DeleteEndpointSlice(ctx, third)
			t.Check(ctx, "in none", newTable(matrix.Refuse()))
		})

		// BEY-60
		f.It(over("should add up, those of the controller and those made by hand"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			backends := t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "selected", Group: "web", Node: 0},
				e2esvc.BackendSpec{Name: "by-hand", Group: "nobody", Node: 1})
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol))
			check := func(phase string, names ...string) {
				table := t.NewTable(web.VIP())
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect(names...).Exactly())
				t.Check(ctx, phase, table)
			}

			slice := t.CreateEndpointSlice(ctx, web, web.Spec.Ports[0], backends[1])
			check("both", "selected", "by-hand")
			t.DeleteEndpointSlice(ctx, slice)
			check("the controller's only", "selected")
			t.CreateEndpointSlice(ctx, web, web.Spec.Ports[0], backends[1])
			t.MoveToGroup(ctx, backends[0], "nobody")
			check("the one by hand only", "by-hand")
		})
	}

	// BEY-57. What nil means is the API's (EndpointConditions), that terminating
	// endpoints serve while none is ready is KEP-1669.
	f.It("should be obeyed in all conditions of an endpoint", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		backends := t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "b1", Node: 0},
			e2esvc.BackendSpec{Name: "ready", Node: 1})
		port := e2esvc.ServicePort(80, v1.ProtocolTCP)
		type combination struct {
			*e2esvc.Service
			ready, serving, terminating *bool
		}
		var combinations []combination
		var columns []matrix.Column
		values := []*bool{nil, ptr.To(true), ptr.To(false)}
		for _, ready := range values {
			for _, serving := range values {
				for _, terminating := range values {
					name := conditionName("r", ready) + conditionName("s", serving) + conditionName("t", terminating)
					service := t.CreateService(ctx, name, "", port, withoutSelector)
					t.CreateEndpointSlice(ctx, service, port, backends[0], func(s *discoveryv1.EndpointSlice) {
						s.Endpoints[0].Conditions = discoveryv1.EndpointConditions{Ready: ready, Serving: serving, Terminating: terminating}
					})
					combinations = append(combinations, combination{service, ready, serving, terminating})
					columns = append(columns, service.VIP()...)
				}
			}
		}
		check := func(phase string, besideReady bool) {
			table := t.NewTable(columns)
			for _, c := range combinations {
				ready := ptr.Deref(c.ready, true)
				fallback := !besideReady && ptr.Deref(c.serving, true) && ptr.Deref(c.terminating, false)
				var names []string
				if ready || fallback {
					names = append(names, "b1")
				}
				if besideReady {
					names = append(names, "ready")
				}
				expected := matrix.Refuse()
				if len(names) > 0 {
					expected = matrix.Connect(names...).Exactly()
				}
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService(c.Name), expected)
			}
			t.Check(ctx, phase, table)
		}

		check("the only endpoint", false)
		for _, c := range combinations {
			t.CreateEndpointSlice(ctx, c.Service, port, backends[1])
		}
		check("beside one that is ready", true)
	})

	// BEY-58
	f.It("should be of no effect on Services that they do not fit", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Node: 0})[0]
		elsewhere, err := f.CreateNamespace(ctx, "elsewhere", nil)
		framework.ExpectNoError(err, "creating another namespace")
		port := e2esvc.ServicePort(80, v1.ProtocolTCP)
		var columns []matrix.Column
		create := func(name string, change func(*discoveryv1.EndpointSlice)) {
			service := t.CreateService(ctx, name, "", port, withoutSelector)
			t.CreateEndpointSlice(ctx, service, port, b1, change)
			columns = append(columns, service.VIP()...)
		}
		create("good", func(*discoveryv1.EndpointSlice) {})
		create("no-port", func(s *discoveryv1.EndpointSlice) { s.Ports[0].Port = nil })
		create("other-port-name", func(s *discoveryv1.EndpointSlice) { s.Ports[0].Name = ptr.To("other") })
		create("other-protocol", func(s *discoveryv1.EndpointSlice) { s.Ports[0].Protocol = ptr.To(v1.ProtocolUDP) })
		create("no-label", func(s *discoveryv1.EndpointSlice) { delete(s.Labels, discoveryv1.LabelServiceName) })
		create("other-namespace", func(s *discoveryv1.EndpointSlice) { s.Namespace = elsewhere.Name })
		create("fqdn", func(s *discoveryv1.EndpointSlice) {
			s.AddressType, s.Endpoints[0].Addresses = discoveryv1.AddressTypeFQDN, []string{"b1.example.com"}
		})
		if len(t.Families) > 1 {
			other := t.Families[1]
			create("other-family", func(s *discoveryv1.EndpointSlice) {
				s.AddressType, s.Endpoints[0].Addresses = discoveryv1.AddressType(other), []string{b1.Address(other)}
			})
		}

		table := t.NewTable(columns)
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(columns), matrix.Refuse())
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("good"), matrix.Connect("b1"))
		t.Check(ctx, "one that fits, and others", table, e2esvc.Hold(holdAfterRemoval))
	})

	// BEY-59, BEY-61
	f.It("should be used by the first address of an endpoint, and by policies only with the node of it", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		backends := t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "b1", Node: 0},
			e2esvc.BackendSpec{Name: "b2", Node: 1})
		port := e2esvc.ServicePort(80, v1.ProtocolTCP)
		several := t.CreateService(ctx, "several", "", port, withoutSelector)
		t.CreateEndpointSlice(ctx, several, port, backends[0], func(s *discoveryv1.EndpointSlice) {
			s.Endpoints[0].Addresses = append(s.Endpoints[0].Addresses, backends[1].Address(several.Spec.IPFamilies[0]))
		})
		withoutNode := func(s *discoveryv1.EndpointSlice) { s.Endpoints[0].NodeName = nil }
		cluster := t.CreateService(ctx, "cluster", "", port, withoutSelector, e2esvc.OfType(v1.ServiceTypeNodePort))
		local := t.CreateService(ctx, "local", "", port, withoutSelector, e2esvc.OfType(v1.ServiceTypeNodePort), externally(v1.ServiceExternalTrafficPolicyLocal), func(s *v1.Service) {
			s.Spec.InternalTrafficPolicy = ptr.To(v1.ServiceInternalTrafficPolicyLocal)
		})
		named := t.CreateService(ctx, "named", "", port, withoutSelector, func(s *v1.Service) {
			s.Spec.InternalTrafficPolicy = ptr.To(v1.ServiceInternalTrafficPolicyLocal)
		})
		t.CreateEndpointSlice(ctx, cluster, port, backends[0], withoutNode)
		t.CreateEndpointSlice(ctx, local, port, backends[0], withoutNode)
		t.CreateEndpointSlice(ctx, named, port, backends[0])

		table := t.NewTable(e2esvc.Columns(several.VIP(), cluster.VIP(), cluster.NodePorts(), local.VIP(), local.NodePorts(), named.VIP()))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("several", "cluster"), matrix.Connect("b1").Exactly())
		// On no node is an endpoint that is on none.
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("local"), matrix.TimeOut())
		// To a proxy, clients in the cluster may be exempt from this policy.
		table.Expect(matrix.RowsOfKind(matrix.SourcePod, matrix.SourceHost), matrix.ColumnsIn(local.NodePorts()), matrix.Implementation())
		expectOwnNode(t, table, named.VIP(), backends[:1])
		t.Check(ctx, "endpoints without a node, and with two addresses", table)
	})

	// BEY-62
	f.It("should be able to name nodes, pods of other namespaces and hosts outside", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		ports := e2esvc.HostPorts()
		b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Node: 0, Ports: ports, HostNetwork: true})[0]
		port := e2esvc.ServicePort(80, v1.ProtocolTCP)
		node := t.CreateService(ctx, "node", "", e2esvc.Targeting(port, intstr.FromInt(ports.HTTP)), withoutSelector, e2esvc.OfType(v1.ServiceTypeNodePort))
		t.CreateEndpointSlice(ctx, node, port, b1, func(s *discoveryv1.EndpointSlice) {
			s.Endpoints[0].Addresses = []string{b1.Node.Address(t.Families[0])}
			s.Endpoints[0].NodeName = nil
		})
		pod := t.CreateService(ctx, "pod", "", port, withoutSelector, e2esvc.OfType(v1.ServiceTypeNodePort))
		t.CreateEndpointSlice(ctx, pod, port, b1, func(s *discoveryv1.EndpointSlice) {
			s.Endpoints[0].Addresses = []string{t.BystanderAddress(t.Families[0])}
			s.Endpoints[0].NodeName = nil
			s.Ports[0].Port = ptr.To(int32(port.TargetPort.IntValue()))
		})
		columns := e2esvc.Columns(node.VIP(), node.NodePorts(), pod.VIP(), pod.NodePorts())
		outside, listening := t.ExternalEndpoint(ctx)
		host := t.CreateService(ctx, "host", "", port, withoutSelector)
		if outside != "" {
			t.CreateEndpointSlice(ctx, host, port, b1, func(s *discoveryv1.EndpointSlice) {
				s.Endpoints[0].Addresses = []string{outside}
				s.Endpoints[0].NodeName = nil
				s.Ports[0].Port = ptr.To(listening)
			})
			columns = e2esvc.Columns(columns, e2esvc.SourceSeen(host.VIP()))
		}

		table := t.NewTable(columns)
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("node"), matrix.Connect("b1"))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("pod"), matrix.Connect(t.BystanderName()))
		// A host outside knows the way back to nodes, and maybe none to pods.
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("host"), matrix.Implementation())
		table.Expect(matrix.RowsOfKind(matrix.SourceHost), matrix.ColumnsOfService("host"), matrix.Connect(e2esvc.SourceKept))
		t.Check(ctx, "a node, a pod and a host", table)
	})

	// BEY-53. Hints say which nodes and zones are to use an endpoint (KEP-2433,
	// KEP-3015); they are of effect only if all endpoints have them, and only
	// where an endpoint is hinted at.
	f.It("should be obeyed in the hints that are complete and for somebody", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		z := zonesOf(t)
		z.need(2)
		first, second := z.names[0], z.names[1]
		backends := t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "b1", Node: z.firstNode(0)},
			e2esvc.BackendSpec{Name: "b2", Node: z.firstNode(1)})
		both := e2esvc.Names(backends...)
		port := e2esvc.ServicePort(80, v1.ProtocolTCP)
		var columns []matrix.Column
		create := func(name string, hints ...*discoveryv1.EndpointHints) {
			service := t.CreateService(ctx, name, "", port, withoutSelector)
			for i, b := range backends {
				slice := t.CreateEndpointSlice(ctx, service, port, b, func(s *discoveryv1.EndpointSlice) { s.Endpoints[0].Hints = hints[i] })
				if hints[i] != nil && !equality.Semantic.DeepEqual(slice.Endpoints[0].Hints, hints[i]) {
					return // the API server does not know hints of this kind
				}
			}
			columns = append(columns, service.VIP()...)
		}
		create("each-a-zone", forZones(first), forZones(second))
		create("crossed", forZones(second), forZones(first))
		create("one-without", forZones(first), nil)
		create("several-zones", forZones(first, second), forZones(second))
		create("nobodys-zone", forZones("nowhere"), forZones("nowhere"))
		nodeHints := []*discoveryv1.EndpointHints{forZones(second), forZones(first)}
		for i, b := range backends {
			nodeHints[i].ForNodes = []discoveryv1.ForNode{{Name: b.Node.Name}}
		}
		create("node-and-zone", nodeHints...)

		table := t.NewTable(columns)
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(columns), matrix.Connect(both...))
		for _, node := range t.Nodes {
			rows := matrix.RowsOn(node.Name)
			expect := func(service string, names ...string) {
				table.Expect(rows, matrix.ColumnsOfService(service), matrix.Connect(names...).Exactly())
			}
			switch node.Zone {
			case first:
				expect("each-a-zone", "b1")
				expect("crossed", "b2")
				expect("several-zones", "b1")
				expect("node-and-zone", "b2")
			case second:
				expect("each-a-zone", "b2")
				expect("crossed", "b1")
				expect("node-and-zone", "b1")
			}
			if own := on(backends, node); len(own) > 0 {
				expect("node-and-zone", own...)
			}
		}
		t.Check(ctx, "hints by hand", table)
	})
})

// conditionName names a condition of an endpoint and its value by two letters.
func conditionName(letter string, value *bool) string {
	switch {
	case value == nil:
		return letter + "x"
	case *value:
		return letter + "y"
	default:
		return letter + "n"
	}
}

// forZones hints at zones.
func forZones(names ...string) *discoveryv1.EndpointHints {
	hints := &discoveryv1.EndpointHints{}
	for _, name := range names {
		hints.ForZones = append(hints.ForZones, discoveryv1.ForZone{Name: name})
	}
	return hints
}
