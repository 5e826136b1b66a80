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
	"math/rand/v2"
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"
	"k8s.io/utils/ptr"

	"sigs.k8s.io/service-e2e/e2e/findings"
	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// A client that keeps its source port has, over UDP, one flow for as long as it
// goes on sending. Nodes that track it send all of it the same way, so a proxy
// has to make them forget flows whose backend is no longer one of the Service.
var _ = SIGDescribe("Services UDP flows", func() {
	f := framework.NewDefaultFramework("udp-flows")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	udp := e2esvc.ServicePort(80, v1.ProtocolUDP)
	nodePort := e2esvc.OfType(v1.ServiceTypeNodePort)

	// CT-01, CT-02, CT-04, CT-08, CT-09: the backend is replaced by one on its own
	// node, and then by one on another. A TCP port of the same Service and
	// another Service, whose flows must not notice, stand beside it.
	f.It("should move to the backend that replaces theirs", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		backends := t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0},
			e2esvc.BackendSpec{Name: "calm", Group: "calm", Node: 1})
		web := t.CreateLoadBalancer(ctx, "web", "web", udp, e2esvc.WithPort(e2esvc.ServicePort(80, v1.ProtocolTCP)))
		calm := t.CreateLoadBalancer(ctx, "calm", "calm", udp)
		frontends := func(service *e2esvc.Service) []matrix.Column {
			return e2esvc.Columns(service.VIP(), service.NodePorts(), service.LoadBalancer())
		}
		overUDP := ofProtocol(v1.ProtocolUDP, frontends(web))
		flows := t.FixedPort(overUDP)
		check := func(phase, backend string) {
			table := t.NewTable(e2esvc.Columns(flows, frontends(web)))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect(backend).Exactly())
			notFromOutsideIfMadeUp(table, web)
			t.Check(ctx, phase, table)
		}

		check("b1", "b1")
		streamed := t.FixedPort(overUDP)
		table := t.NewTable(e2esvc.Columns(streamed, t.FixedPort(frontends(calm))))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.ConnectSome("b1", "b2", "b3"))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("calm"), matrix.Connect("calm"))
		notFromOutsideIfMadeUp(table, web, calm)
		table.Leaving(backends[0])
		stream := t.Stream(ctx, "from b1 to b2 to b3", table, e2esvc.Every(flowPause),
			e2esvc.InOrder("b1", "b2", "b3"), e2esvc.Interrupted(matrix.AllRows(), matrix.ColumnsIn(streamed), e2esvc.Timeouts.Propagation))
		b2 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 0})[0]
		t.DeleteBackend(ctx, backends[0])
		check("b2 instead of b1", "b2")
		t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b3", Group: "web", Node: 1})
		t.DeleteBackend(ctx, b2)
		check("b3 on another node instead of b2", "b3")
		stream.Stop()
	})

	// CT-03
	f.It("should move on the node whose backend is replaced only, under internalTrafficPolicy Local", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		backends := t.BackendPerNode(ctx, "web")
		web := t.CreateService(ctx, "web", "web", udp, func(s *v1.Service) {
			s.Spec.InternalTrafficPolicy = ptr.To(v1.ServiceInternalTrafficPolicyLocal)
		})
		changed := t.Node(0)
		expectOwn := func(table *e2esvc.Table, there matrix.Expectation) {
			for _, b := range backends {
				table.Expect(matrix.RowsOn(b.Node.Name), matrix.ColumnsOfService("web"), matrix.Connect(b.Name).Exactly())
			}
			table.Expect(matrix.RowsOn(changed.Name), matrix.ColumnsOfService("web"), there)
		}
		flows := t.FixedPort(web.VIP())
		check := func(phase, there string) {
			table := t.NewTable(e2esvc.Columns(flows, web.VIP()))
			expectOwn(table, matrix.Connect(there).Exactly())
			t.Check(ctx, phase, table)
		}

		check("backend on every node", "b1")
		table := t.NewTable(t.FixedPort(web.VIP()))
		expectOwn(table, matrix.ConnectSome("b1", "instead"))
		table.Leaving(backends[0])
		stream := t.Stream(ctx, "b1 replaced", table, e2esvc.Every(flowPause), e2esvc.InOrder("b1", "instead"),
			e2esvc.Interrupted(matrix.RowsOn(changed.Name), matrix.ColumnsOfService("web"), e2esvc.Timeouts.Propagation))
		t.DeleteBackend(ctx, backends[0])
		t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "instead", Group: "web", Node: 0})
		check("b1 replaced", "instead")
		stream.Stop()
	})

	// CT-05, OLD-11: the client is there first.
	f.It("should reach a backend that becomes ready after they began", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		web := t.CreateService(ctx, "web", "web", udp, nodePort)
		flows := t.FixedPort(e2esvc.Columns(web.VIP(), web.NodePorts()))
		check := func(phase string, expected matrix.Expectation, options ...e2esvc.CheckOption) {
			table := t.NewTable(flows)
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), expected)
			t.Check(ctx, phase, table, options...)
		}

		check("no backend", matrix.Refuse())
		b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Gated: true, NotReady: true})[0]
		check("b1 unready", matrix.Refuse())
		t.SetReady(ctx, b1, true)
		check("b1 ready", matrix.Connect("b1"), e2esvc.Hold(holdAfterRemoval))
	})

	// CT-07: both backends are in one pod, on the two target ports.
	f.It("should move to the new target port of their Service", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		before, after := e2esvc.Ports{HTTP: 8080, UDP: 8081}, e2esvc.Ports{HTTP: 9090, UDP: 9091}
		t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "before", Group: "web", Node: 0, Ports: before},
			e2esvc.BackendSpec{Name: "after", Beside: "before", Ports: after},
			e2esvc.BackendSpec{Name: "calm", Group: "calm", Node: 0})
		web := t.CreateService(ctx, "web", "web", udp, nodePort)
		calm := t.CreateService(ctx, "calm", "calm", udp, nodePort)
		flows := t.FixedPort(e2esvc.Columns(web.VIP(), web.NodePorts()))
		calmFlows := t.FixedPort(e2esvc.Columns(calm.VIP(), calm.NodePorts()))
		check := func(phase string, backend string, options ...e2esvc.CheckOption) {
			table := t.NewTable(e2esvc.Columns(flows, calmFlows))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect(backend).Exactly())
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("calm"), matrix.Connect("calm"))
			t.Check(ctx, phase, table, options...)
		}

		check("first target port", "before")
		web.Update(ctx, func(s *v1.Service) { s.Spec.Ports[0].TargetPort = intstr.FromInt(after.UDP) })
		check("second target port", "after", e2esvc.Hold(holdAfterRemoval))
	})

	// BEY-70
	f.It("should stay with a backend that terminates until it serves no more", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Grace: longGrace})[0]
		web := t.CreateService(ctx, "web", "web", udp, nodePort)
		plain := e2esvc.Columns(web.VIP(), web.NodePorts())
		flows := t.FixedPort(plain)
		check := func(phase, flow, others string, options ...e2esvc.CheckOption) {
			table := t.NewTable(e2esvc.Columns(flows, plain))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(flows), matrix.Connect(flow).Exactly())
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(plain), matrix.Connect(others).Exactly())
			t.Check(ctx, phase, table, options...)
		}

		check("b1 ready", "b1", "b1")
		t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1})
		t.Terminate(ctx, b1)
		check("b1 terminating, b2 ready", "b1", "b2", e2esvc.Hold(holdAfterRemoval))
		t.EndGrace(ctx, b1)
		t.AwaitGone(ctx, b1)
		check("b1 gone", "b2", "b2")
	})

	// BEY-69, BEY-71: of the latter the readiness; the pod is alive all the while, so
	// whatever still goes to it is seen, as it would be by the next pod that
	// gets the address of one that is gone.
	f.It("should be refused when no backend is ready any more", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Gated: true})[0]
		web := t.CreateService(ctx, "web", "web", udp, nodePort, func(s *v1.Service) {
			s.Spec.ExternalIPs = []string{documentationAddress(t.Families[0])}
		})
		nodePorts, externalIPs := t.FixedPort(web.NodePorts()), t.FixedPort(web.ExternalIPs())
		flows := e2esvc.Columns(t.FixedPort(web.VIP()), nodePorts, externalIPs)
		check := func(phase string, expect func(*e2esvc.Table)) {
			table := t.NewTable(flows)
			expect(table)
			// Outside of the cluster the address does not exist.
			table.Expect(matrix.RowsOfKind(matrix.SourceExternal), matrix.ColumnsIn(externalIPs), matrix.NotProbed())
			t.Check(ctx, phase, table)
		}
		connect := func(table *e2esvc.Table) {
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect("b1"))
		}

		check("b1 ready", connect)
		t.SetReady(ctx, b1, false)
		check("b1 unready", func(table *e2esvc.Table) {
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Refuse())
			// kube-proxy's iptables mode refuses these where traffic comes in and
			// is passed on, not where it begins.
			table.Expect(matrix.RowsOfKind(matrix.SourceHost), matrix.ColumnsIn(externalIPs), matrix.Fail())
			table.KnownFailure(findings.UDPNodePortToZero, matrix.AllRows(), matrix.ColumnsIn(nodePorts), matrix.Connect("b1"))
		})
		t.SetReady(ctx, b1, true)
		check("b1 ready again", connect)
	})

	// BEY-71
	f.It("should end with their Service, and belong to the next one that has its addresses", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "b1", Group: "first", Node: 0},
			e2esvc.BackendSpec{Name: "b2", Group: "second", Node: 1})
		first := t.CreateService(ctx, "web", "first", udp, nodePort)
		flows := t.FixedPort(e2esvc.Columns(first.VIP(), first.NodePorts()))
		check := func(phase string, expect func(*e2esvc.Table)) {
			table := t.NewTable(flows)
			expect(table)
			t.Check(ctx, phase, table)
		}
		connect := func(backend string) func(*e2esvc.Table) {
			return func(table *e2esvc.Table) {
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect(backend).Exactly())
			}
		}

		check("first Service", connect("b1"))
		first.Delete(ctx)
		check("deleted", func(table *e2esvc.Table) {
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Fail())
			table.KnownFailure(findings.UDPDeletedService, matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect("b1"))
		})
		t.CreateService(ctx, "web", "second", udp, nodePort, func(s *v1.Service) {
			s.Spec.ClusterIP, s.Spec.ClusterIPs = first.Spec.ClusterIP, first.Spec.ClusterIPs
			s.Spec.Ports[0].NodePort = first.Spec.Ports[0].NodePort
		})
		check("second Service", connect("b2"))
	})

	// BEY-71
	f.It("should go on or not when a policy excludes their backend, while new ones obey", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.NeedNodes(2)
		b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0})[0]
		web := t.CreateService(ctx, "web", "web", udp)
		flows := t.FixedPort(web.VIP())
		check := func(phase string, columns []matrix.Column, expect func(*e2esvc.Table)) {
			table := t.NewTable(columns)
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect("b1"))
			expect(table)
			t.Check(ctx, phase, table)
		}
		internally := func(policy v1.ServiceInternalTrafficPolicy) {
			web.Update(ctx, func(s *v1.Service) { s.Spec.InternalTrafficPolicy = &policy })
		}

		check("Cluster", flows, func(*e2esvc.Table) {})
		internally(v1.ServiceInternalTrafficPolicyLocal)
		check("Local", e2esvc.Columns(flows, web.VIP()), func(table *e2esvc.Table) {
			elsewhere := matrix.Not(matrix.RowsOn(b1.Node.Name))
			table.Expect(elsewhere, matrix.ColumnsIn(web.VIP()), matrix.TimeOut())
			table.Expect(elsewhere, matrix.ColumnsIn(flows), matrix.Implementation())
		})
		internally(v1.ServiceInternalTrafficPolicyCluster)
		check("Cluster again", e2esvc.Columns(flows, web.VIP()), func(*e2esvc.Table) {})
	})
})

// flowPause is the time from one datagram of a flow that is streamed to the next:
// a small part of the time for which nodes remember an exchange, and long enough for
// the machine, on which each try is half a dozen processes.
const flowPause = 3 * time.Second

// documentationAddress returns an address that no host has (RFC 5737, RFC 3849),
// another one each time.
func documentationAddress(family v1.IPFamily) string {
	host := 1 + rand.IntN(254)
	if family == v1.IPv6Protocol {
		return fmt.Sprintf("2001:db8:e1::%x", host)
	}
	return fmt.Sprintf("198.51.100.%d", host)
}

// ofProtocol returns the columns of a protocol.
func ofProtocol(protocol v1.Protocol, columns []matrix.Column) []matrix.Column {
	return slices.DeleteFunc(slices.Clone(columns), func(c matrix.Column) bool { return c.Protocol != string(protocol) })
}
