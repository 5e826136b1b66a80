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

var _ = SIGDescribe("Services hairpin", func() {
	f := framework.NewDefaultFramework("hairpin")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		// HAIR-01, OLD-05
		f.It(fmt.Sprintf("should let every backend reach itself over %s", protocol), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			backends := t.BackendPerNode(ctx, "web")
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort))
			columns := e2esvc.Columns(web.VIP(), web.NodePorts())
			// One Service per backend, so that the backend's own probe is
			// bound to come back to it, and what becomes of its source address
			// is known to be that of the hairpin.
			var alone []*e2esvc.Service
			for _, b := range backends {
				service := t.CreateService(ctx, b.Name+"-alone", "", e2esvc.ServicePort(80, protocol), e2esvc.SelectingOnly(b.Name))
				alone = append(alone, service)
				columns = append(columns, service.VIP()...)
				columns = append(columns, e2esvc.SourceSeen(service.VIP())...)
			}

			table := t.NewTable(columns, e2esvc.FromBackends(backends...))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect(e2esvc.Names(backends...)...))
			for i, b := range backends {
				source := matrix.ColumnsIn(e2esvc.SourceSeen(alone[i].VIP()))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService(alone[i].Name), matrix.Connect(b.Name))
				// Whether the source address of others is kept is up to the
				// implementation. That of the hairpin has to be rewritten:
				// a pod drops packets that claim to come from itself.
				table.Expect(matrix.AllRows(), source, matrix.Implementation())
				table.Expect(matrix.RowNamed(b.Row().Name), source, matrix.Connect(e2esvc.SourceRewritten))
			}
			t.Check(ctx, "backend on every node", table)
		})
	}
})
