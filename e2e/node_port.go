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

var _ = SIGDescribe("Services NodePort", func() {
	f := framework.NewDefaultFramework("nodeport")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		over := func(text string) string { return fmt.Sprintf("%s over %s", text, protocol) }

		// NP-01, NP-03, OLD-02
		f.It(over("should be reached by every source through every node"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			// Two backends on different nodes: on every further node the
			// traffic has to leave the node that it came to.
			t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0},
				e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1})
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort))
			unallocated := t.UnallocatedNodePort(ctx, protocol)
			// The node port is a port of the nodes, not of the ClusterIP.
			onVIP := web.VIPPort(web.Spec.Ports[0].NodePort, protocol)

			table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts(), unallocated, onVIP))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect("b1", "b2"))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(unallocated), matrix.Refuse())
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(onVIP), matrix.Fail())
			t.Check(ctx, "two backends", table)
		})

		// NP-02 and NP-04
		f.It(over("should be refused on every node after the Service is deleted"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			backends := t.BackendPerNode(ctx, "web")
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort))

			table := t.NewTable(web.NodePorts())
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect(e2esvc.Names(backends...)...))
			t.Check(ctx, "backend on every node", table)

			web.Delete(ctx)
			table = t.NewTable(web.NodePorts())
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Refuse())
			t.Check(ctx, "Service deleted", table, e2esvc.Hold(holdAfterRemoval))
		})
	}

	// NP-08: the port is given to other Services, of either protocol.
	f.It("should be free for other Services and protocols once the Service is deleted", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "b1", Group: "first", Node: 0},
			e2esvc.BackendSpec{Name: "b2", Group: "second", Node: 1})
		number := t.ChooseNodePorts(ctx, 1)[0]
		tcp, udp := onNodePort(e2esvc.ServicePort(80, v1.ProtocolTCP), number), onNodePort(e2esvc.ServicePort(80, v1.ProtocolUDP), number)
		var overTCP, overUDP []matrix.Column
		check := func(phase string, ofTCP, ofUDP matrix.Expectation) {
			table := t.NewTable(e2esvc.Columns(overTCP, overUDP))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(overTCP), ofTCP)
			if len(overUDP) > 0 {
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(overUDP), ofUDP)
			}
			t.Check(ctx, phase, table)
		}

		first := t.CreateService(ctx, "first", "first", tcp, e2esvc.OfType(v1.ServiceTypeNodePort))
		overTCP = first.NodePorts()
		check("over TCP", matrix.Connect("b1"), matrix.NotProbed())
		first.Delete(ctx)
		check("deleted", matrix.Refuse(), matrix.NotProbed())
		second := t.CreateService(ctx, "second", "second", udp, e2esvc.OfType(v1.ServiceTypeNodePort))
		overUDP = second.NodePorts()
		check("another's over UDP", matrix.Refuse(), matrix.Connect("b2").Exactly())
		second.Delete(ctx)
		check("deleted again", matrix.Refuse(), matrix.Refuse())
		third := t.CreateService(ctx, "third", "second", tcp, e2esvc.OfType(v1.ServiceTypeNodePort))
		overTCP = third.NodePorts()
		check("another's over TCP", matrix.Connect("b2").Exactly(), matrix.Refuse())
	})

	// BEY-04
	f.It("should move from one number to another", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		names := e2esvc.Names(t.BackendPerNode(ctx, "web")...)
		numbers := t.ChooseNodePorts(ctx, 2)
		tcp, udp := e2esvc.ServicePort(80, v1.ProtocolTCP), e2esvc.ServicePort(80, v1.ProtocolUDP)
		on := func(number int32) func(*v1.Service) {
			return func(s *v1.Service) {
				s.Spec.Ports = []v1.ServicePort{onNodePort(tcp, number), onNodePort(udp, number)}
			}
		}
		web := t.CreateService(ctx, "web", "web", tcp, e2esvc.OfType(v1.ServiceTypeNodePort), on(numbers[0]))
		before := web.NodePorts()
		after := otherPort(before, int(numbers[1]))
		check := func(phase string, ofBefore, ofAfter matrix.Expectation) {
			table := t.NewTable(e2esvc.Columns(before, after))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(before), ofBefore)
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(after), ofAfter)
			t.Check(ctx, phase, table)
		}

		check("first number", matrix.Connect(names...), matrix.Refuse())
		table := t.NewTable(web.VIP())
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.ConnectSome(names...))
		vip := t.Stream(ctx, "ClusterIP meanwhile", table)
		web.Update(ctx, on(numbers[1]))
		check("second number", matrix.Refuse(), matrix.Connect(names...))
		vip.Stop()
	})
})

// onNodePort gives a port of a Service a node port of the spec's choice.
func onNodePort(port v1.ServicePort, number int32) v1.ServicePort {
	port.NodePort = number
	return port
}
