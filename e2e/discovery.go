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
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	e2eskipper "k8s.io/kubernetes/test/e2e/framework/skipper"
	admissionapi "k8s.io/pod-security-admission/api"
	"k8s.io/utils/ptr"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// The Services that every cluster has, and how pods find Services without DNS.
var _ = SIGDescribe("Services of the cluster itself", func() {
	f := framework.NewDefaultFramework("discovery")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	// BEY-78
	f.It("should lead every source to the API servers", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		kubernetes := t.ExistingService(ctx, metav1.NamespaceDefault, "kubernetes")
		port := kubernetes.Spec.Ports[0]
		columns := e2esvc.AskingAPIServer(e2esvc.Columns(kubernetes.VIP(), kubernetes.Direct(ctx, port.Port, port.Protocol)))
		undefined := kubernetes.VIPPort(port.Port+1, port.Protocol)

		table := t.NewTable(e2esvc.Columns(columns, undefined))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(columns), matrix.Connect(e2esvc.IsAPIServer))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(undefined), matrix.Fail())
		t.Check(ctx, "API servers", table)
	})

	// BEY-79
	f.It("should lead every source to the name servers", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.ExistingService(ctx, metav1.NamespaceDefault, "kubernetes")
		dns := dnsService(ctx, f, t)
		var columns []matrix.Column
		for _, protocol := range e2esvc.Protocols {
			columns = append(columns, dns.VIPPort(53, protocol)...)
			columns = append(columns, dns.Direct(ctx, 53, protocol)...)
		}
		name := "kubernetes.default.svc." + framework.TestContext.ClusterDNSDomain + "."
		columns = e2esvc.AskingDNS(columns, name, e2esvc.AddressRecord(t.Families[0]))
		undefined := e2esvc.AskingDNS(dns.VIPPort(54, v1.ProtocolUDP), name, e2esvc.AddressRecord(t.Families[0]))

		table := t.NewTable(e2esvc.Columns(columns, undefined))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(columns), matrix.Connect(e2esvc.VIPRecord("kubernetes")))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(undefined), matrix.Fail())
		t.Check(ctx, "name servers", table)
	})

	// BEY-80
	f.It("should be named by environment variables of pods that are created later", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.ExistingService(ctx, metav1.NamespaceDefault, "kubernetes")
		early := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "early", Group: "web", Node: 0})[0]
		web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, v1.ProtocolTCP))
		ofWeb, ofKubernetes := e2esvc.Columns(t.Environment("web")), e2esvc.Columns(t.Environment("kubernetes"))
		check := func(phase string, clients []*e2esvc.Backend, knowing ...*e2esvc.Backend) {
			table := t.NewTable(e2esvc.Columns(ofWeb, ofKubernetes, web.VIP()), e2esvc.FromBackends(clients...))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.VIP()), matrix.Connect("early"))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(ofKubernetes), matrix.Connect(e2esvc.SRVRecord(e2esvc.VIPRecord("kubernetes"), 443)))
			// Not if it was there before the Service, nor in another namespace.
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(ofWeb), matrix.NoName())
			if len(knowing) > 0 {
				table.Expect(matrix.RowNamed(rowNames(knowing)...), matrix.ColumnsIn(ofWeb), matrix.Connect(e2esvc.SRVRecord(e2esvc.VIPRecord("web"), 80)))
			}
			t.Check(ctx, phase, table)
		}

		clients := []*e2esvc.Backend{early}
		check("no later pods", clients)
		later := t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "late-1", Group: "client", Node: 0},
			e2esvc.BackendSpec{Name: "late-2", Group: "client", Node: 1},
			e2esvc.BackendSpec{Name: "unlinked", Group: "client", Node: 2, Pod: func(p *v1.Pod) { p.Spec.EnableServiceLinks = ptr.To(false) }})
		check("later pods", append(clients, later...), later[:2]...)
	})
})

// dnsService returns the Service of the cluster's DNS. It skips the spec if there
// is none by the name that is usual.
func dnsService(ctx context.Context, f *framework.Framework, t *e2esvc.Topology) *e2esvc.Service {
	const name = "kube-dns"
	list, err := f.ClientSet.CoreV1().Services(metav1.NamespaceSystem).List(ctx, metav1.ListOptions{FieldSelector: "metadata.name=" + name})
	framework.ExpectNoError(err, "looking for the Service of the cluster's DNS")
	if len(list.Items) == 0 {
		e2eskipper.Skipf("there is no Service %s/%s", metav1.NamespaceSystem, name)
	}
	return t.ExistingService(ctx, metav1.NamespaceSystem, name)
}
