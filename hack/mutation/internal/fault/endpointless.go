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

package fault

import (
	"sigs.k8s.io/service-e2e/hack/mutation/internal/rules"
	"sigs.k8s.io/service-e2e/hack/mutation/internal/world"
	"sigs.k8s.io/service-e2e/matrix"
)

// endpointless are faults of Services that have no endpoint to choose from.
func endpointless() []*Fault {
	return []*Fault{
		{
			Name:  "no-endpoints-dropped",
			Title: "One node drops what is for a Service without endpoints, instead of rejecting it",
			Bugs:  []string{"kubernetes/kubernetes#60124", "ovn-kubernetes/ovn-kubernetes#928", "kubernetes/kubernetes#31435"},
			How:   "On node-2, prerouting and output drop packets for ClusterIPs and node ports without a ready endpoint.",
			Focus: specNoEndpoints, Upstream: upstreamRejected, Quick: true,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Faults: []matrix.Fault{matrix.FaultDroppedInsteadOfRejected}, Node: "node-2",
			}},
			means: byRules(func(w *world.World) plan {
				p := plan{}
				withoutEndpoints(w, node2, func(f frontend, _ []world.Backend) {
					p[node2] = append(p[node2], f.drop()...)
				})
				return p
			}),
		},
		{
			Name:  "no-endpoints-dropped-pods",
			Title: "All nodes drop what pods send to a Service without endpoints, and reject what they send themselves",
			Bugs:  []string{"kubernetes/kubernetes#60124", "ovn-kubernetes/ovn-kubernetes#928"},
			How:   "On all nodes, prerouting drops packets for ClusterIPs without a ready endpoint.",
			Focus: specNoEndpoints, Upstream: upstreamRejected,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Faults: []matrix.Fault{matrix.FaultDroppedInsteadOfRejected},
				Coordinates: matrix.Coordinates{SourceKind: []string{string(matrix.SourcePod)}},
			}},
			means: byRules(func(w *world.World) plan {
				p := plan{}
				each(w.Services, func(s world.Service, port world.Port) {
					for _, f := range vips(s, port) {
						if ready, _ := port.Ready(f.v6); len(ready) == 0 {
							for i := range w.Nodes {
								p[i] = append(p[i], rules.Rule{Chain: rules.Pre, V6: f.v6, Match: f.match, Do: "drop"})
							}
						}
					}
				})
				return p
			}),
		},
		{
			Name:  "no-endpoints-forwarded",
			Title: "One node sends what is for a Service without endpoints to a pod of another Service",
			Bugs:  []string{"kubernetes/kubernetes#109414", "projectcalico/calico#13279"},
			How:   "On node-2, ClusterIPs and node ports without a ready endpoint are sent to a pod that belongs to another Service.",
			Focus: specNoEndpoints, Upstream: upstreamRejected,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Node: "node-2",
				Faults: []matrix.Fault{matrix.FaultForwardedInsteadOfRefused, matrix.FaultForeignBackend},
			}},
			means: byRules(func(w *world.World) plan {
				p := plan{}
				each(w.Services, func(s world.Service, port world.Port) {
					for _, f := range append(vips(s, port), nodePorts(w.Nodes[node2], port)...) {
						ready, _ := port.Ready(f.v6)
						if foreign, found := anyBackend(w, port.Protocol, f.v6); found && len(ready) == 0 {
							p[node2] = append(p[node2], f.sendTo(atRandom, foreign)...)
						}
					}
				})
				return p
			}),
		},
		{
			Name:  "unready-backend",
			Title: "One node balances to endpoints that are not ready",
			Bugs:  []string{"projectcalico/calico#4952", "kubernetes/kubernetes#106507", "cilium/cilium#21119"},
			How:   "On node-2, ClusterIPs are sent to all endpoints, ready or not.",
			Focus: specSlices, Upstream: upstreamUnready,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Node: "node-2",
				Faults: []matrix.Fault{matrix.FaultUnreadyBackend, matrix.FaultForwardedInsteadOfRefused, matrix.FaultStaleRules},
			}},
			means: byRules(func(w *world.World) plan {
				p := plan{}
				each(w.Subjects(), func(s world.Service, port world.Port) {
					for _, f := range vips(s, port) {
						if ready, unready := port.Ready(f.v6); len(unready) > 0 {
							p[node2] = append(p[node2], f.sendTo(atRandom, append(ready, unready...)...)...)
						}
					}
				})
				return p
			}),
		},
	}
}

// withoutEndpoints calls do for every frontend on a node of a Service port that
// has no ready endpoint, with those that are not ready.
func withoutEndpoints(w *world.World, node int, do func(frontend, []world.Backend)) {
	each(w.Services, func(s world.Service, port world.Port) {
		for _, f := range append(vips(s, port), nodePorts(w.Nodes[node], port)...) {
			if ready, unready := port.Ready(f.v6); len(ready) == 0 {
				do(f, unready)
			}
		}
	})
}

// anyBackend returns any ready backend there is.
func anyBackend(w *world.World, protocol string, v6 bool) (world.Backend, bool) {
	return foreignBackend(w, world.Service{}, protocol, v6)
}
