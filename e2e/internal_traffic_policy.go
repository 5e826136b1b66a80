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
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"
	"k8s.io/utils/ptr"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// What internalTrafficPolicy promises is KEP-2086: traffic to a ClusterIP stays
// on the client's node, and is dropped where no endpoint is, although there are
// some elsewhere. It is refused only if there is none at all.
var _ = SIGDescribe("Services internalTrafficPolicy", func() {
	f := framework.NewDefaultFramework("itp")
	f.NamespacePodSecurityLevel = admissionapi.LevelPrivileged // for backends on the host network

	for _, protocol := range e2esvc.Protocols {
		over := func(text string) string { return fmt.Sprintf("%s over %s", text, protocol) }

		// ITP-01, ITP-02, BEY-34, BEY-46, BEY-47
		f.It(over("should keep ClusterIP traffic on the node of the client when it is Local"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			t.NeedNodes(2)
			backends := t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Gated: true, NotReady: true},
				e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 0, Gated: true, NotReady: true},
				e2esvc.BackendSpec{Name: "b3", Group: "web", Node: 1, Gated: true, NotReady: true})
			local := t.CreateService(ctx, "local", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort), internally(v1.ServiceInternalTrafficPolicyLocal))
			cluster := t.CreateService(ctx, "cluster", "web", e2esvc.ServicePort(80, protocol))
			check := func(phase string, ready ...*e2esvc.Backend) {
				table := t.NewTable(e2esvc.Columns(local.VIP(), local.NodePorts(), cluster.VIP()), e2esvc.FromBackends(backends...))
				// The policy is about the ClusterIP only: not about node
				// ports, and not about another Service with the same pods.
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("local", "cluster"), connectOrRefuse(ready))
				expectOwnNode(t, table, local.VIP(), ready)
				t.Check(ctx, phase, table)
			}

			check("none ready")
			t.SetReady(ctx, backends[0], true)
			t.SetReady(ctx, backends[1], true)
			check("two ready on one node", backends[:2]...)
			t.SetReady(ctx, backends[2], true)
			check("one more on another node", backends...)
			// Others are ready elsewhere: that is no reason to refuse.
			t.SetReady(ctx, backends[2], false)
			check("that one not ready", backends[:2]...)
		})

		// BEY-45
		f.It(over("should be obeyed as it changes and as the endpoint moves"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			t.NeedNodes(2)
			b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0})
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), internally(v1.ServiceInternalTrafficPolicyLocal))
			table := t.NewTable(web.VIP())
			expectOwnNode(t, table, web.VIP(), b1)
			t.Check(ctx, "Local", table)

			web.Update(ctx, internally(v1.ServiceInternalTrafficPolicyCluster))
			table = t.NewTable(web.VIP())
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect("b1"))
			t.Check(ctx, "Cluster", table)

			b2 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1})
			t.DeleteBackend(ctx, b1[0])
			web.Update(ctx, internally(v1.ServiceInternalTrafficPolicyLocal))
			table = t.NewTable(web.VIP())
			expectOwnNode(t, table, web.VIP(), b2)
			t.Check(ctx, "Local again, endpoint moved", table, e2esvc.Hold(holdAfterRemoval))
		})

		// ITP-03
		f.It(over("should keep traffic to endpoints on the host network on the node when it is Local"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			t.NeedNodes(2)
			ports := e2esvc.HostPorts()
			// None on the last node, even if there are two nodes only.
			var specs []e2esvc.BackendSpec
			for i := range len(t.Nodes) - 1 {
				specs = append(specs, e2esvc.BackendSpec{Name: fmt.Sprintf("b%d", i+1), Group: "web", Node: i, Ports: ports, HostNetwork: true})
			}
			backends := t.CreateBackends(ctx, specs...)
			port := e2esvc.Targeting(e2esvc.ServicePort(80, protocol), intstr.FromInt(ports.Of(protocol)))
			local := t.CreateService(ctx, "local", "web", port, internally(v1.ServiceInternalTrafficPolicyLocal))
			cluster := t.CreateService(ctx, "cluster", "web", port)

			table := t.NewTable(e2esvc.Columns(local.VIP(), cluster.VIP()), e2esvc.FromBackends(backends...))
			expectOwnNode(t, table, local.VIP(), backends)
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("cluster"), matrix.Connect(e2esvc.Names(backends...)...))
			t.Check(ctx, "endpoints on all nodes but one", table)
		})
	}
})

// internally sets the internalTrafficPolicy of a Service.
func internally(policy v1.ServiceInternalTrafficPolicy) func(*v1.Service) {
	return func(s *v1.Service) { s.Spec.InternalTrafficPolicy = ptr.To(policy) }
}
