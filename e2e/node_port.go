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
})
