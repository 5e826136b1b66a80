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

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// What becomes of a client's endpoint when that, or the set of those that it may
// have, changes.
var _ = SIGDescribe("Services session affinity to changing endpoints", func() {
	f := framework.NewDefaultFramework("affinity-change")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		over := func(text string) string { return fmt.Sprintf("%s over %s", text, protocol) }

		// BEY-23
		f.It(over("should move the clients of an endpoint that goes, and nobody else"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			backends := t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Gated: true},
				e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1, Gated: true},
				e2esvc.BackendSpec{Name: "b3", Group: "web", Node: 2, Gated: true})
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort), clientIP(time.Hour))
			// check expects the clients to stay where the report says that they
			// were, unless that is gone, and returns where they are.
			check := func(phase string, before *matrix.Report, left ...string) *matrix.Report {
				table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts()))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Pinned(left...))
				expectStaying(table, before, left...)
				return t.Check(ctx, phase, table)
			}

			report := check("three endpoints", nil, "b1", "b2", "b3")
			t.SetReady(ctx, backends[0], false)
			report = check("b1 unready", report, "b2", "b3")
			t.SetReady(ctx, backends[0], true)
			// Nobody has a reason to go back.
			report = check("b1 ready again", report, "b1", "b2", "b3")
			t.DeleteBackend(ctx, backends[1])
			check("b2 deleted", report, "b1", "b3")
		})

		// BEY-25
		f.It(over("should keep to the endpoints of the node under the policy Local"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			t.NeedNodes(2)
			backends := t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0},
				e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 0},
				e2esvc.BackendSpec{Name: "b3", Group: "web", Node: 1})
			names := e2esvc.Names(backends...)
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort), clientIP(time.Hour))
			columns := e2esvc.Columns(web.VIP(), web.NodePorts())

			table := t.NewTable(columns)
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(columns), matrix.Pinned(names...))
			t.Check(ctx, "Cluster", table)
			web.Update(ctx, func(s *v1.Service) {
				s.Spec.InternalTrafficPolicy = ptr.To(v1.ServiceInternalTrafficPolicyLocal)
				s.Spec.ExternalTrafficPolicy = v1.ServiceExternalTrafficPolicyLocal
			})
			table = t.NewTable(columns)
			expectOwnNode(t, table, web.VIP(), backends)
			expectReceivingNode(t, table, web.NodePorts(), backends)
			for _, node := range t.Nodes {
				local := backendsOn(node, backends)
				if len(local) == 0 {
					continue
				}
				table.Expect(matrix.RowsOn(node.Name), matrix.ColumnsIn(web.VIP()), matrix.Pinned(local...))
				there := matrix.And(matrix.ColumnsIn(web.NodePorts()), matrix.ColumnsOn(node.Name))
				others := matrix.And(matrix.RowsOfKind(matrix.SourceHost, matrix.SourceExternal), matrix.Not(hostOf(node)))
				table.Expect(others, there, matrix.Pinned(local...))
			}
			t.Check(ctx, "Local", table)
		})

		// BEY-26
		f.It(over("should move the clients of a terminating endpoint only while another is ready"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			backends := t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Grace: longGrace},
				e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1, Grace: longGrace})
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort), clientIP(time.Hour))
			check := func(phase string, expected matrix.Expectation) {
				table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts()))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), expected)
				t.Check(ctx, phase, table)
			}

			check("both ready", matrix.Pinned("b1", "b2"))
			t.Terminate(ctx, backends[0])
			check("b1 terminating", matrix.Connect("b2").Exactly())
			t.Terminate(ctx, backends[1])
			// Both are used now, and everybody has been at b2.
			check("both terminating", matrix.Connect("b2").Exactly())
			for _, b := range backends {
				t.EndGrace(ctx, b)
			}
		})
	}
})

// expectStaying expects the clients of these backends to stay where a report has
// seen them.
func expectStaying(table *e2esvc.Table, before *matrix.Report, backends ...string) {
	if before == nil {
		return
	}
	for r, row := range before.Rows {
		for c, column := range before.Columns {
			for _, backend := range backends {
				if column.Role == matrix.RoleSubject && before.At(r, c).Observed.Answers[backend] > 0 {
					table.Expect(matrix.RowNamed(row.Name), matrix.ColumnNamed(column.Name), matrix.Connect(backend).Exactly())
				}
			}
		}
	}
}
