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

	"github.com/onsi/gomega"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	e2eskipper "k8s.io/kubernetes/test/e2e/framework/skipper"
	admissionapi "k8s.io/pod-security-admission/api"
	"k8s.io/utils/ptr"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

var _ = SIGDescribe("Services with segments that connection tracking takes for invalid", func() {
	f := framework.NewDefaultFramework("invalid-segments")
	f.NamespacePodSecurityLevel = admissionapi.LevelPrivileged

	// CT-06: the connections to the servers' own addresses, which nothing
	// translates, show that the segments alone break none.
	f.It("should keep the connections of every pod to a server on every node", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		if t.Nodes[0].Address(v1.IPv4Protocol) == "" {
			e2eskipper.Skipf("needs IPv4, which is all that the server of such segments serves")
		}
		servers := t.CreateOutOfWindowServers(ctx)
		var columns []matrix.Column
		for _, server := range servers {
			service := t.CreateService(ctx, "web-"+server.Name(), server.Name(), e2esvc.OutOfWindowServicePort(), func(s *v1.Service) {
				s.Spec.IPFamilyPolicy, s.Spec.IPFamilies = ptr.To(v1.IPFamilyPolicySingleStack), []v1.IPFamily{v1.IPv4Protocol}
			})
			columns = e2esvc.Columns(columns, e2esvc.KeepingConnections(service.VIP()), server.Direct())
		}
		table := t.NewTable(columns)
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(columns), matrix.Connect(e2esvc.Kept))
		// kube-proxy drops such segments on their way through a node, and not
		// those for the node itself; who serves whom there is nobody's promise.
		table.Expect(matrix.RowsOfKind(matrix.SourceHost), matrix.And(matrix.ColumnsIn(columns), matrix.ColumnsOfKind(matrix.FrontendClusterIP)), matrix.NotProbed())
		t.Check(ctx, "a segment out of the window on each connection", table)

		for _, server := range servers {
			gomega.Expect(server.Injected(ctx)).To(gomega.BeNumerically(">=", 3*len(t.Nodes)),
				"the connections on which %s has sent a segment out of the window", server.Name())
		}
	})
})
