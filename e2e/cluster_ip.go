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
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// holdAfterRemoval is how long a removed backend must stay unheard of.
const holdAfterRemoval = 5 * time.Second

var _ = SIGDescribe("Services ClusterIP", func() {
	f := framework.NewDefaultFramework("clusterip")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		over := func(text string) string { return fmt.Sprintf("%s over %s", text, protocol) }

		// CIP-01
		f.It(over("should follow its endpoints from none to two and back to none"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol))
			check := func(phase string, expected matrix.Expectation, options ...e2esvc.CheckOption) {
				table := t.NewTable(web.VIP())
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), expected)
				t.Check(ctx, phase, table, options...)
			}

			check("no endpoints", matrix.Refuse())
			b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0})[0]
			check("b1 added", matrix.Connect("b1"))
			// On another node, so that traffic has to cross nodes.
			b2 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1})[0]
			check("b2 added", matrix.Connect("b1", "b2"))
			t.DeleteBackend(ctx, b1)
			check("b1 removed", matrix.Connect("b2").Exactly(), e2esvc.Hold(holdAfterRemoval))
			t.DeleteBackend(ctx, b2)
			check("b2 removed", matrix.Refuse())
		})

		// CIP-02
		f.It(over("should be kept apart from other Services that come and go"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			// Each Service has a backend on another node, so that a mixed-up
			// VIP shows by who answers.
			var services []*e2esvc.Service
			var specs []e2esvc.BackendSpec
			for i := range 3 {
				group := fmt.Sprintf("up%d", i+1)
				specs = append(specs,
					e2esvc.BackendSpec{Name: group + "-a", Group: group, Node: i},
					e2esvc.BackendSpec{Name: group + "-b", Group: group, Node: i + 1})
			}
			t.CreateBackends(ctx, specs...)
			create := func(name string) {
				services = append(services, t.CreateService(ctx, name, name, e2esvc.ServicePort(80, protocol)))
			}
			check := func(phase string, expected map[string]matrix.Expectation) {
				var columns []matrix.Column
				for _, service := range services {
					columns = append(columns, service.VIP()...)
				}
				table := t.NewTable(columns)
				for _, service := range services {
					own := matrix.Connect(service.Name+"-a", service.Name+"-b").Exactly()
					if other, ok := expected[service.Name]; ok {
						own = other
					}
					table.Expect(matrix.AllRows(), matrix.ColumnsOfService(service.Name), own)
				}
				t.Check(ctx, phase, table)
			}

			create("up1")
			create("up2")
			check("two Services", nil)
			services[0].Delete(ctx)
			check("first deleted", map[string]matrix.Expectation{"up1": matrix.Fail()})
			create("up3")
			check("third added", map[string]matrix.Expectation{"up1": expectedOfFreedVIP(services[0], services[2])})
		})

		// CIP-03
		f.It(over("should work after it has been deleted and created again"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0})
			first := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol))
			old := renamed(first.VIP(), "old web")

			table := t.NewTable(old)
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("old web"), matrix.Connect("b1"))
			t.Check(ctx, "created", table)

			first.Delete(ctx)
			table = t.NewTable(old)
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("old web"), matrix.Fail())
			t.Check(ctx, "deleted", table)

			second := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol))
			columns := second.VIP()
			if second.Spec.ClusterIP != first.Spec.ClusterIP {
				columns = append(columns, old...)
			}
			table = t.NewTable(columns)
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect("b1"))
			if second.Spec.ClusterIP != first.Spec.ClusterIP {
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("old web"), matrix.Fail())
			}
			t.Check(ctx, "created again", table)
		})

		// CIP-06 to CIP-11, OLD-01, BEY-01: pods, nodes and the endpoints themselves as
		// clients of one Service with a backend on every node.
		f.It(over("should be reached by every pod, node and endpoint through its ClusterIP and every node"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			backends := t.BackendPerNode(ctx, "web")
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort))
			undefined := web.VIPPort(81, protocol)
			otherProtocol := web.VIPPort(80, theOther(protocol))

			table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts(), undefined, otherProtocol), e2esvc.FromBackends(backends...))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect(e2esvc.Names(backends...)...))
			// What becomes of a port that the Service does not define differs
			// between implementations (nftables rejects, iptables lets it
			// pass); that a backend answers is wrong everywhere.
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(undefined, otherProtocol), matrix.Fail())
			t.Check(ctx, "backend on every node", table)
		})

		// CIP-12
		f.It(over("should share its endpoints with another Service and outlive it"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			backends := t.BackendPerNode(ctx, "web")
			all := matrix.Connect(e2esvc.Names(backends...)...)
			first := t.CreateService(ctx, "first", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort))
			second := t.CreateService(ctx, "second", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort))
			columns := e2esvc.Columns(first.VIP(), first.NodePorts(), second.VIP(), second.NodePorts())

			table := t.NewTable(columns, e2esvc.FromBackends(backends...))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("first", "second"), all)
			t.Check(ctx, "both", table)

			first.Delete(ctx)
			table = t.NewTable(columns, e2esvc.FromBackends(backends...))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("second"), all)
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(first.VIP()), matrix.Fail())
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(first.NodePorts()), matrix.Refuse())
			t.Check(ctx, "first deleted", table)
		})

		// CIP-13 and CIP-14
		f.It(over("should stop using an endpoint that is deleted"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			// Two backends on the first node, so that one remains there too.
			backends := t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0},
				e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 0},
				e2esvc.BackendSpec{Name: "b3", Group: "web", Node: 1})
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol))

			table := t.NewTable(web.VIP())
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect("b1", "b2", "b3"))
			t.Check(ctx, "three endpoints", table)

			t.DeleteBackend(ctx, backends[0])
			table = t.NewTable(web.VIP())
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect("b2", "b3").Exactly())
			t.Check(ctx, "b1 deleted", table, e2esvc.Hold(holdAfterRemoval))
		})
	}
})

// expectedOfFreedVIP is what a deleted Service's VIP must show after another
// Service was created: failure, unless the allocator gave the address to it.
func expectedOfFreedVIP(deleted, created *e2esvc.Service) matrix.Expectation {
	if deleted.Spec.ClusterIP == created.Spec.ClusterIP {
		return matrix.Connect(created.Name+"-a", created.Name+"-b").Exactly()
	}
	return matrix.Fail()
}

// theOther returns UDP for TCP and TCP for UDP.
func theOther(protocol v1.Protocol) v1.Protocol {
	if protocol == v1.ProtocolUDP {
		return v1.ProtocolTCP
	}
	return v1.ProtocolUDP
}

// renamed returns the columns under the name of another Service.
func renamed(columns []matrix.Column, service string) []matrix.Column {
	var result []matrix.Column
	for _, column := range columns {
		column.Name = fmt.Sprintf("%s VIP:%d/%s", service, column.Port, column.Protocol)
		column.Service = service
		result = append(result, column)
	}
	return result
}
