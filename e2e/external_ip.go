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

var _ = SIGDescribe("Services externalIPs", func() {
	f := framework.NewDefaultFramework("external-ip")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		// EIP-01, BEY-19
		f.It(fmt.Sprintf("should be captured on every node until they are removed over %s", protocol), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			t.NeedExternalIPs(ctx)
			t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0},
				e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1})
			// One address of nobody, and one of a node, which clients outside
			// of the cluster have a route to. The port is one that is free
			// on that node.
			port := e2esvc.ServicePort(int32(e2esvc.HostPorts().HTTP), protocol)
			port.TargetPort = e2esvc.ServicePort(80, protocol).TargetPort
			family := t.Families[0]
			nodeAddress := t.Node(0).Address(family)
			web := t.CreateService(ctx, "web", "web", port, withExternalIPs(t.UnusedAddress(ctx, family), nodeAddress))
			empty := t.CreateService(ctx, "none", "none", port, withExternalIPs(t.UnusedAddress(ctx, family)))
			nobodys, nodes := web.ExternalIPs()[:1], web.ExternalIPs()[1:]
			undefined := otherPort(web.ExternalIPs(), int(port.Port)+1)
			check := func(phase string, expected matrix.Expectation) {
				table := t.NewTable(e2esvc.Columns(web.VIP(), nobodys, nodes, undefined, empty.ExternalIPs()))
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.VIP(), nodes), matrix.Connect("b1", "b2"))
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(nobodys), expected)
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(undefined), matrix.Fail())
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(empty.ExternalIPs()), matrix.Refuse())
				// kube-proxy's iptables mode rejects what a node receives
				// or forwards, and lets pass what it sends itself.
				table.Expect(matrix.RowsOfKind(matrix.SourceHost), matrix.ColumnsIn(empty.ExternalIPs()), matrix.Implementation())
				// Nothing leads there from outside.
				table.Expect(matrix.RowsOfKind(matrix.SourceExternal), matrix.ColumnsIn(nobodys, undefined[:1], empty.ExternalIPs()), matrix.NotProbed())
				t.Check(ctx, phase, table)
			}

			check("two addresses", matrix.Connect("b1", "b2"))
			web.Update(ctx, withExternalIPs(nodeAddress))
			check("one removed", matrix.Fail())
		})
	}
})

// withExternalIPs sets the externalIPs of a Service.
func withExternalIPs(addresses ...string) func(*v1.Service) {
	return func(s *v1.Service) { s.Spec.ExternalIPs = addresses }
}

// otherPort returns the columns with another port.
func otherPort(columns []matrix.Column, port int) []matrix.Column {
	var result []matrix.Column
	for _, column := range columns {
		column.Name = fmt.Sprintf("%s, port %d", column.Name, port)
		column.Port = port
		result = append(result, column)
	}
	return result
}
