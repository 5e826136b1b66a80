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

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

var _ = SIGDescribe("Services over SCTP", func() {
	f := framework.NewDefaultFramework("sctp")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	// SCTP-01 to SCTP-04
	f.It("should be reached by every pod, node and endpoint through its ClusterIP and every node", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.NeedSCTP(ctx)
		var specs []e2esvc.BackendSpec
		for i, name := range []string{"b1", "b2", "b3"} {
			specs = append(specs, e2esvc.BackendSpec{Name: name, Group: "web", Node: i, Ports: e2esvc.WithSCTP})
		}
		backends := t.CreateBackends(ctx, specs...)
		web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(95, v1.ProtocolSCTP), e2esvc.OfType(v1.ServiceTypeNodePort), e2esvc.DualStack())
		empty := t.CreateService(ctx, "none", "nobody", e2esvc.ServicePort(95, v1.ProtocolSCTP))
		overTCP := web.VIPPort(95, v1.ProtocolTCP)

		table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts(), empty.VIP(), overTCP), e2esvc.FromBackends(backends...))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect(e2esvc.Names(backends...)...))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("none"), matrix.Fail())
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(overTCP), matrix.Fail())
		t.Check(ctx, "backend on every node", table)
	})

	// HNET-03: what the hostPort is for, where a kernel has SCTP.
	f.It("should be reached through the hostPort of a pod from every node", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.NeedSCTP(ctx)
		hostPort := e2esvc.HostPorts().HTTP
		t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Ports: e2esvc.WithSCTP,
			Tweak: onHostPort(v1.ProtocolSCTP, t.Node(0).Address(t.Families[0]), hostPort)})
		overSCTP, _ := t.HostPort(hostPort, v1.ProtocolSCTP)

		table := t.NewTable(overSCTP)
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(overSCTP), matrix.Fail())
		table.Expect(matrix.AllRows(), matrix.And(matrix.ColumnsIn(overSCTP), matrix.ColumnsOn(t.Node(0).Name)), matrix.Connect("b1"))
		// A host outside may lack SCTP.
		table.Expect(matrix.RowsOfKind(matrix.SourceExternal), matrix.ColumnsIn(overSCTP), matrix.NotProbed())
		t.Check(ctx, "pod on one node", table)
	})
})
