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

// Backends that are replaced while clients go on: not one request may be lost,
// from no source and by no frontend. That is promised to connections, which is
// why it is TCP here: when a proxy makes a node forget the UDP flows of an
// endpoint that leaves, an answer that is under way then is lost.
var _ = SIGDescribe("Services whose backends are replaced", func() {
	f := framework.NewDefaultFramework("replacement")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	tcp := e2esvc.ServicePort(80, v1.ProtocolTCP)

	// TERM-07
	f.It("should lose no request when readiness gates turn from blue to green", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		gated := func(name string, node int) e2esvc.BackendSpec {
			return e2esvc.BackendSpec{Name: name, Group: "web", Node: node, Gated: true, NotReady: true}
		}
		backends := t.CreateBackends(ctx, gated("blue1", 0), gated("blue2", 1), gated("green1", 1), gated("green2", 2))
		blue, green := backends[:2], backends[2:]
		web := t.CreateService(ctx, "web", "web", tcp, e2esvc.OfType(v1.ServiceTypeNodePort))
		check := func(phase string, expected matrix.Expectation, options ...e2esvc.CheckOption) {
			table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts()))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), expected)
			t.Check(ctx, phase, table, options...)
		}
		turn := func(backends []*e2esvc.Backend, ready bool) {
			for _, b := range backends {
				t.SetReady(ctx, b, ready)
			}
		}

		check("neither", matrix.Refuse())
		turn(blue, true)
		check("blue", matrix.Connect(e2esvc.Names(blue...)...).Exactly())
		table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts()))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.ConnectSome(e2esvc.Names(backends...)...))
		during := t.Stream(ctx, "from blue to green", table)
		turn(green, true)
		check("blue and green", matrix.Connect(e2esvc.Names(backends...)...))
		turn(blue, false)
		check("green", matrix.Connect(e2esvc.Names(green...)...).Exactly(), e2esvc.Hold(holdAfterRemoval))
		during.Stop()
	})

	for _, policy := range []v1.ServiceExternalTrafficPolicy{v1.ServiceExternalTrafficPolicyCluster, v1.ServiceExternalTrafficPolicyLocal} {
		// TERM-08, TERM-09: the replacement is ready before what it replaces
		// begins to terminate. Under Cluster it comes to another node; under
		// Local to the same one, so that the node's health never fails, which
		// leaves a load balancer no reason to turn away from it.
		f.It(fmt.Sprintf("should lose no request in a rolling update when externalTrafficPolicy is %s", policy), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			var old, replacements []e2esvc.BackendSpec
			successors := map[string][]string{}
			for i := range t.Nodes {
				before := e2esvc.BackendSpec{Name: fmt.Sprintf("old%d", i+1), Group: "web", Node: i, Grace: longGrace}
				after := e2esvc.BackendSpec{Name: fmt.Sprintf("new%d", i+1), Group: "web", Node: i}
				if policy == v1.ServiceExternalTrafficPolicyCluster {
					after.Node++
				}
				old, replacements = append(old, before), append(replacements, after)
				successors[before.Name] = []string{after.Name}
			}
			current := t.CreateBackends(ctx, old...)
			r := replacement{t: t, web: t.CreateLoadBalancer(ctx, "web", "web", tcp, externally(policy)), successors: successors}

			r.check(ctx, "before", current, current)
			during := r.stream(ctx, "during the update", e2esvc.Health(1), e2esvc.Health(2))
			for i, b := range current {
				current[i] = t.CreateBackends(ctx, replacements[i])[0]
				t.Terminate(ctx, b)
				r.check(ctx, fmt.Sprintf("%s ready, %s terminating", current[i].Name, b.Name), current, current)
				// No node sends anything to it any more, so it may go at once.
				t.EndGrace(ctx, b)
			}
			during.stop()
		})
	}
})
