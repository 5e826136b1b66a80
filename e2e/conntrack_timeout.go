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
	"strconv"

	"k8s.io/kubernetes/test/e2e/framework"
	e2eskipper "k8s.io/kubernetes/test/e2e/framework/skipper"
	admissionapi "k8s.io/pod-security-admission/api"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

var _ = SIGDescribe("Services and connection tracking", func() {
	f := framework.NewDefaultFramework("conntrack-timeout")
	f.NamespacePodSecurityLevel = admissionapi.LevelPrivileged

	// CT-10: the kernel's own limit of 60 s would forget connections of which
	// one side is still to be heard.
	f.It("should have the timeout for half-closed connections that kube-proxy is configured with on every node", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		timeouts := t.KubeProxies(ctx, t.Nodes...).CloseWaitTimeouts(ctx)
		column := t.Sysctl("close_wait timeout", "net/netfilter/nf_conntrack_tcp_timeout_close_wait")
		table := t.NewTable(e2esvc.Columns(column))
		table.Expect(matrix.AllRows(), matrix.ColumnNamed(column.Name), matrix.NotProbed())
		for _, node := range t.Nodes {
			timeout := timeouts[node.Name]
			if timeout <= 0 {
				e2eskipper.Skipf("kube-proxy on %s is configured to leave the kernel's timeout alone", node.Name)
			}
			// A pod has a connection tracking of its own.
			table.Expect(matrix.And(matrix.RowsOn(node.Name), matrix.RowsOfKind(matrix.SourceHost)), matrix.ColumnNamed(column.Name),
				matrix.Connect(strconv.Itoa(int(timeout.Seconds()))))
		}
		t.Check(ctx, "nodes", table)
	})
})
