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

var _ = SIGDescribe("Services DNS of pods", func() {
	f := framework.NewDefaultFramework("dns-pods")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	// DNS-03, DNS-07 and DNS-08
	f.It("should resolve the hostnames of pods below the headless Service that is their subdomain", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		backends := t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Pod: called("first", "sub")},
			e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1, Pod: called("second", "sub")},
			// No Service is called like its subdomain.
			e2esvc.BackendSpec{Name: "b3", Group: "stray", Node: 2, Pod: called("third", "nowhere")})
		sub := t.CreateService(ctx, "sub", "web", e2esvc.ServicePort(80, v1.ProtocolTCP), preferDualStack, headless)
		all, first, second := addressQueries(t, "sub", t.DNSName("sub")), addressQueries(t, "first.sub", t.DNSName("first.sub")), addressQueries(t, "second.sub", t.DNSName("second.sub"))
		ports := e2esvc.Columns(t.DNS("_tcp.sub", t.DNSName("_tcp-80._tcp.sub"), "SRV"))
		reverse := e2esvc.Columns(t.DNS("b1", e2esvc.PTRName(backends[0].Address(t.Families[0])), "PTR"))
		record := e2esvc.AddressRecord(t.Families[0])
		unknown := e2esvc.Columns(
			t.DNS("wrong.sub", t.DNSName("wrong.sub"), record),
			t.DNS("third.sub", t.DNSName("third.sub"), record),
			t.DNS("third.nowhere", t.DNSName("third.nowhere"), record))
		connect := onPort(sub.Spec.Ports[0].TargetPort.IntVal, calledBy("first.sub", t.DNSName("first.sub"), sub.ByName()))
		// Pods find their own names in their hosts file, and only these. The
		// dot at the end is left out, which the file has not.
		domain := "." + f.Namespace.Name + ".svc." + framework.TestContext.ClusterDNSDomain
		own, alone := e2esvc.Columns(t.Lookup("first.sub.NS.svc", "first.sub"+domain)), e2esvc.Columns(t.Lookup("first", "first"))
		outside := unknownOutside(ctx, t)

		table := t.NewTable(e2esvc.Columns(all, first, second, ports, reverse, connect, own, alone, unknown), e2esvc.FromBackends(backends...))
		expectAddresses(table, all, sub.Spec.IPFamilies, "b1", "b2")
		expectAddresses(table, first, sub.Spec.IPFamilies, "b1")
		expectAddresses(table, second, sub.Spec.IPFamilies, "b2")
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(ports), matrix.Connect(srvRecords(sub.Spec.Ports[0].TargetPort.IntVal, "b1", "b2")))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(reverse), matrix.Connect("first.sub"))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(connect), matrix.Connect("b1"))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(own), matrix.Connect("b1"))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(alone), outside)
		table.Expect(matrix.RowNamed(backends[0].Row().Name), matrix.ColumnsIn(alone), matrix.Connect("b1"))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(unknown), matrix.NoName())
		t.Check(ctx, "two hostnames", table)

		t.DeleteBackend(ctx, backends[1])
		table = t.NewTable(e2esvc.Columns(all, first, second, ports))
		expectAddresses(table, all, sub.Spec.IPFamilies, "b1")
		expectAddresses(table, first, sub.Spec.IPFamilies, "b1")
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(second), matrix.NoName())
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(ports), matrix.Connect(srvRecords(sub.Spec.Ports[0].TargetPort.IntVal, "b1")))
		t.Check(ctx, "second removed", table)
	})

	// DNS-09 and DNS-10
	f.It("should resolve partial names whatever else a pod searches", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 1})
		// Each beside one without settings of its own.
		clients := t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "long-search", Group: "client", Node: 0, Ports: e2esvc.Ports{HTTP: 8080}, Pod: searching(manyDomains()...)},
			e2esvc.BackendSpec{Name: "plain-1", Group: "client", Node: 0, Ports: e2esvc.Ports{HTTP: 8080}},
			e2esvc.BackendSpec{Name: "odd-search", Group: "client", Node: 1, Ports: e2esvc.Ports{HTTP: 8080}, Pod: searching(".", "_sip._tcp.abc_d.example.com")},
			e2esvc.BackendSpec{Name: "plain-2", Group: "client", Node: 1, Ports: e2esvc.Ports{HTTP: 8080}})
		web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, v1.ProtocolTCP))
		queries, lookups := split(partialNames(t, "web", f.Namespace.Name))
		connect := calledBy("web.NS", "web."+f.Namespace.Name, web.ByName())
		short := e2esvc.Columns(t.DNS("web", "web", e2esvc.AddressRecord(t.Families[0])))

		table := t.NewTable(e2esvc.Columns(queries, lookups, short, connect), e2esvc.FromBackends(clients...))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(queries, lookups), matrix.Connect(e2esvc.VIPRecord("web")))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(connect), matrix.Connect("b1"))
		// Alone it is a name in the namespace of the Service only.
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(short), unknownOutside(ctx, t))
		table.Expect(matrix.RowNamed(rowNames(clients)...), matrix.ColumnsIn(short), matrix.Connect(e2esvc.VIPRecord("web")))
		// Some C libraries, musl for one, leave a search path of more than 256
		// characters alone (KEP-2595 says so); kubelet hands it over all the same.
		table.Expect(matrix.RowNamed(clients[0].Row().Name), matrix.ColumnsIn(lookups), matrix.Implementation())
		t.Check(ctx, "pods with other search paths", table)
	})
})

// called gives a pod a hostname and a subdomain.
func called(hostname, subdomain string) func(*v1.Pod) {
	return func(p *v1.Pod) { p.Spec.Hostname, p.Spec.Subdomain = hostname, subdomain }
}

// searching adds domains to the search path of a pod.
func searching(domains ...string) func(*v1.Pod) {
	return func(p *v1.Pod) { p.Spec.DNSConfig = &v1.PodDNSConfig{Searches: domains} }
}

// manyDomains returns domains that make a search path longer than resolv.conf
// used to allow: more than 6, and more than 256 characters.
func manyDomains() []string {
	var domains []string
	for i := range 6 {
		domains = append(domains, fmt.Sprintf("%038d.example.com", i+1))
	}
	return domains
}

// rowNames returns the names of the rows of backends.
func rowNames(backends []*e2esvc.Backend) []string {
	var names []string
	for _, b := range backends {
		names = append(names, b.Row().Name)
	}
	return names
}

// split returns the columns that are DNS queries, and the look-ups of the C
// library.
func split(columns []matrix.Column) (queries, lookups []matrix.Column) {
	for _, column := range columns {
		if column.Request == string(e2esvc.Lookup) {
			lookups = append(lookups, column)
		} else {
			queries = append(queries, column)
		}
	}
	return queries, lookups
}
