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

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"
	"k8s.io/utils/ptr"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

var _ = SIGDescribe("Services session affinity", func() {
	f := framework.NewDefaultFramework("affinity")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		over := func(text string) string { return fmt.Sprintf("%s over %s", text, protocol) }

		// AFF-01, AFF-04, AFF-07, AFF-08, OLD-06
		f.It(over("should keep each client at one endpoint"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			names := e2esvc.Names(t.BackendPerNode(ctx, "web")...)
			sticky := t.CreateService(ctx, "sticky", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort), clientIP(time.Hour))
			// The same endpoints without affinity show that a client that
			// stays at one does so by affinity.
			loose := t.CreateService(ctx, "loose", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort))

			table := t.NewTable(e2esvc.Columns(sticky.VIP(), sticky.NodePorts(), loose.VIP(), loose.NodePorts()))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("sticky"), matrix.Pinned(names...))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("loose"), matrix.Connect(names...))
			t.Check(ctx, "ClientIP beside None", table)
		})

		// AFF-03, AFF-06
		f.It(over("should follow a switch of the affinity"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			names := e2esvc.Names(t.BackendPerNode(ctx, "web")...)
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort), clientIP(time.Hour))
			other := t.CreateService(ctx, "other", "web", e2esvc.ServicePort(80, protocol), clientIP(time.Hour))
			check := func(phase string, expected matrix.Expectation) {
				table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts()))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), expected)
				t.Check(ctx, phase, table)
			}

			check("ClientIP", matrix.Pinned(names...))
			// A Service that nobody touches keeps its clients where they are.
			table := t.NewTable(other.VIP())
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("other"), matrix.Pinned(names...))
			untouched := t.Stream(ctx, "another Service meanwhile", table, e2esvc.Every(time.Second))
			web.Update(ctx, withoutAffinity)
			check("None", matrix.Connect(names...))
			web.Update(ctx, clientIP(time.Hour))
			check("ClientIP again", matrix.Pinned(names...))
			untouched.Stop()
		})

		for _, policy := range []v1.ServiceExternalTrafficPolicy{v1.ServiceExternalTrafficPolicyCluster, v1.ServiceExternalTrafficPolicyLocal} {
			// AFF-09 to AFF-12. Under Local all endpoints are on one node: a
			// client outside has a choice there, and a load balancer has none.
			f.It(over(fmt.Sprintf("should hold for load balancers and follow a switch when externalTrafficPolicy is %s", policy)), func(ctx context.Context) {
				t := e2esvc.NewTopology(ctx, f)
				specs := []e2esvc.BackendSpec{{Name: "b1", Group: "web"}, {Name: "b2", Group: "web"}, {Name: "b3", Group: "web"}}
				if policy == v1.ServiceExternalTrafficPolicyCluster {
					for i := range specs {
						specs[i].Node = i
					}
				}
				names := e2esvc.Names(t.CreateBackends(ctx, specs...)...)
				web := t.CreateLoadBalancer(ctx, "web", "web", e2esvc.ServicePort(80, protocol), externally(policy), clientIP(time.Hour))
				twin := t.CreateLoadBalancer(ctx, "twin", "web", e2esvc.ServicePort(80, protocol), externally(policy))
				// The twin always has the other kind of affinity.
				check := func(phase string, ofWeb, ofTwin matrix.Expectation) {
					table := t.NewTable(e2esvc.Columns(web.LoadBalancer(), twin.LoadBalancer()))
					table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), ofWeb)
					table.Expect(matrix.AllRows(), matrix.ColumnsOfService("twin"), ofTwin)
					notFromOutsideIfMadeUp(table, web, twin)
					t.Check(ctx, phase, table)
				}

				check("ClientIP", matrix.Pinned(names...), matrix.Connect(names...))
				web.Update(ctx, withoutAffinity)
				twin.Update(ctx, clientIP(time.Hour))
				check("None", matrix.Connect(names...), matrix.Pinned(names...))
				web.Update(ctx, clientIP(time.Hour))
				twin.Update(ctx, withoutAffinity)
				check("ClientIP again", matrix.Pinned(names...), matrix.Connect(names...))
			})
		}

		// AFF-02, AFF-05, BEY-22
		f.It(over("should let a client go when it was idle for longer than the timeout, and not before"), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			names := e2esvc.Names(t.BackendPerNode(ctx, "web")...)
			// Every probe begins the timeout anew, so a client that is never
			// idle for that long never moves.
			const timeout, brief = 6 * time.Second, time.Second
			lasting := t.CreateService(ctx, "lasting", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort), clientIP(timeout))
			expiring := t.CreateService(ctx, "expiring", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort), clientIP(brief))
			stream := func(phase string, service *e2esvc.Service, expected matrix.Expectation, options ...e2esvc.StreamOption) *e2esvc.Stream {
				table := t.NewTable(e2esvc.Columns(service.VIP(), service.NodePorts()))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService(service.Name), expected)
				return t.Stream(ctx, phase, table, options...)
			}
			// With three endpoints, the chance that a client that is free to
			// move has not done so after this many tries is 3^-13.
			const tries, pause = 14, 3 * brief
			moving := stream("idle for longer", expiring, matrix.Roaming(names...), e2esvc.Every(pause))
			staying := stream("never idle for long", lasting, matrix.Pinned(names...), e2esvc.Every(timeout/4), e2esvc.Within(timeout))
			moving.For(ctx, tries*pause)
			staying.Stop()
		})
	}
})

// clientIP makes a Service keep each client at one endpoint until it was idle
// for the timeout.
func clientIP(timeout time.Duration) func(*v1.Service) {
	return func(s *v1.Service) {
		s.Spec.SessionAffinity = v1.ServiceAffinityClientIP
		s.Spec.SessionAffinityConfig = &v1.SessionAffinityConfig{ClientIP: &v1.ClientIPConfig{TimeoutSeconds: ptr.To(int32(timeout.Seconds()))}}
	}
}

// withoutAffinity lets the clients of a Service go where they like.
func withoutAffinity(s *v1.Service) {
	s.Spec.SessionAffinity, s.Spec.SessionAffinityConfig = v1.ServiceAffinityNone, nil
}
