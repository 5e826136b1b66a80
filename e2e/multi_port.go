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
	"time"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"
	"k8s.io/utils/ptr"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

var _ = SIGDescribe("Services with several ports", func() {
	f := framework.NewDefaultFramework("multi-port")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		over := func(text string) string { return fmt.Sprintf("%s over %s", text, protocol) }

		// PORT-01
		f.It(over("should forward each port to the endpoints that have its target by name"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			backends := t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Tweak: namingPort("one", protocol)},
				e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1, Tweak: namingPort("two", protocol)})
			web := t.CreateService(ctx, "web", "web",
				e2esvc.Targeting(e2esvc.ServicePort(80, protocol), intstr.FromString("one")),
				e2esvc.WithPort(e2esvc.Targeting(e2esvc.ServicePort(81, protocol), intstr.FromString("two"))))
			check := func(phase string, first, second matrix.Expectation) {
				checkPorts(ctx, t, phase, web, first, second)
			}

			check("both endpoints", matrix.Connect("b1").Exactly(), matrix.Connect("b2").Exactly())
			t.DeleteBackend(ctx, backends[0])
			check("b1 removed", matrix.Refuse(), matrix.Connect("b2").Exactly())
		})

		// PORT-02
		f.It(over("should serve a port while it is defined"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			first := e2esvc.Targeting(e2esvc.ServicePort(80, protocol), intstr.FromString("one"))
			second := e2esvc.Targeting(e2esvc.ServicePort(81, protocol), intstr.FromString("two"))
			web := t.CreateService(ctx, "web", "web", first)
			t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Tweak: namingPort("one", protocol)},
				e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1, Tweak: namingPort("two", protocol)})
			// A port that is never defined stands for the second one before
			// that is: what is probed while a node does not translate it may
			// stay untranslated for 120 s (nf_conntrack_tcp_timeout_syn_sent).
			never := web.VIPPort(82, protocol)
			check := func(phase string, columns []matrix.Column, expected matrix.Expectation) {
				table := t.NewTable(e2esvc.Columns(web.VIPPort(80, protocol), columns, never))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), expected)
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.VIPPort(80, protocol)), matrix.Connect("b1").Exactly())
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(never), matrix.Fail())
				t.Check(ctx, phase, table)
			}
			added := web.VIPPort(81, protocol)

			check("one port", nil, matrix.Fail())
			web.Update(ctx, func(s *v1.Service) { s.Spec.Ports = []v1.ServicePort{first, second} })
			check("port added", added, matrix.Connect("b2").Exactly())
			web.Update(ctx, func(s *v1.Service) { s.Spec.Ports = []v1.ServicePort{first} })
			check("port removed", added, matrix.Fail())
		})

		// PORT-06
		f.It(over("should resolve a named target port for each endpoint by itself"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			// The new version of the application listens elsewhere.
			moved := e2esvc.Ports{HTTP: 8000, UDP: 8001}
			old := t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "old1", Group: "web", Node: 0, Tweak: namingPort("app", protocol)},
				e2esvc.BackendSpec{Name: "old2", Group: "web", Node: 1, Tweak: namingPort("app", protocol)})
			web := t.CreateService(ctx, "web", "web", e2esvc.Targeting(e2esvc.ServicePort(80, protocol), intstr.FromString("app")))
			check := func(phase string, backends ...string) {
				table := t.NewTable(web.VIP())
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect(backends...).Exactly())
				t.Check(ctx, phase, table)
			}
			replace := func(before *e2esvc.Backend, after string, node int) {
				t.CreateBackends(ctx, e2esvc.BackendSpec{Name: after, Group: "web", Node: node, Ports: moved, Tweak: namingPort("app", protocol)})
				t.DeleteBackend(ctx, before)
			}

			check("old version", "old1", "old2")
			replace(old[0], "new1", 0)
			check("first replaced", "new1", "old2")
			replace(old[1], "new2", 1)
			check("both replaced", "new1", "new2")
		})

		// BEY-05
		f.It(over("should serve several ports by one target, and a named target by the endpoints that have it"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Tweak: namingPort("some", protocol)},
				e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1})
			port := func(number int32, target string) func(*v1.Service) {
				return e2esvc.WithPort(e2esvc.Targeting(e2esvc.ServicePort(number, protocol), intstr.FromString(target)))
			}
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol),
				e2esvc.WithPort(e2esvc.ServicePort(81, protocol)), port(82, "some"), port(83, "nobody"))

			table := t.NewTable(web.VIP())
			for number, expected := range map[int32]matrix.Expectation{
				80: matrix.Connect("b1", "b2"),
				81: matrix.Connect("b1", "b2"),
				82: matrix.Connect("b1").Exactly(),
				83: matrix.Refuse(),
			} {
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.VIPPort(number, protocol)), expected)
			}
			t.Check(ctx, "four ports", table)
		})

		// EPS-01
		f.It(over("should map each port to its own target when several EndpointSlices name one pod"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			pod := t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "pod-8080", Node: 0},
				e2esvc.BackendSpec{Name: "pod-9090", Beside: "pod-8080", Ports: e2esvc.Ports{HTTP: 9090, UDP: 9091}})
			web := t.CreateService(ctx, "web", "", e2esvc.ServicePort(80, protocol), withoutSelector,
				e2esvc.WithPort(e2esvc.ServicePort(81, protocol)))
			t.CreateEndpointSlice(ctx, web, web.Spec.Ports[0], pod[0])
			second := t.CreateEndpointSlice(ctx, web, web.Spec.Ports[1], pod[1])

			checkPorts(ctx, t, "two slices", web, matrix.Connect("pod-8080").Exactly(), matrix.Connect("pod-9090").Exactly())
			t.DeleteEndpointSlice(ctx, second)
			checkPorts(ctx, t, "second slice deleted", web, matrix.Connect("pod-8080").Exactly(), matrix.Refuse())
		})

		// EPS-02
		f.It(over("should keep the endpoints of several EndpointSlices apart by port"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			backends := t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Node: 0},
				e2esvc.BackendSpec{Name: "b2", Node: 1})
			web := t.CreateService(ctx, "web", "", e2esvc.ServicePort(80, protocol), withoutSelector,
				e2esvc.WithPort(e2esvc.ServicePort(81, protocol)))
			t.CreateEndpointSlice(ctx, web, web.Spec.Ports[0], backends[0])
			second := t.CreateEndpointSlice(ctx, web, web.Spec.Ports[1], backends[1])

			checkPorts(ctx, t, "two slices", web, matrix.Connect("b1").Exactly(), matrix.Connect("b2").Exactly())
			t.UpdateEndpointSlice(ctx, second, func(s *discoveryv1.EndpointSlice) {
				// As the EndpointSlice controller would set them. An endpoint
				// that is serving keeps its UDP flows, ready or not.
				s.Endpoints[0].Conditions.Ready = ptr.To(false)
				s.Endpoints[0].Conditions.Serving = ptr.To(false)
			})
			checkPorts(ctx, t, "second endpoint not ready", web, matrix.Connect("b1").Exactly(), matrix.Refuse())
		})
	}

	// EPS-03
	f.It("should map each port to its own target when Endpoints with two subsets name one pod", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		pod := t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "pod-8080", Node: 0},
			e2esvc.BackendSpec{Name: "pod-9090", Beside: "pod-8080", Ports: e2esvc.Ports{HTTP: 9090, UDP: 9091}})
		// Both protocols under one port number, on each of the two.
		create := func(name string) *e2esvc.Service {
			return t.CreateService(ctx, name, "", e2esvc.ServicePort(80, v1.ProtocolTCP), withoutSelector,
				e2esvc.WithPort(e2esvc.ServicePort(81, v1.ProtocolTCP)),
				e2esvc.WithPort(e2esvc.ServicePort(80, v1.ProtocolUDP)),
				e2esvc.WithPort(e2esvc.ServicePort(81, v1.ProtocolUDP)))
		}
		web, skipped := create("web"), create("skipped")
		for service, labels := range map[*e2esvc.Service]map[string]string{web: nil, skipped: {discoveryv1.LabelSkipMirror: "true"}} {
			t.CreateEndpoints(ctx, service, labels, pod[0], pod[1], pod[0], pod[1])
		}
		check := func(phase string, first, second matrix.Expectation) {
			table := t.NewTable(e2esvc.Columns(web.VIP(), skipped.VIP()))
			for _, protocol := range e2esvc.Protocols {
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.VIPPort(80, protocol)), first)
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.VIPPort(81, protocol)), second)
			}
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("skipped"), matrix.Refuse())
			t.Check(ctx, phase, table)
		}

		check("mirrored", matrix.Connect("pod-8080").Exactly(), matrix.Connect("pod-9090").Exactly())
		t.DeleteEndpoints(ctx, web)
		check("Endpoints deleted", matrix.Refuse(), matrix.Refuse())
	})

	// BEY-03
	f.It("should follow a change of the target port and keep connections that there are", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "old", Group: "web", Node: 0},
			e2esvc.BackendSpec{Name: "new", Beside: "old", Ports: e2esvc.Ports{HTTP: 9090, UDP: 9091}})
		port := e2esvc.ServicePort(80, v1.ProtocolTCP)
		web := t.CreateService(ctx, "web", "web", port)
		check := func(phase, backend string) {
			table := t.NewTable(web.VIP())
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect(backend).Exactly())
			t.Check(ctx, phase, table)
		}

		check("first target", "old")
		// Each source has one connection at a time, and no other lasts as long:
		// those that are there when the target changes have to stay with it.
		const lasting = 4 * time.Second
		table := t.NewTable(e2esvc.Established(web.VIP(), lasting))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.ConnectSome("old", "new"))
		connections := t.Stream(ctx, "connections meanwhile", table, e2esvc.InOrder("old", "new"))
		web.Update(ctx, func(s *v1.Service) { s.Spec.Ports[0].TargetPort = intstr.FromInt(9090) })
		check("second target", "new")
		connections.For(ctx, 2*lasting)
	})

	// PORT-03
	f.It("should tell protocols on one port number apart", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0})
		tcp, udp := e2esvc.ServicePort(80, v1.ProtocolTCP), e2esvc.ServicePort(80, v1.ProtocolUDP)
		web := t.CreateService(ctx, "web", "web", tcp, e2esvc.WithPort(udp))
		check := func(phase string, overTCP, overUDP matrix.Expectation) {
			table := t.NewTable(e2esvc.Columns(web.VIPPort(80, v1.ProtocolTCP), web.VIPPort(80, v1.ProtocolUDP)))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.VIPPort(80, v1.ProtocolTCP)), overTCP)
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.VIPPort(80, v1.ProtocolUDP)), overUDP)
			t.Check(ctx, phase, table)
		}

		check("TCP and UDP", matrix.Connect("b1"), matrix.Connect("b1"))
		web.Update(ctx, func(s *v1.Service) { s.Spec.Ports = []v1.ServicePort{tcp} })
		check("TCP only", matrix.Connect("b1"), matrix.Fail())
		web.Update(ctx, func(s *v1.Service) { s.Spec.Ports = []v1.ServicePort{udp} })
		check("UDP only", matrix.Fail(), matrix.Connect("b1"))
	})
})

// checkPorts checks ports 80 and 81 of a Service.
func checkPorts(ctx context.Context, t *e2esvc.Topology, phase string, service *e2esvc.Service, first, second matrix.Expectation) {
	ginkgo.GinkgoHelper()
	table := t.NewTable(service.VIP())
	table.Expect(matrix.AllRows(), matrix.ColumnNamed(service.VIP()[0].Name), first)
	table.Expect(matrix.AllRows(), matrix.ColumnNamed(service.VIP()[1].Name), second)
	t.Check(ctx, phase, table)
}

// namingPort gives a backend's port for a protocol a name, which a Service can
// use as its target.
func namingPort(name string, protocol v1.Protocol) func(*e2esvc.Backend, *v1.Container) {
	return func(b *e2esvc.Backend, c *v1.Container) {
		c.Ports = []v1.ContainerPort{{Name: name, ContainerPort: int32(b.Ports.Of(protocol)), Protocol: protocol}}
	}
}

// withoutSelector makes a Service whose EndpointSlices are made by hand.
func withoutSelector(s *v1.Service) {
	s.Spec.Selector = nil
}
