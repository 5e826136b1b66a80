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
	"fmt"
	"slices"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/rules"
	"sigs.k8s.io/service-e2e/hack/mutation/internal/world"
	"sigs.k8s.io/service-e2e/matrix"
)

// policies are faults of traffic policies.
func policies() []*Fault {
	return []*Fault{
		{
			Name:  "external-local-ignored",
			Title: "Nodes without a local endpoint forward node ports to other nodes under externalTrafficPolicy Local",
			Bugs:  []string{"kubernetes/kubernetes#71596", "kubernetes/kubernetes#66062", "ovn-kubernetes/ovn-kubernetes#6656"},
			How:   "On nodes without a local endpoint, node ports of Services with that policy are sent to all endpoints.",
			Focus: specExternalLocal, Upstream: upstreamLocal,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Faults: []matrix.Fault{matrix.FaultLocalPolicyIgnored},
				Coordinates: matrix.Coordinates{FrontendKind: []string{string(matrix.FrontendNodePort)}},
			}},
			means: byRules(func(w *world.World) plan {
				p := plan{}
				localPolicies(w, func(node int, f frontend, external bool, ready []world.Backend) {
					if external {
						p[node] = append(p[node], f.sendTo(atRandom, ready...)...)
					}
				})
				return p
			}),
		},
		{
			Name:  "internal-local-ignored",
			Title: "Nodes without a local endpoint forward ClusterIPs to other nodes under internalTrafficPolicy Local",
			Bugs:  []string{"projectcalico/calico#8255"},
			How:   "On nodes without a local endpoint, ClusterIPs of Services with that policy are sent to all endpoints.",
			Focus: specInternalLocal, Upstream: upstreamInternal,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Faults: []matrix.Fault{matrix.FaultLocalPolicyIgnored},
			}},
			means: byRules(func(w *world.World) plan {
				p := plan{}
				localPolicies(w, func(node int, f frontend, external bool, ready []world.Backend) {
					if !external {
						p[node] = append(p[node], f.sendTo(atRandom, ready...)...)
					}
				})
				return p
			}),
		},
		{
			Name:  "local-policy-rejected",
			Title: "Nodes without a local endpoint reject what they should drop under a Local policy",
			How:   "On nodes without a local endpoint, ClusterIPs and node ports of Services with that policy are refused.",
			Focus: specInternalLocal, Upstream: upstreamInternal,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Faults: []matrix.Fault{matrix.FaultRejectedInsteadOfDropped},
			}},
			means: byRules(func(w *world.World) plan {
				p := plan{}
				localPolicies(w, func(node int, f frontend, _ bool, _ []world.Backend) {
					p[node] = append(p[node], f.refuse()...)
				})
				return p
			}),
		},
		{
			Name:  "health-check-lying",
			Title: "The health check node port says 200 on nodes without a local endpoint",
			Bugs:  []string{"cilium/cilium#11043", "kubernetes/kubernetes#44311", "cloudnativelabs/kube-router#455"},
			How:   "On nodes without a local endpoint, health check node ports are sent to a node that has one.",
			Focus: specHealthCheck, Upstream: upstreamHealth,
			Expect: []Expectation{{
				Culprit: matrix.CulpritHealthCheck, Faults: []matrix.Fault{matrix.FaultHealthCheckWrong},
			}},
			means: byRules(func(w *world.World) plan {
				p := plan{}
				for _, s := range w.Subjects() {
					if s.HealthCheck == 0 || len(s.Ports) == 0 {
						continue
					}
					ready := slices.DeleteFunc(slices.Clone(s.Ports[0].Backends), func(b world.Backend) bool { return !b.Ready || w.Node(b.Node) < 0 })
					if len(ready) == 0 {
						continue
					}
					truth := w.Nodes[w.Node(ready[0].Node)]
					for i, node := range w.Nodes {
						if len(local(ready, node.Name)) > 0 {
							continue
						}
						for _, f := range nodePorts(node, world.Port{Protocol: "tcp", NodePort: s.HealthCheck}) {
							p[i] = append(p[i], f.sendTo(atRandom, world.Backend{Address: world.Of(f.v6, truth.Addresses), Port: s.HealthCheck})...)
						}
					}
				}
				return p
			}),
		},
	}
}

// localPolicies calls do for every frontend to which a Local policy applies, on
// every node that has no ready endpoint of it, with those of other nodes.
func localPolicies(w *world.World, do func(node int, f frontend, external bool, ready []world.Backend)) {
	each(w.Subjects(), func(s world.Service, port world.Port) {
		for i, node := range w.Nodes {
			visit := func(external bool, all []frontend) {
				for _, f := range all {
					if ready, _ := port.Ready(f.v6); len(ready) > 0 && len(local(ready, node.Name)) == 0 {
						do(i, f, external, ready)
					}
				}
			}
			if s.InternalLocal {
				visit(false, vips(s, port))
			}
			if s.ExternalLocal {
				visit(true, nodePorts(node, port))
			}
		}
	})
}

// addresses are faults of the source address that backends see.
func addresses() []*Fault {
	return []*Fault{
		{
			Name:  "source-rewritten",
			Title: "One node rewrites the source address of pods that use a ClusterIP",
			Bugs:  []string{"kubernetes/kubernetes#27110", "kubernetes/kubernetes#89869", "cilium/cilium#9284"},
			How:   "On node-2, all traffic to backends is masqueraded.",
			Focus: specSource, Upstream: upstreamSource,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Faults: []matrix.Fault{matrix.FaultSourceRewritten}, Node: "node-2",
			}},
			means: byRules(func(w *world.World) plan { return plan{node2: toBackends(w, "masquerade")} }),
		},
		{
			Name:  "source-kept",
			Title: "One node keeps the source address of what comes from elsewhere to a node port with a backend on that node",
			Bugs:  []string{"kubernetes/kubernetes#44916", "kubernetes-retired/kpng#295"},
			How:   "On node-1, the mark for masquerading is cleared from packets to its pods, unless they come from its pods.",
			Focus: specSource, Upstream: upstreamNodePort,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Faults: []matrix.Fault{matrix.FaultSourceKept}, Node: "node-1",
				Coordinates: matrix.Coordinates{FrontendKind: []string{string(matrix.FrontendNodePort)}},
			}},
			means: byRules(func(w *world.World) plan {
				p := plan{}
				for _, cidr := range w.Nodes[node1].PodCIDRs {
					v6 := world.V6(cidr)
					p[node1] = append(p[node1], rules.Rule{
						Chain: rules.Mark, V6: v6, Match: fmt.Sprintf("ct status dnat %[1]s daddr %[2]s %[1]s saddr != %[2]s", inFamily(v6), cidr),
						Do: "meta mark set meta mark and 0xffffbfff",
					})
				}
				return p
			}),
		},
	}
}

// toBackends returns rules for the source address of what is sent to backends.
func toBackends(w *world.World, do string) []rules.Rule {
	var all []rules.Rule
	seen := map[string]bool{}
	each(w.Subjects(), func(_ world.Service, port world.Port) {
		for _, b := range port.Backends {
			if v6 := world.V6(b.Address); !seen[b.Address] {
				seen[b.Address] = true
				all = append(all, rules.Rule{
					Chain: rules.PostNAT, V6: v6, Match: fmt.Sprintf("ct status dnat %s daddr %s", inFamily(v6), b.Address), Do: do,
				})
			}
		}
	})
	return all
}
