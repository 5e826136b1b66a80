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
	"net/netip"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/rules"
	"sigs.k8s.io/service-e2e/hack/mutation/internal/world"
	"sigs.k8s.io/service-e2e/matrix"
)

// balancing are faults in the choice of a backend.
func balancing() []*Fault {
	return []*Fault{
		{
			Name:  "backend-missing",
			Title: "One node never chooses one of the ready backends",
			Bugs:  []string{"kubernetes/kubernetes#121362", "kubernetes-retired/kpng#8", "kubernetes/kubernetes#92019"},
			How:   "On node-2, the ClusterIP is sent to all backends but the first.",
			Focus: specDeleted, Upstream: upstreamPodService, Quick: true,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Faults: []matrix.Fault{matrix.FaultMissingBackend}, Node: "node-2",
				Coordinates: matrix.Coordinates{Backend: []string{"b1"}},
			}},
			means: byRules(balance(node2, func(_ *world.World, ready []world.Backend) []world.Backend {
				if len(ready) < 2 {
					return nil
				}
				return ready[1:]
			})),
		},
		{
			Name:  "backend-dead",
			Title: "One node balances to an address that no pod has, beside the right ones",
			Bugs:  []string{"kubernetes/kubernetes#76664", "kubernetes/kubernetes#89392", "cilium/cilium#45441"},
			How:   "On node-2, the ClusterIP is sent to all backends and to an unused address of node-1's pod range.",
			Focus: specDeleted, Upstream: upstreamPodService,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Node: "node-2",
				Faults: []matrix.Fault{matrix.FaultDeadBackend, matrix.FaultIntermittent},
			}},
			means: byRules(balance(node2, func(w *world.World, ready []world.Backend) []world.Backend {
				return append(ready, world.Backend{Address: unusedAddress(w, world.V6(ready[0].Address)), Port: ready[0].Port})
			})),
		},
		{
			Name:  "backend-removed",
			Title: "One node goes on balancing to a backend that is gone",
			Bugs:  []string{"cilium/cilium#48050", "kubernetes/kubernetes#71809", "antrea-io/antrea#1815", "ovn-kubernetes/ovn-kubernetes#1109"},
			How:   "On node-2, the ClusterIP is sent to every backend that the Service has ever had.",
			Focus: specDeleted, Upstream: upstreamUpdate,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Node: "node-2",
				Faults: []matrix.Fault{matrix.FaultDeadBackend, matrix.FaultStaleRules, matrix.FaultIntermittent},
			}},
			means: remembering(func() func(*world.World) plan {
				ever := map[string][]world.Backend{}
				return func(w *world.World) plan {
					p := plan{}
					each(w.Subjects(), func(s world.Service, port world.Port) {
						for _, f := range vips(s, port) {
							ready, _ := port.Ready(f.v6)
							ever[f.match] = union(ever[f.match], ready)
							if len(ready) > 0 {
								p[node2] = append(p[node2], f.sendTo(atRandom, ever[f.match]...)...)
							}
						}
					})
					return p
				}
			}),
		},
		{
			Name:  "backend-only",
			Title: "One node sends all traffic to a single one of the backends",
			Bugs:  []string{"kubernetes/kubernetes#83599", "kubernetes-retired/kpng#8", "kubernetes/kubernetes#47533"},
			How:   "On node-2, the ClusterIP is sent to the first backend.",
			Focus: specDeleted, Upstream: upstreamPodService,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Faults: []matrix.Fault{matrix.FaultUnbalanced}, Node: "node-2",
				Coordinates: matrix.Coordinates{Backend: []string{"b1"}},
			}},
			means: byRules(balance(node2, func(_ *world.World, ready []world.Backend) []world.Backend { return ready[:1] })),
		},
		{
			Name:  "wrong-target-port",
			Title: "All nodes send the traffic of one backend to a port on which it does not listen",
			Bugs:  []string{"ovn-kubernetes/ovn-kubernetes#5698", "ovn-kubernetes/ovn-kubernetes#80", "kubernetes/kubernetes#130542"},
			How:   "On all nodes, the ClusterIP is sent to the backends, the first on a closed port.",
			Focus: specDeleted, Upstream: "Services should support named targetPorts that resolve to different ports on different endpoints",
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Faults: []matrix.Fault{matrix.FaultWrongPort, matrix.FaultDeadBackend},
				Coordinates: matrix.Coordinates{Backend: []string{"b1"}},
			}},
			means: byRules(func(w *world.World) plan {
				p := plan{}
				each(w.Subjects(), func(s world.Service, port world.Port) {
					for _, f := range vips(s, port) {
						ready, _ := port.Ready(f.v6)
						if len(ready) > 0 {
							ready[0].Port = closedPort
						}
						for i := range w.Nodes {
							p[i] = append(p[i], f.sendTo(atRandom, ready...)...)
						}
					}
				})
				return p
			}),
		},
		{
			Name:  "foreign-backend",
			Title: "One node sends a share of a Service's traffic to a pod of another Service",
			Bugs:  []string{"projectcalico/calico#13279", "kubernetes/kubernetes#109414", "cilium/cilium#43358"},
			How:   "On node-2, the ClusterIP is sent to the backends and to one of another Service in another namespace.",
			Focus: specDeleted, Upstream: upstreamPodService, Quick: true,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Faults: []matrix.Fault{matrix.FaultForeignBackend}, Node: "node-2",
			}},
			means: byRules(func(w *world.World) plan {
				p := plan{}
				each(w.Subjects(), func(s world.Service, port world.Port) {
					for _, f := range vips(s, port) {
						ready, _ := port.Ready(f.v6)
						if foreign, found := foreignBackend(w, s, port.Protocol, f.v6); found && len(ready) > 0 {
							p[node2] = append(p[node2], f.sendTo(atRandom, append(ready, foreign)...)...)
						}
					}
				})
				return p
			}),
		},
		{
			Name:  "backend-flaky",
			Title: "One backend resets one in twenty connections, whoever connects and how",
			How:   "In the first backend's pod, 5 % of the new connections are refused.",
			Focus: specNodePort, Upstream: upstreamPodService,
			Expect: []Expectation{{
				Culprit: matrix.CulpritBackend, Faults: []matrix.Fault{matrix.FaultIntermittent},
				Coordinates: matrix.Coordinates{Backend: []string{"b1"}},
			}},
			means: inPods(firstBackends, refuseInPod("ct state new tcp dport 1024-65535 numgen random mod 100 < 5")...),
		},
		{
			Name:  "backend-refusing",
			Title: "One backend serves nobody and still counts as ready",
			Bugs:  []string{"kubernetes/kubernetes#109414"},
			How:   "In the first backend's pod, connections are reset once they ask for anything but its health.",
			Focus: specNodePort, Upstream: upstreamPodService,
			Expect: []Expectation{{
				Culprit: matrix.CulpritBackend, Faults: []matrix.Fault{matrix.FaultRefused, matrix.FaultDeadBackend, matrix.FaultUnreachable},
				Coordinates: matrix.Coordinates{Backend: []string{"b1"}},
			}},
			means: inPods(firstBackends, refuseInPod(asksForMore)...),
		},
		{
			Name:  "hairpin-missing",
			Title: "No backend reaches itself through its Service",
			Bugs:  []string{"kubernetes/kubernetes#134884", "cloudnativelabs/kube-router#9", "ovn-kubernetes/ovn-kubernetes#817", "kubernetes/kubernetes#53775"},
			How:   "On all nodes, the source address of hairpin traffic is mapped to itself, so that it is not masqueraded.",
			Focus: specHairpin, Upstream: upstreamHairpin, Quick: true,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Faults: []matrix.Fault{matrix.FaultHairpin},
				Coordinates: matrix.Coordinates{Path: []string{"hairpin"}},
			}},
			means: byRules(func(w *world.World) plan {
				p := plan{}
				for i := range w.Nodes {
					p[i] = hairpinsOf(w, w.Nodes[i].Name)
				}
				return p
			}),
		},
		{
			Name:  "hairpin-missing-one-node",
			Title: "The backends of one node do not reach themselves through their Service",
			Bugs:  []string{"kubernetes/kubernetes#134884", "kubernetes/kubernetes#20475"},
			How:   "On node-2, the source address of hairpin traffic is mapped to itself, so that it is not masqueraded.",
			Focus: specHairpin, Upstream: upstreamHairpin,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Faults: []matrix.Fault{matrix.FaultHairpin}, Node: "node-2",
			}},
			means: byRules(func(w *world.World) plan { return plan{node2: hairpinsOf(w, w.Nodes[node2].Name)} }),
		},
	}
}

// closedPort is a port on which no backend of any suite listens.
const closedPort = 9

// balance sends the ClusterIPs of specs on one node to what change makes of the
// ready backends, of which there is at least one.
func balance(node int, change func(w *world.World, ready []world.Backend) []world.Backend) func(*world.World) plan {
	return func(w *world.World) plan {
		p := plan{}
		each(w.Subjects(), func(s world.Service, port world.Port) {
			for _, f := range vips(s, port) {
				if ready, _ := port.Ready(f.v6); len(ready) > 0 {
					p[node] = append(p[node], f.sendTo(atRandom, change(w, ready)...)...)
				}
			}
		})
		return p
	}
}

// asksForMore matches an HTTP request for anything but /readyz or /healthz, which
// kubelet asks for: "GET /" without "rea" or "hea". Linux sends time stamps, so
// the request begins 32 bytes after the TCP header does.
const asksForMore = "@th,256,40 0x474554202f @th,256,64 != { 0x474554202f726561, 0x474554202f686561 }"

// refuseInPod refuses TCP packets to a pod that match.
func refuseInPod(match string) []rules.Rule {
	var all []rules.Rule
	for _, v6 := range []bool{false, true} {
		all = append(all, rules.Rule{Chain: rules.Input, V6: v6, Match: match, Do: refusal("tcp")})
	}
	return all
}

// hairpinsOf returns rules that keep the source address of the hairpin traffic
// of the backends on a node.
func hairpinsOf(w *world.World, node string) []rules.Rule {
	var all []rules.Rule
	seen := map[string]bool{}
	each(w.Subjects(), func(_ world.Service, port world.Port) {
		for _, b := range local(port.Backends, node) {
			if v6 := world.V6(b.Address); !seen[b.Address] {
				seen[b.Address] = true
				all = append(all, rules.Rule{
					Chain: rules.PostNAT, V6: v6,
					Match: fmt.Sprintf("ct status dnat %[1]s saddr %[2]s %[1]s daddr %[2]s", inFamily(v6), b.Address),
					Do:    "snat to " + b.Address,
				})
			}
		}
	})
	return all
}

// foreignBackend returns a backend of a Service of another namespace.
func foreignBackend(w *world.World, own world.Service, protocol string, v6 bool) (world.Backend, bool) {
	for _, s := range w.Services {
		for _, p := range s.Ports {
			if ready, _ := p.Ready(v6); s.Namespace != own.Namespace && p.Protocol == protocol && len(ready) > 0 {
				return ready[0], true
			}
		}
	}
	// Other suites have none. CoreDNS answers over HTTP and UDP, too.
	address := world.Of(v6, w.DNSPods)
	port := map[string]int{"tcp": 8080, "udp": 53}[protocol]
	return world.Backend{Address: address, Port: port}, address != "" && port != 0
}

// unusedAddress returns an address of node-1's pod range that no pod has.
func unusedAddress(w *world.World, v6 bool) string {
	prefix, err := netip.ParsePrefix(world.Of(v6, w.Nodes[node1].PodCIDRs))
	if err != nil {
		return ""
	}
	bytes := prefix.Addr().AsSlice()
	bytes[len(bytes)-1] = unusedHost
	address, _ := netip.AddrFromSlice(bytes)
	return address.String()
}

// union returns the backends of both lists, each once.
func union(a, b []world.Backend) []world.Backend {
	all := append([]world.Backend{}, a...)
	for _, candidate := range b {
		known := false
		for _, other := range all {
			known = known || other.Address == candidate.Address && other.Port == candidate.Port
		}
		if !known {
			all = append(all, candidate)
		}
	}
	return all
}
