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

// What is programmed goes on serving whatever happens to those that have
// programmed it, and what changes meanwhile is caught up on.
var _ = SIGDescribe("Services on a disturbed cluster", func() {
	f := framework.NewDefaultFramework("disruption")
	f.NamespacePodSecurityLevel = admissionapi.LevelPrivileged

	// CIP-04
	f.It("should go on while kube-proxy is down everywhere and catch up after its restart", f.WithSerial(), f.WithDisruptive(), func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.NeedDisruption()
		proxies := t.KubeProxies(ctx, t.Nodes...)
		b := t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "s1", Group: "steady", Node: 0},
			e2esvc.BackendSpec{Name: "s2", Group: "steady", Node: 1},
			e2esvc.BackendSpec{Name: "old", Group: "moving", Node: 0})
		tcp := e2esvc.ServicePort(80, v1.ProtocolTCP)
		steady := t.CreateService(ctx, "steady", "steady", tcp, e2esvc.OfType(v1.ServiceTypeNodePort), e2esvc.DualStack())
		moving := t.CreateService(ctx, "moving", "moving", tcp, e2esvc.DualStack())
		both := e2esvc.Names(b[:2]...)

		table := t.NewTable(e2esvc.Columns(steady.VIP(), steady.NodePorts(), moving.VIP()))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("steady"), matrix.Connect(both...))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("moving"), matrix.Connect("old"))
		t.Check(ctx, "before", table)

		during := t.NewTable(e2esvc.Columns(steady.VIP(), steady.NodePorts()))
		during.Expect(matrix.AllRows(), matrix.ColumnsOfService("steady"), matrix.ConnectSome(both...))
		during.Leaving(b[2])
		stream := t.Stream(ctx, "while kube-proxy is down and restarts", during)

		proxies.Freeze(ctx)
		t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "new", Group: "moving", Node: 1})
		t.DeleteBackend(ctx, b[2])
		late := t.CreateService(ctx, "late", "steady", tcp, e2esvc.DualStack())
		table = t.NewTable(e2esvc.Columns(steady.VIP(), moving.VIP(), late.VIP()))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("steady"), matrix.Connect(both...))
		// Nobody tells the nodes about the change.
		table.Expect(matrix.AllRows(), matrix.Or(matrix.ColumnsOfService("moving"), matrix.ColumnsOfService("late")), matrix.Fail())
		t.Check(ctx, "kube-proxy down", table)

		proxies.Restart(ctx)
		table = t.NewTable(e2esvc.Columns(steady.VIP(), steady.NodePorts(), moving.VIP(), late.VIP()))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("steady"), matrix.Connect(both...))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("moving"), matrix.Connect("new"))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("late"), matrix.Connect(both...))
		t.Check(ctx, "kube-proxy restarted", table)
		stream.Stop()
	})
})
