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

var _ = SIGDescribe("Services source address", func() {
	f := framework.NewDefaultFramework("source")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		over := func(text string) string { return fmt.Sprintf("%s over %s", text, protocol) }

		// SRC-01, BEY-42
		f.It(over("should be that of the pod by ClusterIP and of the receiving node by its node port unless traffic stays there"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			backends := t.BackendPerNode(ctx, "web")
			// One Service per backend, so that it is known which one answers.
			alone := func(b *e2esvc.Backend, suffix string, policy v1.ServiceExternalTrafficPolicy) *e2esvc.Service {
				return t.CreateService(ctx, b.Name+suffix, "", e2esvc.ServicePort(80, protocol), e2esvc.SelectingOnly(b.Name), e2esvc.OfType(v1.ServiceTypeNodePort), externally(policy))
			}
			var cluster, local []*e2esvc.Service
			for _, b := range backends {
				cluster = append(cluster, alone(b, "-cluster", v1.ServiceExternalTrafficPolicyCluster))
				local = append(local, alone(b, "-local", v1.ServiceExternalTrafficPolicyLocal))
			}
			vips, ports, ownPorts := sourceColumns(backends, cluster, local)

			table := t.NewTable(e2esvc.Columns(vips, ports, ownPorts), e2esvc.FromBackends(backends...))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(vips), matrix.Connect(e2esvc.SourceKept))
			// Of a node's own clients it may become another address of the node.
			table.Expect(matrix.RowsOfKind(matrix.SourceHost), matrix.ColumnsIn(vips), matrix.Implementation())
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(ports), matrix.Connect(e2esvc.SourceRewritten))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(ownPorts), matrix.Connect(e2esvc.SourceKept))
			// Those to whom externalTrafficPolicy need not apply, see
			// expectReceivingNode.
			table.Expect(matrix.RowsOfKind(matrix.SourcePod, matrix.SourceBackend), matrix.ColumnsIn(ownPorts), matrix.NotProbed())
			for _, node := range t.Nodes {
				table.Expect(hostOf(node), matrix.And(matrix.ColumnsIn(ports, ownPorts), matrix.ColumnsOn(node.Name)), matrix.Implementation())
			}
			for i, b := range backends {
				// A pod drops packets that claim to come from itself.
				table.Expect(matrix.RowNamed(b.Row().Name), matrix.ColumnsIn(e2esvc.SourceSeen(cluster[i].VIP())), matrix.Connect(e2esvc.SourceRewritten))
			}
			t.Check(ctx, "backend on every node", table)
		})

		// SRC-02
		f.It(over("should be that of the pod without a Service"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			backends := t.BackendPerNode(ctx, "web")
			direct := e2esvc.SourceSeen(t.Direct(protocol, backends...))

			table := t.NewTable(direct, e2esvc.FromBackends(backends...))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(direct), matrix.Connect(e2esvc.SourceKept))
			// A node has several addresses.
			table.Expect(matrix.RowsOfKind(matrix.SourceHost), matrix.ColumnsIn(direct), matrix.Implementation())
			t.Check(ctx, "backend on every node", table)
		})
	}
})

// sourceColumns returns the columns that ask the backends which source address
// they see: by the ClusterIPs of the first Services, by their node ports, and by
// those node ports of the other Services that belong to the backend's own node.
func sourceColumns(backends []*e2esvc.Backend, cluster, local []*e2esvc.Service) (vips, ports, ownPorts []matrix.Column) {
	for i, b := range backends {
		vips = append(vips, e2esvc.SourceSeen(cluster[i].VIP())...)
		ports = append(ports, e2esvc.SourceSeen(cluster[i].NodePorts())...)
		own := matrix.ColumnsOn(b.Node.Name)
		for _, column := range e2esvc.SourceSeen(local[i].NodePorts()) {
			if own.Matches(column) {
				ownPorts = append(ownPorts, column)
			}
		}
	}
	return vips, ports, ownPorts
}
