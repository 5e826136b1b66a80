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

var _ = SIGDescribe("Services without endpoints", func() {
	f := framework.NewDefaultFramework("no-endpoints")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		// NOEP-01, OLD-04
		f.It(fmt.Sprintf("should refuse every source until a backend is ready and after it is gone over %s", protocol), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort))
			check := func(phase string, expected matrix.Expectation, options ...e2esvc.CheckOption) {
				table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts()))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), expected)
				t.Check(ctx, phase, table, options...)
			}

			check("no endpoints", matrix.Refuse(), e2esvc.Hold(holdAfterRemoval))
			b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0})[0]
			check("b1 ready", matrix.Connect("b1"))
			t.DeleteBackend(ctx, b1)
			check("b1 gone", matrix.Refuse())
		})
	}
})
