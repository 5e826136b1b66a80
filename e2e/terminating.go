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

// longGrace is the time that terminating backends have to go on serving; specs
// end it when they are done.
const longGrace = 5 * time.Minute

// Endpoints that terminate and still serve are used while no endpoint is ready
// (KEP-1669): for Cluster policies if none is anywhere, for Local ones if none is
// on the node.
var _ = SIGDescribe("Services with terminating endpoints", func() {
	f := framework.NewDefaultFramework("terminating")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		over := func(text string) string { return fmt.Sprintf("%s over %s", text, protocol) }

		// TERM-01, TERM-03, TERM-05, TERM-06: the direct columns show that the
		// pod itself is reached until it is gone, its row that it reaches others.
		f.It(over("should use them while no endpoint is ready"), early, func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Grace: longGrace, Gated: true})[0]
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort))
			check := func(phase string, expected matrix.Expectation, clients []*e2esvc.Backend, options ...e2esvc.CheckOption) {
				table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts()), e2esvc.FromBackends(clients...))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), expected)
				t.Check(ctx, phase, table, options...)
			}

			t.Terminate(ctx, b1)
			check("b1 terminating", matrix.Connect("b1"), []*e2esvc.Backend{b1})
			b2 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1})[0]
			check("b2 ready", matrix.Connect("b2").Exactly(), []*e2esvc.Backend{b1, b2}, e2esvc.Hold(holdAfterRemoval))
			t.DeleteBackend(ctx, b2)
			check("b2 gone", matrix.Connect("b1").Exactly(), []*e2esvc.Backend{b1})
			t.SetReady(ctx, b1, false)
			check("b1 terminating and not serving", matrix.Refuse(), []*e2esvc.Backend{b1})
			direct := b1.Direct(protocol)
			t.EndGrace(ctx, b1)
			t.AwaitGone(ctx, b1)

			table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts(), direct))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Refuse())
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(direct), matrix.Fail())
			t.Check(ctx, "b1 gone", table)
		})

		// TERM-02
		f.It(over("should use those on the node under internalTrafficPolicy Local while none is ready there"), early, func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			t.NeedNodes(2)
			n1, n2 := t.Node(0).Name, t.Node(1).Name
			b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Grace: longGrace})[0]
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), func(s *v1.Service) {
				s.Spec.InternalTrafficPolicy = ptr.To(v1.ServiceInternalTrafficPolicyLocal)
			})
			check := func(phase string, clients []*e2esvc.Backend, expect func(*e2esvc.Table), options ...e2esvc.CheckOption) {
				table := t.NewTable(web.VIP(), e2esvc.FromBackends(clients...))
				expect(table)
				t.Check(ctx, phase, table, options...)
			}
			vip := matrix.ColumnsOfService("web")

			t.Terminate(ctx, b1)
			check("b1 terminating", []*e2esvc.Backend{b1}, func(table *e2esvc.Table) {
				table.Expect(matrix.AllRows(), vip, matrix.TimeOut())
				table.Expect(matrix.RowsOn(n1), vip, matrix.Connect("b1"))
			})
			b2 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1})[0]
			check("b2 ready on another node", []*e2esvc.Backend{b1, b2}, func(table *e2esvc.Table) {
				if len(t.Nodes) > 2 {
					table.Expect(matrix.AllRows(), vip, matrix.TimeOut())
				}
				table.Expect(matrix.RowsOn(n1), vip, matrix.Connect("b1").Exactly())
				table.Expect(matrix.RowsOn(n2), vip, matrix.Connect("b2").Exactly())
			}, e2esvc.Hold(holdAfterRemoval))
			t.EndGrace(ctx, b1)
			t.DeleteBackend(ctx, b2)
			t.AwaitGone(ctx, b1)
			check("both gone", nil, func(table *e2esvc.Table) {
				table.Expect(matrix.AllRows(), vip, matrix.Refuse())
			})
		})

		// TERM-04
		f.It(over("should use those on the node under externalTrafficPolicy Local while none is ready there"), early, func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			t.NeedNodes(2)
			n1, n2 := t.Node(0).Name, t.Node(1).Name
			b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Grace: longGrace})[0]
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort), func(s *v1.Service) {
				s.Spec.ExternalTrafficPolicy = v1.ServiceExternalTrafficPolicyLocal
			})
			nodePorts := matrix.ColumnsIn(web.NodePorts())
			check := func(phase string, local map[string]string, cluster string, options ...e2esvc.CheckOption) {
				table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts()))
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.VIP()), matrix.Connect(cluster).Exactly())
				for _, node := range t.Nodes {
					// Whether a client on the node, or in the cluster at all,
					// gets the endpoints of the node or those of the cluster is
					// not promised; but that it gets one of them is.
					own, there := matrix.RowsOn(node.Name), matrix.And(nodePorts, matrix.ColumnsOn(node.Name))
					if backend, ok := local[node.Name]; ok {
						table.Expect(matrix.AllRows(), there, matrix.Connect(backend).Exactly())
						table.Expect(own, there, matrix.ConnectSome(backend, cluster))
						otherPods := matrix.And(matrix.Not(own), matrix.RowsOfKind(matrix.SourcePod))
						table.Expect(otherPods, there, matrix.ConnectSome(backend, cluster))
						if backend != cluster {
							table.KnownFailure(findings.PodToLocalNodePort, otherPods, there, matrix.TimeOut())
						}
						continue
					}
					table.Expect(matrix.AllRows(), there, matrix.TimeOut())
					table.Expect(matrix.RowsOfKind(matrix.SourcePod), there, matrix.Implementation())
					table.Expect(matrix.And(own, matrix.RowsOfKind(matrix.SourceHost)), there, matrix.Connect(cluster))
				}
				t.Check(ctx, phase, table, options...)
			}

			t.Terminate(ctx, b1)
			check("b1 terminating", map[string]string{n1: "b1"}, "b1")
			b2 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1})[0]
			check("b2 ready on another node", map[string]string{n1: "b1", n2: "b2"}, "b2", e2esvc.Hold(holdAfterRemoval))
			t.EndGrace(ctx, b1)
			t.DeleteBackend(ctx, b2)
			t.AwaitGone(ctx, b1)

			table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts()))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Refuse())
			t.Check(ctx, "both gone", table)
		})
	}
})
