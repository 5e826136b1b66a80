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
	"k8s.io/utils/ptr"

	"sigs.k8s.io/service-e2e/e2e/findings"
	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

var _ = SIGDescribe("Services selector", func() {
	f := framework.NewDefaultFramework("selector")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		over := func(text string) string { return fmt.Sprintf("%s over %s", text, protocol) }

		// BEY-08
		f.It(over("should switch to other pods without a failure"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "blue1", Group: "blue", Node: 0},
				e2esvc.BackendSpec{Name: "blue2", Group: "blue", Node: 1},
				e2esvc.BackendSpec{Name: "green1", Group: "green", Node: 1},
				e2esvc.BackendSpec{Name: "green2", Group: "green", Node: 2})
			web := t.CreateService(ctx, "web", "blue", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort))
			columns := e2esvc.Columns(web.VIP(), web.NodePorts())
			check := func(phase string, backends ...string) {
				table := t.NewTable(columns)
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(columns), matrix.Connect(backends...).Exactly())
				t.Check(ctx, phase, table)
			}

			check("blue", "blue1", "blue2")
			table := t.NewTable(columns)
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(columns), matrix.ConnectSome("blue1", "blue2", "green1", "green2"))
			throughOwnNode(t, table, web.NodePorts())
			meanwhile := t.Stream(ctx, "meanwhile", table, e2esvc.Cut(findings.UDPLeavingEndpoint, matrix.ColumnsIn(columns)))
			web.Update(ctx, selecting("green"))
			check("green", "green1", "green2")
			meanwhile.Stop()
		})

		// BEY-09
		f.It(over("should leave the endpoints as they are when it is removed"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0})[0]
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol))
			twin := t.CreateService(ctx, "twin", "web", e2esvc.ServicePort(80, protocol))
			check := func(phase string, ofWeb, ofTwin matrix.Expectation) {
				table := t.NewTable(e2esvc.Columns(web.VIP(), twin.VIP()))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), ofWeb)
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("twin"), ofTwin)
				t.Check(ctx, phase, table)
			}

			check("selector", matrix.Connect("b1"), matrix.Connect("b1"))
			web.Update(ctx, withoutSelector)
			t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1})
			check("selector removed, b2 added", matrix.Connect("b1").Exactly(), matrix.Connect("b1", "b2"))
			t.DeleteBackend(ctx, b1)
			// What becomes of packets to a pod that is gone is up to the network.
			check("b1 deleted", matrix.Fail(), matrix.Connect("b2").Exactly())
		})

		// BEY-10
		f.It(over("should let go of a pod that loses its label and lives on"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			backends := t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0},
				e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1})
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort))
			check := func(phase string, expected matrix.Expectation, options ...e2esvc.CheckOption) {
				table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts()))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), expected)
				t.Check(ctx, phase, table, options...)
			}

			check("both labelled", matrix.Connect("b1", "b2"))
			t.MoveToGroup(ctx, backends[0], "quarantine")
			check("b1 unlabelled", matrix.Connect("b2").Exactly(), e2esvc.Hold(holdAfterRemoval))
			t.MoveToGroup(ctx, backends[0], "web")
			check("b1 labelled again", matrix.Connect("b1", "b2"))
		})

		// BEY-11
		f.It(over("should make no Service depend on another one with the same pods"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			backends := t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0},
				e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1})
			plain := t.CreateService(ctx, "plain", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort))
			sticky := t.CreateService(ctx, "sticky", "web", e2esvc.ServicePort(81, protocol), e2esvc.OfType(v1.ServiceTypeNodePort), clientIP(time.Hour))
			local := t.CreateService(ctx, "local", "web", e2esvc.ServicePort(80, protocol), func(s *v1.Service) {
				s.Spec.InternalTrafficPolicy = ptr.To(v1.ServiceInternalTrafficPolicyLocal)
			})
			columns := e2esvc.Columns(plain.VIP(), plain.NodePorts(), sticky.VIP(), sticky.NodePorts(), local.VIP())
			newTable := func() *e2esvc.Table {
				table := t.NewTable(columns)
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("plain"), matrix.Connect("b1", "b2"))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("sticky"), matrix.Pinned("b1", "b2"))
				expectOwnNode(t, table, local.VIP(), backends)
				return table
			}

			t.Check(ctx, "three Services", newTable())
			table := t.NewTable(e2esvc.Columns(sticky.VIP(), sticky.NodePorts(), local.VIP()))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("sticky"), matrix.Pinned("b1", "b2"))
			expectOwnNode(t, table, local.VIP(), backends)
			throughOwnNode(t, table, sticky.NodePorts())
			others := t.Stream(ctx, "the others meanwhile", table)
			plain.Delete(ctx)
			table = newTable()
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(plain.VIP()), matrix.Fail())
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(plain.NodePorts()), matrix.Refuse())
			t.Check(ctx, "one of them deleted", table)
			others.Stop()
		})
	}
})

// selecting makes a Service select another group of backends.
func selecting(group string) func(*v1.Service) {
	return func(s *v1.Service) { s.Spec.Selector = e2esvc.Selector(group) }
}

// throughOwnNode leaves out node ports of other nodes than the source's, for a
// stream: a node that passes on what comes from another one tells the sender of a
// better way, by ICMP errors, and may then have none left to tell of refusals.
func throughOwnNode(t *e2esvc.Topology, table *e2esvc.Table, nodePorts []matrix.Column) {
	for _, node := range t.Nodes {
		table.Expect(matrix.Not(matrix.RowsOn(node.Name)), matrix.And(matrix.ColumnsIn(nodePorts), matrix.ColumnsOn(node.Name)), matrix.NotProbed())
	}
}
