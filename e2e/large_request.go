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

// messageSizes are the sizes in bytes that are sent and answered: one that is no
// problem; one just below and one just above what an Ethernet frame holds, tunnels
// left aside; and one that takes several IP fragments over UDP, or more segments
// than TCP sends before it hears from the other side.
var messageSizes = map[v1.Protocol][]int{
	v1.ProtocolTCP: {64, 1400, 2000, 20000},
	v1.ProtocolUDP: {64, 1400, 2000, 8000},
}

var _ = SIGDescribe("Services with large messages", func() {
	f := framework.NewDefaultFramework("large")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		// CIP-15, CIP-16, DS-11, DS-12, BEY-73: from every node to every node, by
		// ClusterIP and by node port, in each IP family, and to the pod's own
		// address, which tells whose fault it is if something is lost. More
		// than TCP's first window stands for a megabyte, which would take long.
		f.It(fmt.Sprintf("should carry messages of every size both ways complete over %s", protocol), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			sizes := messageSizes[protocol]
			var specs []e2esvc.BackendSpec
			for i := range t.Nodes {
				specs = append(specs, e2esvc.BackendSpec{Name: fmt.Sprintf("b%d", i+1), Group: "web", Node: i, Tweak: e2esvc.Answering(sizes...)})
			}
			backends := t.CreateBackends(ctx, specs...)
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort), e2esvc.DualStack())
			for _, size := range sizes {
				subjects := e2esvc.OfSize(e2esvc.Columns(web.VIP(), web.NodePorts()), size)
				direct := e2esvc.OfSize(t.Direct(protocol, backends...), size)

				table := t.NewTable(e2esvc.Columns(subjects, direct))
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(subjects), matrix.Connect(e2esvc.Names(backends...)...))
				for _, b := range backends {
					table.Expect(matrix.AllRows(), matrix.And(matrix.ColumnsIn(direct), columnsOfBackend(b)), matrix.Connect(b.Name))
				}
				t.Check(ctx, fmt.Sprintf("%d bytes", size), table)
			}
		})
	}
})

// columnsOfBackend picks the columns that are a backend's own addresses.
func columnsOfBackend(b *e2esvc.Backend) matrix.ColumnSelector {
	return matrix.ColumnsWhere("columns of "+b.Name, func(c matrix.Column) bool { return c.Backend == b.Name })
}
