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

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	e2eskipper "k8s.io/kubernetes/test/e2e/framework/skipper"
	admissionapi "k8s.io/pod-security-admission/api"
	"k8s.io/utils/ptr"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// What names are to be answered with is said by
// https://github.com/kubernetes/dns/blob/master/docs/specification.md.
var _ = SIGDescribe("Services DNS", func() {
	f := framework.NewDefaultFramework("dns")
	// Some clients use the network of their node.
	f.NamespacePodSecurityLevel = admissionapi.LevelPrivileged

	// DNS-01 and DNS-02
	f.It("should resolve the Service of the API server by its full and its partial names", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		kubernetes := t.ExistingService(ctx, metav1.NamespaceDefault, "kubernetes")
		inDefault := ".default.svc." + framework.TestContext.ClusterDNSDomain + "."
		addresses := addressQueries(t, "kubernetes", "kubernetes"+inDefault)
		partial := partialNames(t, "kubernetes", metav1.NamespaceDefault)
		unknown := addressQueries(t, "nosuch", "nosuch"+inDefault)
		// All clients are in other namespaces than that Service.
		short := t.Lookup("kubernetes", "kubernetes")

		table := t.NewTable(e2esvc.Columns(addresses, partial, unknown, short))
		expectAddresses(table, addresses, kubernetes.Spec.IPFamilies, e2esvc.VIPRecord("kubernetes"))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(partial), matrix.Connect(e2esvc.VIPRecord("kubernetes")))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(unknown), matrix.NoName())
		table.Expect(matrix.AllRows(), matrix.ColumnNamed(short.Name), unknownOutside(ctx, t))
		t.Check(ctx, "names of the API server", table)
	})

	// DNS-04, DNS-06, DNS-12 and BEY-12
	f.It("should resolve a Service by every name that the namespace of the client allows", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 1})
		web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, v1.ProtocolTCP),
			e2esvc.WithPort(e2esvc.ServicePort(80, v1.ProtocolUDP)), preferDualStack)
		clients := createNameClients(ctx, t)
		addresses := addressQueries(t, "web", t.DNSName("web"))
		ports := e2esvc.Columns(
			t.DNS("_tcp.web", t.DNSName("_tcp-80._tcp.web"), "SRV"),
			t.DNS("_udp.web", t.DNSName("_udp-80._udp.web"), "SRV/tcp"),
			t.DNS("_tcp.web.NS.svc", "_tcp-80._tcp.web."+f.Namespace.Name+".svc", "SRV"))
		var reverse []matrix.Column
		for i, vip := range web.Spec.ClusterIPs {
			reverse = append(reverse, t.DNS("web "+string(web.Spec.IPFamilies[i]), e2esvc.PTRName(vip), "PTR"))
		}
		partial := partialNames(t, "web", f.Namespace.Name)
		short := e2esvc.Columns(t.Lookup("web", "web"), calledBy("web", "web", web.ByName()))
		unknown := e2esvc.Columns(
			t.DNS("_bad._tcp.web", t.DNSName("_bad._tcp.web"), "SRV"),
			t.DNS("nosuch", t.DNSName("nosuch"), e2esvc.AddressRecord(t.Families[0])),
			t.Lookup("nosuch", t.DNSName("nosuch")))

		table := t.NewTable(e2esvc.Columns(addresses, ports, reverse, partial, short, unknown, web.ByName()), clients.rows)
		expectAddresses(table, addresses, web.Spec.IPFamilies, e2esvc.VIPRecord("web"))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(ports), matrix.Connect(e2esvc.SRVRecord(e2esvc.VIPRecord("web"), 80)))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(reverse), matrix.Connect("web"))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(partial), matrix.Connect(e2esvc.VIPRecord("web")))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.ByName()), matrix.Connect("b1"))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(unknown), matrix.NoName())
		// Only in its own namespace a Service goes by its name alone.
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(short), unknownOutside(ctx, t))
		table.Expect(clients.inNamespace, matrix.ColumnsIn(short[:1]), matrix.Connect(e2esvc.VIPRecord("web")))
		table.Expect(clients.inNamespace, matrix.ColumnsIn(short[1:]), matrix.Connect("b1"))
		clients.expectNodeDNS(table, matrix.ColumnsIn(partial, short[:1]), unknownOutside(ctx, t))
		t.Check(ctx, "names of a Service", table)
	})

	// DNS-04, DNS-06, DNS-12 and BEY-14
	f.It("should resolve a headless Service to exactly its ready endpoints", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		backends := t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0},
			e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1},
			e2esvc.BackendSpec{Name: "b3", Group: "web", Node: 2, Gated: true, NotReady: true})
		clients := createNameClients(ctx, t)
		tcp, udp := e2esvc.ServicePort(80, v1.ProtocolTCP), e2esvc.ServicePort(80, v1.ProtocolUDP)
		web := t.CreateService(ctx, "web", "web", tcp, e2esvc.WithPort(udp), preferDualStack, headless)
		addresses := addressQueries(t, "web", t.DNSName("web"))
		overTCP := e2esvc.Columns(
			t.DNS("_tcp.web", t.DNSName("_tcp-80._tcp.web"), "SRV"),
			t.DNS("_tcp.web.NS.svc", "_tcp-80._tcp.web."+f.Namespace.Name+".svc", "SRV/tcp"))
		overUDP := e2esvc.Columns(t.DNS("_udp.web", t.DNSName("_udp-80._udp.web"), "SRV"))
		unknown := e2esvc.Columns(t.DNS("_bad._tcp.web", t.DNSName("_bad._tcp.web"), "SRV"))
		partial, short := partialNames(t, "web", f.Namespace.Name), e2esvc.Columns(t.Lookup("web", "web"))
		// There is no address that would translate the port of the Service.
		portOfService, portOfPods := web.ByName(), e2esvc.Columns(
			onPort(tcp.TargetPort.IntVal, web.ByName()[:1]), onPort(udp.TargetPort.IntVal, web.ByName()[1:]))
		outside := unknownOutside(ctx, t)
		check := func(phase string, ready ...string) {
			table := t.NewTable(e2esvc.Columns(addresses, overTCP, overUDP, unknown, partial, short, portOfService, portOfPods), clients.rows)
			expectAddresses(table, addresses, web.Spec.IPFamilies, ready...)
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(overTCP), matrix.Connect(srvRecords(tcp.TargetPort.IntVal, ready...)))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(overUDP), matrix.Connect(srvRecords(udp.TargetPort.IntVal, ready...)))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(unknown), matrix.NoName())
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(partial), matrix.Connect(e2esvc.Records(ready...)))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(short), outside)
			table.Expect(clients.inNamespace, matrix.ColumnsIn(short), matrix.Connect(e2esvc.Records(ready...)))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(portOfService), matrix.Refuse())
			// A client looks the name up once for several tries.
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(portOfPods), matrix.ConnectSome(ready...))
			clients.expectNodeDNS(table, matrix.ColumnsIn(partial, short), outside)
			t.Check(ctx, phase, table)
		}

		check("b3 not ready", "b1", "b2")
		t.SetReady(ctx, backends[2], true)
		check("b3 ready", "b1", "b2", "b3")
		t.DeleteBackend(ctx, backends[0])
		check("b1 removed", "b2", "b3")
	})

	// DNS-05
	f.It("should resolve a headless Service without selector to the endpoints of its EndpointSlices by port", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		backends := t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0},
			e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1})
		web := t.CreateService(ctx, "web", "", e2esvc.ServicePort(80, v1.ProtocolTCP),
			e2esvc.WithPort(e2esvc.ServicePort(443, v1.ProtocolTCP)), withoutSelector, headless)
		t.CreateEndpointSlice(ctx, web, web.Spec.Ports[0], backends[0])
		second := t.CreateEndpointSlice(ctx, web, web.Spec.Ports[1], backends[1])
		addresses := addressQueries(t, "web", t.DNSName("web"))
		ports := e2esvc.Columns(
			t.DNS("_tcp-80", t.DNSName("_tcp-80._tcp.web"), "SRV"), t.DNS("_tcp-443", t.DNSName("_tcp-443._tcp.web"), "SRV"))
		target := web.Spec.Ports[0].TargetPort.IntVal
		// The slices hold addresses of the primary family only.
		family := t.Families[:1]

		table := t.NewTable(e2esvc.Columns(addresses, ports))
		expectAddresses(table, addresses, family, "b1", "b2")
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(ports[:1]), matrix.Connect(srvRecords(target, "b1")))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(ports[1:]), matrix.Connect(srvRecords(target, "b2")))
		t.Check(ctx, "two slices", table)

		t.DeleteEndpointSlice(ctx, second)
		table = t.NewTable(e2esvc.Columns(addresses, ports))
		expectAddresses(table, addresses, family, "b1")
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(ports[:1]), matrix.Connect(srvRecords(target, "b1")))
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(ports[1:]), matrix.NoName())
		t.Check(ctx, "second slice deleted", table)
	})

	// DNS-11
	f.It("should resolve a Service whose name begins with a digit", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		needNamesWithDigits(ctx, f)
		web := t.CreateService(ctx, "1web", "web", e2esvc.ServicePort(443, v1.ProtocolTCP), e2esvc.WithPort(e2esvc.ServicePort(443, v1.ProtocolUDP)))
		addresses := addressQueries(t, "1web", t.DNSName("1web"))
		unknown := addressQueries(t, "1nosuch", t.DNSName("1nosuch"))
		check := func(phase string, connect matrix.Expectation) {
			table := t.NewTable(e2esvc.Columns(addresses, unknown, web.ByName()))
			expectAddresses(table, addresses, web.Spec.IPFamilies, e2esvc.VIPRecord("1web"))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(unknown), matrix.NoName())
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.ByName()), connect)
			t.Check(ctx, phase, table)
		}

		check("no endpoints", matrix.Refuse())
		t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 1})
		check("b1 ready", matrix.Connect("b1"))
	})
})

// needNamesWithDigits skips the spec if names of Services have to be labels of
// RFC 1035.
func needNamesWithDigits(ctx context.Context, f *framework.Framework) {
	ginkgo.GinkgoHelper()
	_, err := f.ClientSet.CoreV1().Services(f.Namespace.Name).Create(ctx, &v1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "1web"},
		Spec:       v1.ServiceSpec{Ports: []v1.ServicePort{e2esvc.ServicePort(443, v1.ProtocolTCP)}},
	}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if apierrors.IsInvalid(err) {
		e2eskipper.Skipf("the API server does not take names of Services that begin with a digit (RelaxedServiceNameValidation): %v", err)
	}
	framework.ExpectNoError(err, "trying whether names of Services may begin with a digit")
}

// addressQueries returns the columns that ask for all addresses of a name, over
// UDP and TCP.
func addressQueries(t *e2esvc.Topology, label, name string) []matrix.Column {
	return e2esvc.Columns(
		t.DNS(label, name, "A"), t.DNS(label, name, "A/tcp"),
		t.DNS(label, name, "AAAA"), t.DNS(label, name, "AAAA/tcp"))
}

// expectAddresses expects the addresses of these families in the columns of
// addressQueries, and that there is none of another: the name exists, but has no
// such record.
func expectAddresses(table *e2esvc.Table, queries []matrix.Column, families []v1.IPFamily, records ...string) {
	table.Expect(matrix.AllRows(), matrix.ColumnsIn(queries), matrix.Connect(e2esvc.Records()))
	for _, family := range families {
		table.Expect(matrix.AllRows(), matrix.And(matrix.ColumnsIn(queries), asking(e2esvc.AddressRecord(family))), matrix.Connect(e2esvc.Records(records...)))
	}
}

// asking picks the DNS queries for a type of record.
func asking(recordType string) matrix.ColumnSelector {
	return matrix.ColumnsWhere("queries for "+recordType, func(c matrix.Column) bool {
		return c.Request == "dns:"+recordType || c.Request == "dns:"+recordType+"/tcp"
	})
}

// partialNames returns the columns of the names by which a Service is known in
// every namespace, without being full names: as the C library follows the search
// path, and as dig does.
func partialNames(t *e2esvc.Topology, name, namespace string) []matrix.Column {
	record := e2esvc.AddressRecord(t.Families[0])
	inNamespace := name + "." + namespace
	return e2esvc.Columns(
		t.Lookup(name+".NS", inNamespace), t.Lookup(name+".NS.svc", inNamespace+".svc"),
		t.DNS(name+".NS", inNamespace, record), t.DNS(name+".NS.svc", inNamespace+".svc", record))
}

// srvRecords returns the answer that holds the records of a port of the targets.
func srvRecords(port int32, targets ...string) string {
	var records []string
	for _, target := range targets {
		records = append(records, e2esvc.SRVRecord(target, port))
	}
	return e2esvc.Records(records...)
}

// calledBy returns columns of a Service that go by another name.
func calledBy(label, name string, columns []matrix.Column) []matrix.Column {
	var result []matrix.Column
	for _, column := range columns {
		column.Name = fmt.Sprintf("%s:%d/%s", label, column.Port, column.Protocol)
		column.Address = name
		result = append(result, column)
	}
	return result
}

// onPort returns columns with another port.
func onPort(port int32, columns []matrix.Column) []matrix.Column {
	var result []matrix.Column
	for _, column := range columns {
		column.Name += " target"
		column.Port = int(port)
		result = append(result, column)
	}
	return result
}

// nameClients are clients in the namespace of the Services.
type nameClients struct {
	rows e2esvc.TableOption
	// inNamespace picks those that ask the cluster's DNS.
	inNamespace matrix.RowSelector
	// nodeDNS picks the one that asks its node's own.
	nodeDNS matrix.RowSelector
}

// createNameClients creates a client on the pod network, one on the host network,
// and one there that looks names up as its node does.
func createNameClients(ctx context.Context, t *e2esvc.Topology) nameClients {
	// Without a UDP server: on its own node it would answer a pod by another
	// address than the one that was asked.
	hostPort := func() e2esvc.Ports { return e2esvc.Ports{HTTP: e2esvc.HostPorts().HTTP} }
	clients := t.CreateBackends(ctx,
		e2esvc.BackendSpec{Name: "pod-client", Group: "client", Node: 0, Ports: e2esvc.Ports{HTTP: 8080}},
		e2esvc.BackendSpec{Name: "host-client", Group: "client", Node: 1, HostNetwork: true, Ports: hostPort()},
		e2esvc.BackendSpec{Name: "node-dns-client", Group: "client", Node: 2, HostNetwork: true, Ports: hostPort(),
			Pod: func(p *v1.Pod) { p.Spec.DNSPolicy = v1.DNSDefault }})
	return nameClients{
		rows:        e2esvc.FromBackends(clients...),
		inNamespace: matrix.RowNamed(clients[0].Row().Name, clients[1].Row().Name),
		nodeDNS:     matrix.RowNamed(clients[2].Row().Name),
	}
}

// expectNodeDNS expects the servers of a node not to know the cluster's search
// path. What else they know depends on the node.
func (c nameClients) expectNodeDNS(table *e2esvc.Table, partial matrix.ColumnSelector, unknown matrix.Expectation) {
	table.Expect(c.nodeDNS, matrix.ColumnsOfKind(matrix.FrontendDNS), matrix.NotProbed())
	table.Expect(c.nodeDNS, matrix.And(partial, matrix.ColumnsWhere("of the C library", func(column matrix.Column) bool {
		return column.Request == string(e2esvc.Lookup)
	})), unknown)
}

// unknownOutside is what becomes of a name that no search path completes: servers
// outside of the cluster say that it does not exist, if they answer at all.
func unknownOutside(ctx context.Context, t *e2esvc.Topology) matrix.Expectation {
	if t.ResolvesOutside(ctx) {
		return matrix.NoName()
	}
	return matrix.NotProbed()
}

// preferDualStack gives a Service an address of each family that the cluster has.
func preferDualStack(s *v1.Service) {
	s.Spec.IPFamilyPolicy = ptr.To(v1.IPFamilyPolicyPreferDualStack)
}

// headless makes a Service without a ClusterIP.
func headless(s *v1.Service) {
	s.Spec.ClusterIP = v1.ClusterIPNone
}
