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
	admissionapi "k8s.io/pod-security-admission/api"

	"sigs.k8s.io/service-e2e/e2e/findings"
	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

var _ = SIGDescribe("Services that change their type", func() {
	f := framework.NewDefaultFramework("service-type")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	// TYPE-01, BEY-07
	f.It("should have a node port while they ask for it, over TCP and UDP under one number", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		names := e2esvc.Names(t.BackendPerNode(ctx, "web")...)
		number := t.ChooseNodePorts(ctx, 1)[0]
		tcp, udp := e2esvc.ServicePort(80, v1.ProtocolTCP), e2esvc.ServicePort(80, v1.ProtocolUDP)
		web := t.CreateService(ctx, "web", "web", tcp)
		// The number's columns are those that the Service is going to have. Of
		// the ClusterIP's UDP port, one that is never defined stands for them
		// before: what is probed while a node does not translate it may stay
		// untranslated for a while.
		overTCP, overUDP := web.PlannedNodePorts(onNodePort(tcp, number)), web.PlannedNodePorts(onNodePort(udp, number))
		vip, never := web.VIPPort(80, v1.ProtocolUDP), web.VIPPort(81, v1.ProtocolUDP)
		check := func(phase string, ofTCP, ofUDP matrix.Expectation, columns []matrix.Column, ofColumns matrix.Expectation) {
			table := t.NewTable(e2esvc.Columns(web.VIPPort(80, v1.ProtocolTCP), columns, overTCP, overUDP))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.VIPPort(80, v1.ProtocolTCP)), matrix.Connect(names...))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(overTCP), ofTCP)
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(overUDP), ofUDP)
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(columns), ofColumns)
			t.Check(ctx, phase, table)
		}
		// unbroken probes columns without pause until what it returns is called.
		unbroken := func(phase string, columns []matrix.Column) func() {
			table := t.NewTable(columns)
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(columns), matrix.ConnectSome(names...))
			if columns[0].Kind == matrix.FrontendNodePort {
				throughOwnNode(t, table, columns)
			}
			stream := t.Stream(ctx, phase, table)
			return func() { stream.Stop() }
		}

		check("ClusterIP", matrix.Refuse(), matrix.Refuse(), never, matrix.Fail())
		ofVIP := unbroken("ClusterIP meanwhile", web.VIPPort(80, v1.ProtocolTCP))
		web.Update(ctx, func(s *v1.Service) {
			s.Spec.Type = v1.ServiceTypeNodePort
			s.Spec.Ports = []v1.ServicePort{onNodePort(tcp, number)}
		})
		check("NodePort", matrix.Connect(names...), matrix.Refuse(), never, matrix.Fail())
		ofNodePort := unbroken("node port over TCP meanwhile", overTCP)
		web.Update(ctx, func(s *v1.Service) {
			s.Spec.Ports = []v1.ServicePort{onNodePort(tcp, number), onNodePort(udp, number)}
		})
		check("NodePort over UDP too", matrix.Connect(names...), matrix.Connect(names...), vip, matrix.Connect(names...))
		web.Update(ctx, func(s *v1.Service) { s.Spec.Ports = []v1.ServicePort{onNodePort(tcp, number)} })
		check("NodePort over UDP no longer", matrix.Connect(names...), matrix.Refuse(), vip, matrix.Fail())
		ofNodePort()
		ofVIP()
	})

	// BEY-01: whoever came too early may ask again, from whichever port.
	f.It("should be reached at a new port from the source port that was lost there before", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0})
		web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, v1.ProtocolTCP), e2esvc.ByHand, withoutNodePorts)
		web.SetIngress(ctx, ingressOf(t.UnusedAddress(ctx, web.Spec.IPFamilies[0]), nil))
		later := e2esvc.Columns(web.VIPPort(81, v1.ProtocolTCP), web.LoadBalancerPort(81, v1.ProtocolTCP))
		fromPort := e2esvc.FromPort(later)
		t.Check(ctx, "no such port", insideTable(t, fromPort, matrix.Fail()))
		web.Update(ctx, func(s *v1.Service) { s.Spec.Ports[0].Port = 81 })
		t.Check(ctx, "port 81", insideTable(t, later, matrix.Connect("b1")))
		table := insideTable(t, fromPort, matrix.Connect("b1"))
		table.KnownFailure(findings.TCPNewPort, inside, matrix.ColumnsIn(fromPort), matrix.Implementation())
		// The finding is about the ports that the first table has used, of which
		// there are as many as it had tries under way at once.
		expectLosses(t.Check(ctx, "port 81, from the same ports", table, e2esvc.AtOnce()), fromPort, "b1", 4)
	})

	for _, protocol := range e2esvc.Protocols {
		// TYPE-06, TYPE-07, BEY-04, BEY-15: each table shows the frontends that
		// there are, those that there have been, and those that are to come.
		f.It(fmt.Sprintf("should open and close frontends as their type and ports change over %s", protocol), early, func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Gated: true})[0]
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol))
			// A provider may give an address that it has back to another Service
			// at once. So it takes this one, whose address is made up, to show
			// that an address ends with its load balancer.
			twin := t.CreateService(ctx, "twin", "web", e2esvc.ServicePort(80, protocol), e2esvc.ByHand, withoutNodePorts)
			vip80, vip81 := web.VIPPort(80, protocol), web.VIPPort(81, protocol)
			numbers := t.ChooseNodePorts(ctx, 2)
			nodePorts1 := web.PlannedNodePorts(onNodePort(e2esvc.ServicePort(80, protocol), numbers[0]))
			nodePorts2 := web.PlannedNodePorts(onNodePort(e2esvc.ServicePort(81, protocol), numbers[1]))
			c := changes{t: t, b1: b1, columns: e2esvc.Columns(vip80, nodePorts1, nodePorts2)}
			c.announce(vip81)

			c.check(ctx, "ClusterIP", vip80)
			during := c.stream(ctx, "while frontends are added", vip80)
			web.Update(ctx, func(s *v1.Service) {
				s.Spec.Type, s.Spec.Ports[0].NodePort = v1.ServiceTypeNodePort, numbers[0]
			})
			c.follow(vip80, nodePorts1)
			c.check(ctx, "NodePort", vip80, nodePorts1)
			web.BecomeLoadBalancer(ctx)
			twin.SetIngress(ctx, ingressOf(t.UnusedAddress(ctx, twin.Spec.IPFamilies[0]), nil))
			provided80, provided81 := web.LoadBalancerPort(80, protocol), web.LoadBalancerPort(81, protocol)
			written80, written81 := twin.LoadBalancerPort(80, protocol), twin.LoadBalancerPort(81, protocol)
			c.columns = e2esvc.Columns(c.columns, provided80, written80)
			c.announce(provided81, written81)
			c.unreachable = e2esvc.Columns(written80, written81)
			if web.MadeUp() {
				c.unreachable = e2esvc.Columns(c.unreachable, provided80, provided81)
			}
			c.check(ctx, "LoadBalancer", vip80, nodePorts1, provided80, written80)
			during.Stop()

			for _, service := range []*e2esvc.Service{web, twin} {
				service.Update(ctx, func(s *v1.Service) {
					s.Spec.Ports[0].Port = 81
					if s.Spec.Ports[0].NodePort != 0 {
						s.Spec.Ports[0].NodePort = numbers[1]
					}
				})
			}
			c.open(vip81, provided81, written81)
			c.follow(vip81, nodePorts2)
			c.check(ctx, "other ports", vip81, nodePorts2, provided81, written81)
			t.SetReady(ctx, b1, false)
			c.checkEmpty(ctx, "no endpoint", vip81, nodePorts2, provided81, written81)
			t.SetReady(ctx, b1, true)
			c.check(ctx, "endpoint again", vip81, nodePorts2, provided81, written81)

			during = c.stream(ctx, "while frontends are taken away", vip81)
			web.Update(ctx, e2esvc.OfType(v1.ServiceTypeClusterIP))
			twin.Update(ctx, e2esvc.OfType(v1.ServiceTypeClusterIP))
			c.columns = slices.DeleteFunc(c.columns, to(provided80, provided81).Matches)
			c.unreachable = e2esvc.Columns(written80, written81)
			c.check(ctx, "ClusterIP again", vip81)
			during.Stop()
		})

		// BEY-15
		f.It(fmt.Sprintf("should leave nothing but a ClusterIP when they become one over %s", protocol), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			names := e2esvc.Names(t.BackendPerNode(ctx, "web")...)
			numbers := t.ChooseNodePorts(ctx, 3)
			nodePort := t.CreateService(ctx, "node-port", "web", onNodePort(e2esvc.ServicePort(80, protocol), numbers[0]), e2esvc.OfType(v1.ServiceTypeNodePort))
			loadBalancer := t.CreateService(ctx, "load-balancer", "web", onNodePort(e2esvc.ServicePort(80, protocol), numbers[1]),
				e2esvc.ByHand, externally(v1.ServiceExternalTrafficPolicyLocal), func(s *v1.Service) { s.Spec.HealthCheckNodePort = numbers[2] })
			loadBalancer.SetIngress(ctx, ingressOf(t.UnusedAddress(ctx, loadBalancer.Spec.IPFamilies[0]), nil))
			vips := e2esvc.Columns(nodePort.VIP(), loadBalancer.VIP())
			onNodes := e2esvc.Columns(nodePort.NodePorts(), loadBalancer.NodePorts())
			healthChecks, addresses := loadBalancer.HealthChecks(), loadBalancer.LoadBalancer()
			newTable := func() *e2esvc.Table {
				table := t.NewTable(e2esvc.Columns(vips, onNodes, healthChecks, addresses))
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(vips), matrix.Connect(names...))
				return table
			}

			table := newTable()
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(onNodes, addresses), matrix.Connect(names...))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(loadBalancer.NodePorts()), matrix.ConnectSome(names...))
			// To pods, what other nodes make of the policy is not promised.
			table.Expect(matrix.RowsOfKind(matrix.SourcePod), matrix.ColumnsIn(loadBalancer.NodePorts()), matrix.Implementation())
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(healthChecks), matrix.Connect(e2esvc.Health(1)))
			notFromOutside(table)
			t.Check(ctx, "NodePort and LoadBalancer", table)

			table = t.NewTable(vips)
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(vips), matrix.ConnectSome(names...))
			unbroken := t.Stream(ctx, "ClusterIPs meanwhile", table)
			for _, service := range []*e2esvc.Service{nodePort, loadBalancer} {
				service.Update(ctx, becomeClusterIP)
			}
			table = newTable()
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(onNodes, healthChecks), matrix.Refuse())
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(addresses), matrix.Fail())
			notFromOutside(table)
			t.Check(ctx, "ClusterIP", table)
			unbroken.Stop()
		})
	}
})

// becomeClusterIP turns a Service of any type into one of type ClusterIP: the API
// wants nothing left that only others have.
func becomeClusterIP(s *v1.Service) {
	s.Spec.Type = v1.ServiceTypeClusterIP
	s.Spec.ExternalTrafficPolicy, s.Spec.HealthCheckNodePort = "", 0
	s.Spec.LoadBalancerClass, s.Spec.AllocateLoadBalancerNodePorts = nil, nil
	for i := range s.Spec.Ports {
		s.Spec.Ports[i].NodePort = 0
	}
}
