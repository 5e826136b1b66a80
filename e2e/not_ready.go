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
	"math"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"
	"k8s.io/utils/ptr"

	"sigs.k8s.io/service-e2e/e2e/findings"
	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// publishing makes a Service treat pods that are not ready like those that are,
// or no longer.
func publishing(publish bool) func(*v1.Service) {
	return func(s *v1.Service) { s.Spec.PublishNotReadyAddresses = publish }
}

var _ = SIGDescribe("Services with unready pods", func() {
	f := framework.NewDefaultFramework("not-ready")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		over := func(text string) string { return fmt.Sprintf("%s over %s", text, protocol) }

		// BEY-64
		f.It(over("should follow the readiness of its pods"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			backends := t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Gated: true},
				e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1, Gated: true})
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort))
			check := func(phase string, expected matrix.Expectation, options ...e2esvc.CheckOption) {
				table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts()))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), expected)
				t.Check(ctx, phase, table, options...)
			}

			check("both ready", matrix.Connect("b1", "b2"))
			t.SetReady(ctx, backends[0], false)
			check("b1 unready", matrix.Connect("b2").Exactly(), e2esvc.Hold(holdAfterRemoval))
			t.SetReady(ctx, backends[1], false)
			check("both unready", matrix.Refuse())
			t.SetReady(ctx, backends[0], true)
			check("b1 ready again", matrix.Connect("b1").Exactly())
		})

		// PNR-01, PNR-02, PNR-03: the twins have the same pod, and at each time
		// one publishes it and the other does not.
		f.It(over("should use them only while publishNotReadyAddresses is set"), early, func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Gated: true, NotReady: true, Grace: longGrace})[0]
			create := func(name string, publish bool) *e2esvc.Service {
				return t.CreateService(ctx, name, "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort), publishing(publish))
			}
			left, right := create("left", true), create("right", false)
			check := func(phase string) {
				table := t.NewTable(e2esvc.Columns(left.VIP(), left.NodePorts(), right.VIP(), right.NodePorts()))
				for _, twin := range []*e2esvc.Service{left, right} {
					expected := matrix.Refuse()
					if twin.Spec.PublishNotReadyAddresses {
						expected = matrix.Connect("b1")
					}
					table.Expect(matrix.AllRows(), matrix.ColumnsOfService(twin.Name), expected)
					if twin.Spec.PublishNotReadyAddresses && protocol == v1.ProtocolUDP {
						table.KnownFailure(findings.UDPPublishedUnready, matrix.AllRows(), matrix.ColumnsIn(twin.VIP()), matrix.Lossy("b1"))
					}
				}
				t.Check(ctx, phase, table, e2esvc.Hold(holdAfterRemoval))
			}
			swap := func() {
				for _, twin := range []*e2esvc.Service{left, right} {
					twin.Update(ctx, publishing(!twin.Spec.PublishNotReadyAddresses))
				}
			}

			check("unready")
			swap()
			check("unready, twins swapped")
			t.Terminate(ctx, b1)
			check("unready and terminating")
			swap()
			check("unready and terminating, twins swapped")
			t.EndGrace(ctx, b1)
		})

		// BEY-65
		f.It(over("should count them as ready for every policy if publishNotReadyAddresses is set"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			t.NeedNodes(2)
			n1, n2 := t.Node(0), t.Node(1)
			t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Gated: true, NotReady: true},
				e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1})
			create := func(name string, tweak func(*v1.Service)) *e2esvc.Service {
				return t.CreateService(ctx, name, "web", e2esvc.ServicePort(80, protocol), tweak, publishing(true))
			}
			internal := create("internal-local", func(s *v1.Service) {
				s.Spec.InternalTrafficPolicy = ptr.To(v1.ServiceInternalTrafficPolicyLocal)
			})
			external := create("external-local", func(s *v1.Service) {
				s.Spec.Type = v1.ServiceTypeNodePort
				s.Spec.ExternalTrafficPolicy = v1.ServiceExternalTrafficPolicyLocal
			})
			headless := func(s *v1.Service) { s.Spec.ClusterIP = v1.ClusterIPNone }
			query := func(service *e2esvc.Service) matrix.Column {
				return t.DNS(service.Name, t.DNSName(service.Name), e2esvc.AddressRecord(t.Families[0]))
			}
			published := query(create("published", headless))
			strict := query(t.CreateService(ctx, "strict", "web", e2esvc.ServicePort(80, protocol), headless))
			columns := e2esvc.Columns(internal.VIP(), external.NodePorts(), published, strict)
			zonal := n1.Zone != "" && n2.Zone != "" && n1.Zone != n2.Zone
			if zonal {
				same := create("same-zone", func(s *v1.Service) {
					s.Spec.TrafficDistribution = ptr.To(v1.ServiceTrafficDistributionPreferSameZone)
				})
				columns = append(columns, same.VIP()...)
			}

			table := t.NewTable(columns)
			both := matrix.Connect("b1", "b2")
			if len(t.Nodes) > 2 {
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("internal-local"), matrix.TimeOut())
			}
			for backend, node := range map[string]e2esvc.Node{"b1": n1, "b2": n2} {
				table.Expect(matrix.RowsOn(node.Name), matrix.ColumnsOfService("internal-local"), matrix.Connect(backend).Exactly())
			}
			for _, node := range t.Nodes {
				there := matrix.And(matrix.ColumnsIn(external.NodePorts()), matrix.ColumnsOn(node.Name))
				// What is promised to clients in the cluster: see the specs of
				// the policies.
				table.Expect(matrix.AllRows(), there, matrix.Implementation())
				expected := matrix.TimeOut()
				switch node.Name {
				case n1.Name:
					expected = matrix.Connect("b1").Exactly()
				case n2.Name:
					expected = matrix.Connect("b2").Exactly()
				}
				table.Expect(matrix.RowsOfKind(matrix.SourceExternal), there, expected)
			}
			table.Expect(matrix.AllRows(), matrix.ColumnsIn([]matrix.Column{published}), matrix.Connect(e2esvc.Records("b1", "b2")))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn([]matrix.Column{strict}), matrix.Connect(e2esvc.Records("b2")))
			if zonal {
				zone := matrix.ColumnsOfService("same-zone")
				table.Expect(matrix.AllRows(), zone, both)
				for _, node := range t.Nodes {
					switch node.Zone {
					case n1.Zone:
						table.Expect(matrix.RowsOn(node.Name), zone, matrix.Connect("b1").Exactly())
					case n2.Zone:
						table.Expect(matrix.RowsOn(node.Name), zone, matrix.Connect("b2").Exactly())
					}
				}
			}
			if protocol == v1.ProtocolUDP {
				services := matrix.ColumnsOfService("internal-local", "external-local", "same-zone")
				table.KnownFailure(findings.UDPPublishedUnready, matrix.AllRows(), services, matrix.Lossy("b1", "b2"))
			}
			t.Check(ctx, "b1 unready, b2 ready", table)
		})
	}

	// BEY-65: a datagram and its answer are a flow that the node between has to
	// remember. Whether the backend is ready must make no difference to it, for
	// that is what publishing it means; nor what becomes of another Service.
	f.It("should get late answers over UDP while another Service changes if publishNotReadyAddresses is set", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		backends := t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Gated: true, NotReady: true, Tweak: t.AnswerLate},
			e2esvc.BackendSpec{Name: "b2", Group: "calm", Node: 1, Tweak: t.AnswerLate},
			e2esvc.BackendSpec{Name: "b3", Group: "other", Node: 2, Gated: true})
		web := t.CreateService(ctx, "web", "web", e2esvc.LateServicePort(), e2esvc.OfType(v1.ServiceTypeNodePort), publishing(true))
		calm := t.CreateService(ctx, "calm", "calm", e2esvc.LateServicePort(), e2esvc.OfType(v1.ServiceTypeNodePort))
		other := t.CreateService(ctx, "other", "other", e2esvc.ServicePort(80, v1.ProtocolUDP))

		vips := e2esvc.Late(web.VIP())
		table := t.NewTable(e2esvc.Columns(vips, e2esvc.Late(web.NodePorts()), e2esvc.Late(calm.VIP()), e2esvc.Late(calm.NodePorts())))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect("b1"))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("calm"), matrix.Connect("b2"))
		table.KnownFailure(findings.UDPPublishedUnready, matrix.AllRows(), matrix.ColumnsIn(vips), matrix.Implementation())
		stream := t.Stream(ctx, "while another Service changes", table)
		for _, ready := range []bool{false, true} {
			t.SetReady(ctx, backends[2], ready)
			expected := matrix.Refuse()
			if ready {
				expected = matrix.Connect("b3")
			}
			table := t.NewTable(other.VIP())
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("other"), expected)
			t.Check(ctx, fmt.Sprintf("b3 ready %v", ready), table)
		}
		// The finding is about answers that get lost, and about nothing else.
		expectLosses(stream.Stop(), vips, "b1", math.MaxInt)
	})
})
