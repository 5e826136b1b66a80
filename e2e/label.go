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
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// serviceProxyName is the label by which a Service says that another Service
// proxy than the default one takes care of it (KEP-2447).
const serviceProxyName = "service.kubernetes.io/service-proxy-name"

var _ = SIGDescribe("Services labels", func() {
	f := framework.NewDefaultFramework("labels")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		over := func(text string) string { return fmt.Sprintf("%s over %s", text, protocol) }

		// LBL-01, OLD-13
		f.It(over("should leave Services to the proxy that the label service-proxy-name names"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			backends := t.BackendPerNode(ctx, "web")
			all := matrix.Connect(e2esvc.Names(backends...)...)
			create := func(name string, tweaks ...func(*v1.Service)) *e2esvc.Service {
				return t.CreateService(ctx, name, "web", e2esvc.ServicePort(80, protocol), append(tweaks, e2esvc.OfType(v1.ServiceTypeNodePort))...)
			}
			unlabelled, labelled := create("unlabelled"), create("labelled", withLabel(serviceProxyName))
			// A ClusterIP is not probed before the proxies take care of it:
			// a connection that leaves the node untranslated would make its
			// source port useless for a while. So one Service goes each way.
			given, taken := create("given", withLabel(serviceProxyName)), create("taken")
			services := []*e2esvc.Service{unlabelled, labelled, given, taken}
			check := func(phase string, expected map[*e2esvc.Service]matrix.Expectation) {
				var columns []matrix.Column
				for _, service := range services {
					columns = e2esvc.Columns(columns, service.VIP(), service.NodePorts())
				}
				table := t.NewTable(columns)
				for _, service := range services {
					if _, failing := expected[service]; !failing {
						table.Expect(matrix.AllRows(), matrix.ColumnsOfService(service.Name), all)
						continue
					}
					// What becomes of packets to a ClusterIP that no proxy
					// knows is up to the network.
					table.Expect(matrix.AllRows(), matrix.ColumnsIn(service.VIP()), expected[service])
					table.Expect(matrix.AllRows(), matrix.ColumnsIn(service.NodePorts()), matrix.Refuse())
				}
				t.Check(ctx, phase, table)
			}

			check("before", map[*e2esvc.Service]matrix.Expectation{labelled: matrix.Fail(), given: matrix.NotProbed()})
			given.Update(ctx, withoutLabel(serviceProxyName))
			taken.Update(ctx, withLabel(serviceProxyName))
			check("one unlabelled, one labelled", map[*e2esvc.Service]matrix.Expectation{labelled: matrix.Fail(), taken: matrix.Fail()})
		})

		// LBL-02, OLD-14
		f.It(over("should ignore EndpointSlices with the headless label but not Services"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0})[0]
			web := t.CreateService(ctx, "web", "", e2esvc.ServicePort(80, protocol), withoutSelector)
			slice := t.CreateEndpointSlice(ctx, web, web.Spec.Ports[0], b1)
			// Since v1.36 the label of the Service itself means nothing.
			onService := t.CreateService(ctx, "on-service", "web", e2esvc.ServicePort(80, protocol), withLabel(v1.IsHeadlessService))
			check := func(phase string, expected matrix.Expectation) {
				table := t.NewTable(e2esvc.Columns(web.VIP(), onService.VIP()))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), expected)
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("on-service"), matrix.Connect("b1"))
				t.Check(ctx, phase, table)
			}

			check("EndpointSlice without the label", matrix.Connect("b1"))
			slice = t.UpdateEndpointSlice(ctx, slice, func(s *discoveryv1.EndpointSlice) { s.Labels[v1.IsHeadlessService] = "" })
			check("with it", matrix.Refuse())
			t.UpdateEndpointSlice(ctx, slice, func(s *discoveryv1.EndpointSlice) { delete(s.Labels, v1.IsHeadlessService) })
			check("without it again", matrix.Connect("b1"))
		})
	}
})

// withLabel gives a Service a label.
func withLabel(label string) func(*v1.Service) {
	return func(s *v1.Service) {
		if s.Labels == nil {
			s.Labels = map[string]string{}
		}
		s.Labels[label] = "somebody-else"
	}
}

// withoutLabel takes a label from a Service.
func withoutLabel(label string) func(*v1.Service) {
	return func(s *v1.Service) { delete(s.Labels, label) }
}
