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
	"strings"

	"github.com/onsi/gomega"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// An ExternalName Service is an alias in DNS. Here it is one for names of the
// cluster, so that nothing outside is needed.
var _ = SIGDescribe("Services ExternalName", func() {
	f := framework.NewDefaultFramework("externalname")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	// EXN-01 and OLD-08
	f.It("should be an alias for whatever they name until they get a ClusterIP", early, func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "foo1", Group: "foo", Node: 0},
			e2esvc.BackendSpec{Name: "bar1", Group: "bar", Node: 1},
			e2esvc.BackendSpec{Name: "own1", Group: "own", Node: 2})
		tcp, udp := e2esvc.ServicePort(80, v1.ProtocolTCP), e2esvc.WithPort(e2esvc.ServicePort(80, v1.ProtocolUDP))
		t.CreateService(ctx, "foo", "foo", tcp, udp)
		t.CreateService(ctx, "bar", "bar", tcp, udp)
		alias := t.CreateService(ctx, "alias", "own", tcp, udp, aliasOf(t.DNSName("foo")))
		dangling := t.CreateService(ctx, "dangling", "own", tcp, udp, aliasOf(t.DNSName("nosuch")))
		check := func(phase, cname, address, backend string, options ...e2esvc.CheckOption) {
			names := aliasQueries(t, "alias")
			dead := aliasQueries(t, "dangling")
			table := t.NewTable(e2esvc.Columns(names.all(), alias.ByName(), dead.all(), dangling.ByName()))
			names.expect(table, cname, e2esvc.VIPRecord(address))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(alias.ByName()), matrix.Connect(backend))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(dead.alias), matrix.Connect("nosuch"))
			// A server may say that the alias exists but leads nowhere (NODATA
			// or just the alias), or that where it leads to does not exist.
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(dead.address), matrix.Implementation())
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(dead.lookup, dangling.ByName()), matrix.NoName())
			t.Check(ctx, phase, table, options...)
		}

		gomega.Expect(alias.Spec.ClusterIPs).To(gomega.BeEmpty(), "the ClusterIPs of an ExternalName Service")
		check("alias of foo", "foo", "foo", "foo1")
		alias.Update(ctx, aliasOf(t.DNSName("bar")))
		check("alias of bar", "bar", "bar", "bar1", e2esvc.Hold(holdAfterRemoval))
		alias.Update(ctx, ofItsOwn(v1.ServiceTypeClusterIP))
		check("ClusterIP", e2esvc.Records(), "alias", "own1", e2esvc.Hold(holdAfterRemoval))
	})

	for _, serviceType := range []v1.ServiceType{v1.ServiceTypeClusterIP, v1.ServiceTypeNodePort} {
		// TYPE-02 to TYPE-05
		f.It(fmt.Sprintf("should become of type %s and an alias again", serviceType), early, func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "target1", Group: "target", Node: 0},
				e2esvc.BackendSpec{Name: "own1", Group: "own", Node: 1},
				e2esvc.BackendSpec{Name: "own2", Group: "own", Node: 2})
			tcp, udp := e2esvc.ServicePort(80, v1.ProtocolTCP), e2esvc.WithPort(e2esvc.ServicePort(80, v1.ProtocolUDP))
			t.CreateService(ctx, "target", "target", tcp, udp)
			web := t.CreateService(ctx, "web", "own", tcp, udp, aliasOf(t.DNSName("target")))
			names := aliasQueries(t, "web")
			var frontends []matrix.Column // those that the Service has had
			check := func(phase, cname, address string, connect, reach matrix.Expectation) {
				table := t.NewTable(e2esvc.Columns(names.all(), web.ByName(), frontends))
				names.expect(table, cname, e2esvc.VIPRecord(address))
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.ByName()), connect)
				if len(frontends) > 0 {
					table.Expect(matrix.AllRows(), matrix.ColumnsIn(frontends), reach)
				}
				if serviceType == v1.ServiceTypeNodePort && len(frontends) > 0 && !reach.Positive() {
					// A node has the address of its ports, whether or not
					// there is a Service.
					table.Expect(matrix.AllRows(), matrix.And(matrix.ColumnsIn(frontends), matrix.ColumnsOfKind(matrix.FrontendNodePort)), matrix.Refuse())
				}
				t.Check(ctx, phase, table)
			}

			check("ExternalName", "target", "target", matrix.Connect("target1"), matrix.NotProbed())
			web.Update(ctx, ofItsOwn(serviceType))
			frontends = e2esvc.Columns(web.VIP(), web.NodePorts())
			own := matrix.Connect("own1", "own2")
			check(string(serviceType), e2esvc.Records(), "web", own, own)
			web.Update(ctx, aliasOf(t.DNSName("target")))
			gomega.Expect(web.Spec.ClusterIPs).To(gomega.BeEmpty(), "the ClusterIPs of an ExternalName Service")
			check("ExternalName again", "target", "target", matrix.Connect("target1"), matrix.Fail())
		})
	}
})

// aliasOf makes a Service an alias of a name, and nothing else.
func aliasOf(name string) func(*v1.Service) {
	return func(s *v1.Service) {
		s.Spec.Type = v1.ServiceTypeExternalName
		s.Spec.ExternalName = strings.TrimSuffix(name, ".")
	}
}

// ofItsOwn makes an ExternalName Service one that forwards to the endpoints of
// its selector.
func ofItsOwn(serviceType v1.ServiceType) func(*v1.Service) {
	return func(s *v1.Service) {
		s.Spec.Type = serviceType
		s.Spec.ExternalName = ""
	}
}

// aliasColumns are the columns that ask for a name that may be an alias: for the
// alias itself, and for the address in the end.
type aliasColumns struct {
	alias, address, lookup []matrix.Column
}

func aliasQueries(t *e2esvc.Topology, name string) aliasColumns {
	record := e2esvc.AddressRecord(t.Families[0])
	full := t.DNSName(name)
	return aliasColumns{
		alias:   e2esvc.Columns(t.DNS(name, full, "CNAME"), t.DNS(name, full, "CNAME/tcp")),
		address: e2esvc.Columns(t.DNS(name, full, record), t.DNS(name, full, record+"/tcp")),
		lookup:  e2esvc.Columns(t.Lookup(name, full)),
	}
}

func (c aliasColumns) all() []matrix.Column {
	return e2esvc.Columns(c.alias, c.address, c.lookup)
}

// expect expects the name to be an alias of cname, or not to be any if that is
// Records(), and to lead to an address.
func (c aliasColumns) expect(table *e2esvc.Table, cname, address string) {
	table.Expect(matrix.AllRows(), matrix.ColumnsIn(c.alias), matrix.Connect(cname))
	table.Expect(matrix.AllRows(), matrix.ColumnsIn(c.address, c.lookup), matrix.Connect(address))
}
