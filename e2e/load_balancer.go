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

	"github.com/onsi/gomega"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"
	"k8s.io/utils/ptr"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// What Service proxies make of a load balancer's address. The specs write it
// into the Service's status themselves, so no provider is needed, and nobody but
// a proxy can answer there: clients inside the cluster never get as far as a
// load balancer.
var _ = SIGDescribe("Services load balancer addresses", func() {
	f := framework.NewDefaultFramework("lb-address")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		over := func(text string) string { return fmt.Sprintf("%s over %s", text, protocol) }

		// BEY-27, BEY-28
		f.It(over("should be captured unless the ipMode is Proxy"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			backends := t.BackendPerNode(ctx, "web")
			all := matrix.Connect(e2esvc.Names(backends...)...)
			create := func(name string, mode *v1.LoadBalancerIPMode) *e2esvc.Service {
				service := t.CreateService(ctx, name, "web", e2esvc.ServicePort(80, protocol), e2esvc.ByHand)
				service.SetIngress(ctx, ingressOf(t.UnusedAddress(ctx, service.Spec.IPFamilies[0]), mode))
				return service
			}
			setMode := func(service *e2esvc.Service, mode v1.LoadBalancerIPMode) {
				service.SetIngress(ctx, ingressOf(service.Status.LoadBalancer.Ingress[0].IP, ptr.To(mode)))
			}
			vip, proxy := v1.LoadBalancerIPModeVIP, v1.LoadBalancerIPModeProxy
			// What becomes captured is not probed before: a connection that
			// leaves the node untranslated would make its source port useless
			// for a while. So one Service goes each way.
			unset, captured, released := create("unset", nil), create("captured", &proxy), create("released", &vip)
			check := func(phase string, ofCaptured, ofReleased matrix.Expectation) {
				table := t.NewTable(e2esvc.Columns(unset.LoadBalancer(), captured.LoadBalancer(), released.LoadBalancer(), captured.VIP(), released.VIP()))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("unset", "captured", "released"), all)
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(captured.LoadBalancer()), ofCaptured)
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(released.LoadBalancer()), ofReleased)
				notFromOutside(table)
				t.Check(ctx, phase, table)
			}

			check("before", matrix.NotProbed(), all)
			setMode(captured, vip)
			setMode(released, proxy)
			// No machine has the address. What becomes of packets to it is up
			// to the network.
			check("flipped", all, matrix.Fail())
		})

		// ETP-07, BEY-33
		f.It(over("should serve clients in the cluster by every endpoint when externalTrafficPolicy is Local"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			t.NeedNodes(2)
			// None on the last node, even if there are two nodes only.
			b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0})[0]
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.ByHand, externally(v1.ServiceExternalTrafficPolicyLocal))
			web.SetIngress(ctx, ingressOf(t.UnusedAddress(ctx, web.Spec.IPFamilies[0]), nil))
			sources := e2esvc.SourceSeen(web.LoadBalancer())

			table := t.NewTable(e2esvc.Columns(web.LoadBalancer(), sources))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.LoadBalancer()), matrix.Connect("b1"))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(sources), matrix.Connect(e2esvc.SourceKept))
			table.Expect(matrix.RowsOfKind(matrix.SourceHost), matrix.ColumnsIn(sources), matrix.Implementation())
			notFromOutside(table)
			t.Check(ctx, "endpoint on one node", table)

			t.DeleteBackend(ctx, b1)
			table = t.NewTable(web.LoadBalancer())
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Refuse())
			// kube-proxy's iptables mode rejects what a node receives or
			// forwards, and lets pass what it sends itself.
			table.Expect(matrix.RowsOfKind(matrix.SourceHost), matrix.ColumnsOfService("web"), matrix.Implementation())
			notFromOutside(table)
			t.Check(ctx, "no endpoints", table)
		})

		// LB-01, BEY-31
		f.It(over("should be open to the source ranges only"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			t.NeedNodes(2)
			backends := t.BackendPerNode(ctx, "web")
			all := matrix.Connect(e2esvc.Names(backends...)...)
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.ByHand)
			family := web.Spec.IPFamilies[0]
			clients := matrix.RowsOn(t.Node(0).Name)
			// The API allows blanks around a range.
			var ranges []string
			for _, address := range t.SourceRanges(clients, family) {
				ranges = append(ranges, " "+address+" ")
			}
			web.Update(ctx, openTo(ranges...))
			web.SetIngress(ctx, ingressOf(t.UnusedAddress(ctx, family), nil))
			// The ranges are about the load balancer's address only: not
			// about the ClusterIP, and not about node ports.
			check := func(phase string, expected matrix.Expectation, but ...matrix.RowSelector) {
				table := t.NewTable(e2esvc.Columns(web.LoadBalancer(), web.VIP(), web.NodePorts()))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), all)
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.LoadBalancer()), expected)
				for _, rows := range but {
					table.Expect(rows, matrix.ColumnsIn(web.LoadBalancer()), all)
				}
				notFromOutside(table)
				t.Check(ctx, phase, table)
			}

			check("clients of one node", matrix.TimeOut(), clients)
			web.Update(ctx, openTo("192.0.2.0/24", "2001:db8::/32", "0.0.0.0/0", "::/0"))
			check("everybody, among others", all)
			web.Update(ctx, openTo(rangesOfNobody...))
			check("nobody", matrix.TimeOut())
			web.Update(ctx, openTo(rangeOfOtherFamily(web)))
			check("ranges of the other IP family only", all)
			web.Update(ctx, openTo())
			check("cleared", all)
		})

		// LB-02, BEY-32
		f.It(over("should be served without node ports until they are allocated"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			backends := t.BackendPerNode(ctx, "web")
			all := matrix.Connect(e2esvc.Names(backends...)...)
			// A number that nobody else will have in the meantime: one that
			// has just been given back.
			donor := t.CreateService(ctx, "donor", "", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort))
			nodePorts, number := donor.NodePorts(), donor.Spec.Ports[0].NodePort
			donor.Delete(ctx)
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.ByHand, withoutNodePorts)
			web.SetIngress(ctx, ingressOf(t.UnusedAddress(ctx, web.Spec.IPFamilies[0]), nil))
			gomega.Expect(web.Spec.Ports[0].NodePort).To(gomega.BeZero(), "no node port was asked for")
			check := func(phase string, ofNodePorts matrix.Expectation) {
				table := t.NewTable(e2esvc.Columns(web.LoadBalancer(), nodePorts))
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.LoadBalancer()), all)
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(nodePorts), ofNodePorts)
				notFromOutside(table)
				t.Check(ctx, phase, table)
			}

			check("without", matrix.Refuse())
			table := t.NewTable(web.LoadBalancer())
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.ConnectSome(e2esvc.Names(backends...)...))
			notFromOutside(table)
			during := t.Stream(ctx, "while they come and go", table)
			web.Update(ctx, func(s *v1.Service) {
				s.Spec.AllocateLoadBalancerNodePorts = ptr.To(true)
				s.Spec.Ports[0].NodePort = number
			})
			check("allocated", all)
			web.Update(ctx, withoutNodePorts)
			check("no longer asked for, and kept", all)
			web.Update(ctx, func(s *v1.Service) { s.Spec.Ports[0].NodePort = 0 })
			check("given back", matrix.Refuse())
			during.Stop()
		})
	}

	// LB-03
	f.It("should tell protocols on one port number apart", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		// Nobody but the backend of the right protocol listens to it.
		t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0})
		tcp, udp := e2esvc.ServicePort(80, v1.ProtocolTCP), e2esvc.ServicePort(80, v1.ProtocolUDP)
		web := t.CreateService(ctx, "web", "web", tcp, e2esvc.WithPort(udp), e2esvc.ByHand)
		web.SetIngress(ctx, ingressOf(t.UnusedAddress(ctx, web.Spec.IPFamilies[0]), nil))
		undefined := e2esvc.Columns(web.VIPPort(81, v1.ProtocolTCP), web.VIPPort(81, v1.ProtocolUDP))

		table := t.NewTable(e2esvc.Columns(web.VIP(), web.LoadBalancer(), web.NodePorts(), undefined))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect("b1"))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(undefined), matrix.Fail())
		notFromOutside(table)
		t.Check(ctx, "TCP and UDP", table)
	})
})

// ingressOf returns a load balancer's address for a Service's status.
func ingressOf(address string, mode *v1.LoadBalancerIPMode) v1.LoadBalancerIngress {
	return v1.LoadBalancerIngress{IP: address, IPMode: mode}
}

// notFromOutside leaves out what cannot be probed from outside: no route leads
// to load balancer addresses that the spec has made up.
func notFromOutside(table *e2esvc.Table) {
	table.Expect(matrix.RowsOfKind(matrix.SourceExternal), matrix.ColumnsOfKind(matrix.FrontendLoadBalancer), matrix.NotProbed())
}

// notFromOutsideIfMadeUp leaves out the load balancer addresses of those Services
// for which there is no provider.
func notFromOutsideIfMadeUp(table *e2esvc.Table, services ...*e2esvc.Service) {
	for _, service := range services {
		if service.MadeUp() {
			table.Expect(matrix.RowsOfKind(matrix.SourceExternal), matrix.And(matrix.ColumnsOfKind(matrix.FrontendLoadBalancer), matrix.ColumnsOfService(service.Name)), matrix.NotProbed())
		}
	}
}

// rangesOfNobody are source ranges that no client is in (RFC 5737, RFC 3849).
var rangesOfNobody = []string{"192.0.2.0/32", "2001:db8::/128"}

// openTo sets the source ranges of a load balancer; with none everybody may come.
func openTo(ranges ...string) func(*v1.Service) {
	return func(s *v1.Service) { s.Spec.LoadBalancerSourceRanges = ranges }
}

// withoutNodePorts makes a load balancer ask for no node ports.
func withoutNodePorts(s *v1.Service) { s.Spec.AllocateLoadBalancerNodePorts = ptr.To(false) }

// rangeOfOtherFamily returns a source range of an IP family that a Service does
// not have.
func rangeOfOtherFamily(service *e2esvc.Service) string {
	if service.Spec.IPFamilies[0] == v1.IPv6Protocol {
		return "192.0.2.0/24"
	}
	return "2001:db8::/32"
}
