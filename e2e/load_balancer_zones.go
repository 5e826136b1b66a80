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
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"

	e2esvc "sigs.k8s.io/service-e2e/framework"
)

// How an endpoint leaves its node without anybody noticing, as KEP-1669 has it. A
// load balancer over three zones has one endpoint in each, and passes traffic to
// nodes whose health checks succeed.
//
//	                                        health check   node uses
//	b1 is ready                             200            b1
//	b1 terminates, and goes on serving      503            b1
//	its replacement runs, not ready yet     503            b1
//	the replacement is ready                200            replacement
//	b1 is gone                              200            replacement
//
// When the health check fails the load balancer turns away from the node, and what
// still comes, until it has noticed, is served. However late it is, and whichever
// nodes it takes for healthy, nothing is lost; which is a promise about each single
// node, so clients outside have to come by each:
//
//   - By node ports, as most load balancers do: the client outside of the cluster,
//     and the hosts of other nodes.
//   - By the addresses of a second load balancer, as one that hands packets on as
//     they are: the client outside of the cluster, where its routes can be changed.
//
// Others are answered, whatever happens on the node:
//
//   - The client outside by the address of a provider's load balancer, for each of
//     the nodes that it may choose serves at any time. That would be no promise if
//     a node had no endpoint for a while: some providers, MetalLB in L2 mode among
//     them, do not ask for health checks but follow the endpoints, and what comes
//     before they have done so is lost then.
//   - Clients in the cluster by the ClusterIP and by the load balancer's address,
//     for they get ready endpoints, on whichever node those are.
var _ = SIGDescribe("Services of type LoadBalancer over zones", func() {
	f := framework.NewDefaultFramework("zones")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	// TERM-09, ETP-02
	f.It("should lose no request when the only endpoint of a node terminates and is replaced", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		z := zonesOf(t)
		z.need(3)
		b := t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "b1", Group: "web", Node: z.firstNode(0), Grace: longGrace},
			e2esvc.BackendSpec{Name: "b2", Group: "web", Node: z.firstNode(1)},
			e2esvc.BackendSpec{Name: "b3", Group: "web", Node: z.firstNode(2)})
		local := externally(v1.ServiceExternalTrafficPolicyLocal)
		r := replacement{
			t:          t,
			web:        t.CreateLoadBalancer(ctx, "web", "web", e2esvc.ServicePort(80, v1.ProtocolTCP), local),
			routed:     t.CreateService(ctx, "routed", "web", e2esvc.ServicePort(80, v1.ProtocolTCP), e2esvc.ByHand, local).RouteByEachNode(ctx),
			successors: map[string][]string{"b1": {"b4"}},
		}

		r.check(ctx, "one ready endpoint in each zone", b, b)
		during := r.stream(ctx, "from b1 to b4", e2esvc.Health(1), e2esvc.Health(0))
		t.Terminate(ctx, b[0])
		r.check(ctx, "b1 terminating, its node unhealthy", b[1:], b)
		b4 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b4", Group: "web", Node: z.firstNode(0), Gated: true, NotReady: true})[0]
		r.check(ctx, "b1 terminating, b4 not ready yet", b[1:], b)
		t.SetReady(ctx, b4, true)
		replaced := []*e2esvc.Backend{b4, b[1], b[2]}
		r.check(ctx, "b1 terminating, b4 ready, their node healthy again", replaced, replaced)
		t.EndGrace(ctx, b[0])
		r.check(ctx, "b1 gone", replaced, replaced)
		during.stop()
	})
})
