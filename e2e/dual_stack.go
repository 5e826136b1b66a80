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
	e2eskipper "k8s.io/kubernetes/test/e2e/framework/skipper"
	admissionapi "k8s.io/pod-security-admission/api"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

var _ = SIGDescribe("Services of two IP families", func() {
	f := framework.NewDefaultFramework("dual-stack")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	dualStack := func(ctx context.Context) *e2esvc.Topology {
		t := e2esvc.NewTopology(ctx, f)
		if len(t.Families) < 2 {
			e2eskipper.Skipf("needs a dual-stack cluster, the pods have %v addresses only", t.Families)
		}
		return t
	}

	for _, protocol := range e2esvc.Protocols {
		over := func(text string) string { return fmt.Sprintf("%s over %s", text, protocol) }

		// DS-01 to DS-06, DS-14
		f.It(over("should serve every pod, node and endpoint over both alike"), func(ctx context.Context) {
			t := dualStack(ctx)
			backends := t.BackendPerNode(ctx, "web")
			names := e2esvc.Names(backends...)
			both := t.CreateService(ctx, "both", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort), e2esvc.DualStack())
			// A Service of one family has no node port on the other, although
			// its endpoints have addresses of both.
			one := t.CreateService(ctx, "one", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort))
			otherFamily := one.NodePortsOver(t.Families[1])

			table := t.NewTable(e2esvc.Columns(both.VIP(), both.NodePorts(), one.VIP(), one.NodePorts(), otherFamily), e2esvc.FromBackends(backends...))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("both", "one"), matrix.Connect(names...))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(otherFamily), matrix.Refuse())
			t.Check(ctx, "backend on every node", table)
		})

		// DS-07 to DS-10, BEY-66: an endpoint leaves both families, and
		// affinity holds in each; the policy is switched on a live Service.
		f.It(over("should change endpoints, affinity and families of both alike"), func(ctx context.Context) {
			t := dualStack(ctx)
			backends := t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0},
				e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 0},
				e2esvc.BackendSpec{Name: "b3", Group: "web", Node: 1})
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.DualStack())
			sticky := t.CreateService(ctx, "sticky", "web", e2esvc.ServicePort(80, protocol), e2esvc.DualStack(), clientIP(time.Hour))
			check := func(phase string, names ...string) {
				table := t.NewTable(e2esvc.Columns(web.VIP(), sticky.VIP()))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect(names...))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("sticky"), matrix.Pinned(names...))
				t.Check(ctx, phase, table)
			}

			check("three endpoints", "b1", "b2", "b3")
			t.DeleteBackend(ctx, backends[0])
			check("b1 deleted", "b2", "b3")

			secondary := web.VIP()[1:]
			web.Update(ctx, func(s *v1.Service) {
				single := v1.IPFamilyPolicySingleStack
				s.Spec.IPFamilyPolicy = &single
				s.Spec.IPFamilies, s.Spec.ClusterIPs = s.Spec.IPFamilies[:1], s.Spec.ClusterIPs[:1]
			})
			table := t.NewTable(e2esvc.Columns(web.VIP(), secondary))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.VIP()), matrix.Connect("b2", "b3"))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(secondary), matrix.Fail())
			t.Check(ctx, "one family", table)

			web.Update(ctx, e2esvc.DualStack())
			table = t.NewTable(web.VIP())
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect("b2", "b3"))
			t.Check(ctx, "two families again", table)
		})
	}
})
