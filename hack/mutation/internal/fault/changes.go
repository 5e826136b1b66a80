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

// changes are faults that show when something changes.
func changes() []*Fault {
	return []*Fault{
		{
			Name:  "proxy-frozen",
			Title: "kube-proxy of one node is frozen while endpoints change; what it has programmed goes on working",
			Bugs:  []string{"kubernetes/kubernetes#28674", "kubernetes/kubernetes#70493", "kubernetes/kubernetes#112604"},
			How:   "On node-2, kube-proxy is stopped by SIGSTOP once it has programmed the Services of the spec.",
			Focus: specDeleted, Upstream: upstreamUpdate + "|" + upstreamUpAndDown, Quick: true,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Node: "node-2",
				Faults: []matrix.Fault{matrix.FaultStaleRules, matrix.FaultDeadBackend, matrix.FaultIntermittent},
			}},
			means: frozenProxy(node2, onceProgrammed),
		},
		{
			Name:  "proxy-dead",
			Title: "kube-proxy of one node programs nothing any more",
			Bugs:  []string{"kubernetes/kubernetes#136786", "kubernetes/kubernetes#134024", "siderolabs/pkgs#951"},
			How:   "On node-2, kube-proxy is stopped by SIGSTOP before there is any Service of the spec.",
			Focus: specSlices, Upstream: upstreamBasic,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Node: "node-2",
				Faults: []matrix.Fault{matrix.FaultUnreachable, matrix.FaultStaleRules},
			}},
			means: frozenProxy(node2, func() func(*world.World) bool { return func(*world.World) bool { return true } }),
		},
		{
			Name:  "affinity-ignored",
			Title: "One node ignores session affinity",
			Bugs:  []string{"kubernetes/kubernetes#52626", "antrea-io/antrea#1395", "cilium/cilium#13271", "projectcalico/calico#13399"},
			How:   "On node-2, Services with affinity are sent to a backend at random.",
			Focus: specAffinity, Upstream: upstreamAffinity,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Faults: []matrix.Fault{matrix.FaultAffinityIgnored}, Node: "node-2",
			}},
			means: byRules(func(w *world.World) plan { return plan{node2: withAffinity(w, node2, atRandom)} }),
		},
		{
			Name:  "affinity-endless",
			Title: "Session affinity never ends on one node, however long a client was idle",
			Bugs:  []string{"antrea-io/antrea#1570", "projectcalico/felix#2537", "kubernetes/kubernetes#71809"},
			How:   "On node-2, Services with affinity are sent to a backend that the client's address decides.",
			Focus: specAffinityEnd, Upstream: upstreamExpiry,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Faults: []matrix.Fault{matrix.FaultAffinityStuck}, Node: "node-2",
			}},
			means: byRules(func(w *world.World) plan { return plan{node2: withAffinity(w, node2, byClient)} }),
		},
		{
			Name:  "affinity-stuck",
			Title: "Session affinity goes on where it was switched off, on one node",
			Bugs:  []string{"kubernetes/kubernetes#89358", "cilium/cilium#13271"},
			How:   "On node-2, a Service that has ever had affinity is sent to a backend that the client's address decides.",
			Focus: specAffinityOff, Upstream: "Services should be able to switch session affinity for service with type clusterIP",
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Faults: []matrix.Fault{matrix.FaultAffinityStuck}, Node: "node-2",
			}},
			means: remembering(func() func(*world.World) plan {
				ever := map[string]bool{}
				return func(w *world.World) plan {
					p := plan{}
					each(w.Subjects(), func(s world.Service, port world.Port) {
						ever[s.String()] = ever[s.String()] || s.Affinity
						for _, f := range append(vips(s, port), nodePorts(w.Nodes[node2], port)...) {
							if ready, _ := port.Ready(f.v6); ever[s.String()] {
								p[node2] = append(p[node2], f.sendTo(byClient, ready...)...)
							}
						}
					})
					return p
				}
			}),
		},
		{
			Name:  "udp-stale-flow",
			Title: "One node keeps the UDP flows of clients to a backend that is gone",
			Bugs: []string{
				"kubernetes/kubernetes#19029", "kubernetes/kubernetes#48370", "kubernetes/kubernetes#106163",
				"kubernetes/kubernetes#139628", "antrea-io/antrea#5112",
			},
			How:   "On node-2, a map remembers where each UDP flow has gone, and sends it there again after kube-proxy has removed its entry of connection tracking.",
			Focus: specStaleFlow, Upstream: upstreamConntrack,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Faults: []matrix.Fault{matrix.FaultStaleFlow}, Node: "node-2",
				Coordinates: matrix.Coordinates{Protocol: []string{"UDP"}},
			}},
			means: staleFlows(node2),
		},
	}
}

// withAffinity sends the frontends of Services with affinity on a node to a ready
// backend by another choice.
func withAffinity(w *world.World, node int, choice string) []rules.Rule {
	var all []rules.Rule
	each(w.Subjects(), func(s world.Service, port world.Port) {
		for _, f := range append(vips(s, port), nodePorts(w.Nodes[node], port)...) {
			if ready, _ := port.Ready(f.v6); s.Affinity {
				all = append(all, f.sendTo(choice, ready...)...)
			}
		}
	})
	return all
}

// onceProgrammed tells the moment when all proxies have programmed the Services
// of a spec and nothing has changed yet: the suite's sentinel has come and gone.
// Other suites have none; there it is when the first backend is deleted.
func onceProgrammed() func(*world.World) bool {
	sentinel := false
	return func(w *world.World) bool {
		subjects := false
		each(w.Subjects(), func(_ world.Service, p world.Port) { subjects = subjects || len(p.Backends) > 0 })
		deleted := false
		for _, pod := range w.Pods {
			deleted = deleted || pod.Terminating && !pod.Shared
		}
		over := sentinel && w.Sentinels == 0
		sentinel = sentinel || w.Sentinels > 0
		return subjects && (over || deleted)
	}
}
