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
	"k8s.io/utils/ptr"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

var _ = SIGDescribe("Services application protocols and ICMP", func() {
	f := framework.NewDefaultFramework("app-protocol")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	// BEY-06. The appProtocol (KEP-1507, KEP-3726) is a hint to those who look
	// into what is carried, which Service proxies do not.
	f.It("should carry what they carry whatever the appProtocol says", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		names := e2esvc.Names(t.BackendPerNode(ctx, "web")...)
		protocols := []string{"http", "https", "kubernetes.io/h2c", "kubernetes.io/ws", "kubernetes.io/wss", "example.com/custom"}
		unset := e2esvc.ServicePort(80, v1.ProtocolTCP)
		web := t.CreateService(ctx, "web", "web", unset, func(s *v1.Service) {
			for i, protocol := range protocols {
				port := e2esvc.ServicePort(int32(81+i), v1.ProtocolTCP)
				port.AppProtocol = ptr.To(protocol)
				s.Spec.Ports = append(s.Spec.Ports, port)
			}
		})
		check := func(phase string) {
			table := t.NewTable(web.VIP())
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect(names...))
			t.Check(ctx, phase, table)
		}

		check(fmt.Sprintf("unset beside %v", protocols))
		web.Update(ctx, func(s *v1.Service) {
			for i := range s.Spec.Ports {
				s.Spec.Ports[i].AppProtocol = ptr.To(protocols[i%len(protocols)])
			}
		})
		check("moved on by one port")
	})

	// BEY-18. Nothing is promised: a ClusterIP has ports, and ICMP has none.
	f.It("should be recorded to echo or not", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		backends := t.BackendPerNode(ctx, "web")
		web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, v1.ProtocolTCP), e2esvc.DualStack())
		echo, direct := e2esvc.Pinging(web.VIP()), e2esvc.Pinging(t.Direct(v1.ProtocolTCP, backends...))

		table := t.NewTable(e2esvc.Columns(echo, direct, web.VIP()))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(echo), matrix.Implementation())
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(direct), matrix.Connect(e2esvc.IsAlive))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.VIP()), matrix.Connect(e2esvc.Names(backends...)...))
		t.Check(ctx, "echo", table)
	})
})
