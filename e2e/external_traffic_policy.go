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

	"sigs.k8s.io/service-e2e/e2e/findings"
	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// What externalTrafficPolicy promises is the API's: "each node will deliver
// traffic only to the node-local endpoints of the service, without masquerading
// the client source IP", and what comes to a node without endpoints is dropped.
var _ = SIGDescribe("Services externalTrafficPolicy", func() {
	f := framework.NewDefaultFramework("etp")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		over := func(text string) string { return fmt.Sprintf("%s over %s", text, protocol) }

		// ETP-01, OLD-07, BEY-34
		f.It(over("should serve node ports where an endpoint is and keep the source address when it is Local"), early, func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			t.NeedNodes(2)
			backends := t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Gated: true, NotReady: true},
				e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 0, Gated: true, NotReady: true},
				e2esvc.BackendSpec{Name: "b3", Group: "web", Node: 1, Gated: true, NotReady: true})
			local := t.CreateService(ctx, "local", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort), externally(v1.ServiceExternalTrafficPolicyLocal))
			cluster := t.CreateService(ctx, "cluster", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort))
			check := func(phase string, ready ...*e2esvc.Backend) {
				columns := e2esvc.Columns(local.VIP(), local.NodePorts(), cluster.NodePorts())
				if len(ready) > 0 {
					columns = e2esvc.Columns(columns, e2esvc.SourceSeen(local.NodePorts()), e2esvc.SourceSeen(cluster.NodePorts()))
				}
				table := t.NewTable(columns)
				// The policy is about node ports only: not about the
				// ClusterIP, and not about another Service with the same pods.
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("local", "cluster"), connectOrRefuse(ready))
				expectReceivingNode(t, table, local.NodePorts(), ready)
				expectPodsAtReceivingNode(t, table, local.NodePorts(), ready)
				expectSources(t, table, local, cluster, ready)
				t.Check(ctx, phase, table)
			}

			check("none ready")
			t.SetReady(ctx, backends[0], true)
			t.SetReady(ctx, backends[1], true)
			check("two ready on one node", backends[:2]...)
			t.SetReady(ctx, backends[2], true)
			check("one more on another node", backends...)
		})

		// BEY-49
		f.It(over("should be obeyed by node ports as it changes"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			t.NeedNodes(2)
			b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0})
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort), externally(v1.ServiceExternalTrafficPolicyLocal))
			other := t.CreateService(ctx, "other", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort), externally(v1.ServiceExternalTrafficPolicyLocal))
			check := func(phase string) {
				table := t.NewTable(e2esvc.Columns(web.NodePorts(), other.NodePorts()))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect("b1"))
				if web.Spec.ExternalTrafficPolicy == v1.ServiceExternalTrafficPolicyLocal {
					expectReceivingNode(t, table, web.NodePorts(), b1)
				}
				expectReceivingNode(t, table, other.NodePorts(), b1)
				t.Check(ctx, phase, table)
			}

			check("Local")
			web.Update(ctx, externally(v1.ServiceExternalTrafficPolicyCluster))
			check("Cluster")
			web.Update(ctx, externally(v1.ServiceExternalTrafficPolicyLocal))
			check("Local again")
		})
	}
})

// externally sets the externalTrafficPolicy of a Service.
func externally(policy v1.ServiceExternalTrafficPolicy) func(*v1.Service) {
	return func(s *v1.Service) { s.Spec.ExternalTrafficPolicy = policy }
}

// expectPodsAtReceivingNode says what pods get from node ports under
// externalTrafficPolicy Local: either the node's endpoints or any, but an answer
// in any case if the node that they chose has an endpoint.
func expectPodsAtReceivingNode(t *e2esvc.Topology, table *e2esvc.Table, nodePorts []matrix.Column, usable []*e2esvc.Backend) {
	if len(usable) == 0 {
		return
	}
	pods := matrix.RowsOfKind(matrix.SourcePod)
	for _, node := range t.Nodes {
		columns := matrix.And(matrix.ColumnsIn(nodePorts), matrix.ColumnsOn(node.Name))
		local := backendsOn(node, usable)
		if len(local) == 0 {
			table.Expect(pods, columns, matrix.Implementation())
			continue
		}
		table.Expect(pods, columns, matrix.ConnectSome(e2esvc.Names(usable...)...))
		if len(local) < len(usable) {
			// It depends on which endpoint is chosen.
			table.KnownFailure(findings.PodToLocalNodePort, matrix.And(pods, matrix.Not(matrix.RowsOn(node.Name))), columns, matrix.Implementation())
		}
	}
}

// expectSources says which source address the backends of node ports see under
// either externalTrafficPolicy. Under Cluster the reply has to come back to the
// receiving node, whose address takes the source's place; for the node's own
// clients that may be the same.
func expectSources(t *e2esvc.Topology, table *e2esvc.Table, local, cluster *e2esvc.Service, usable []*e2esvc.Backend) {
	if len(usable) == 0 {
		return
	}
	fromLocal, fromCluster := e2esvc.SourceSeen(local.NodePorts()), e2esvc.SourceSeen(cluster.NodePorts())
	table.Expect(matrix.AllRows(), matrix.ColumnsIn(fromCluster), matrix.Connect(e2esvc.SourceRewritten))
	table.Expect(matrix.AllRows(), matrix.ColumnsIn(fromLocal), matrix.Connect(e2esvc.SourceKept))
	for _, node := range t.Nodes {
		onNode := matrix.ColumnsOn(node.Name)
		table.Expect(hostOf(node), matrix.And(matrix.ColumnsIn(fromLocal, fromCluster), onNode), matrix.Implementation())
		if len(backendsOn(node, usable)) == 0 {
			table.Expect(matrix.AllRows(), matrix.And(matrix.ColumnsIn(fromLocal), onNode), matrix.NotProbed())
		}
	}
	// Those to whom the policy need not apply, see expectReceivingNode.
	table.Expect(matrix.RowsOfKind(matrix.SourcePod), matrix.ColumnsIn(fromLocal), matrix.NotProbed())
}
