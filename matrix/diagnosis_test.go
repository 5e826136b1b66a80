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

package matrix

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// want is what a perfect diagnosis says. Coordinates that it may name as well,
// because they are true, are in also.
type want struct {
	culprit Culprit
	faults  []Fault
	at      Coordinates
	also    Coordinates
}

// plant is a fault that can be planted in a world. It returns false if the world
// cannot have it.
type plant struct {
	name  string
	needs func(w *world) bool
	fault func(w *world) (fault, want)
	// change is what happens before the phase in which the fault is there, if
	// there is a phase before it.
	change func(w *world)
}

// reports probes the world, with the fault in it.
func (p plant) reports(t testing.TB, w *world) ([]*Report, want) {
	t.Helper()
	var before []*Report
	if p.change != nil {
		before = append(before, w.report(t, "before"))
		p.change(w)
	}
	var x want
	w.fault, x = p.fault(w)
	return append(before, w.report(t, "initial")), x
}

// victim returns some node that the world has, and its name.
func (w *world) victim() (int, string) {
	n := w.random.IntN(w.nodes)
	return n, nodeName(n)
}

// victimWithBackend returns some node on which a backend is, and its name.
func (w *world) victimWithBackend() (int, string) {
	nodes := w.backendNodes()
	n := nodes[w.random.IntN(len(nodes))]
	return n, nodeName(n)
}

// passes tells whether a packet goes from a node to the pods of another, or from
// another to its pods.
func (w *world) passes(p *packet, n int) bool {
	to := w.nodeOf(p.backend)
	return p.via != to && (p.via == n || to == n)
}

// fromPod tells whether a packet comes from a pod's network namespace.
func (p *packet) fromPod() bool { return p.row.Kind == SourcePod || p.row.Kind == SourceBackend }

func (w *world) podKinds() []string {
	if w.hairpins {
		return []string{string(SourceBackend), string(SourcePod)}
	}
	return []string{string(SourcePod)}
}

func manyBackends(w *world) bool { return len(w.backends) > 1 && w.plain() }

// plain tells whether the Service has endpoints that are chosen from at random.
func (w *world) plain() bool { return !w.vacant && !w.affinity && !w.local }

func hasPaths(w *world) bool { return w.nodes > 2 && manyBackends(w) && spread(w) }

// brokenPath loses what the pods of one node send to pods of another.
func (w *world) brokenPath() (fault, want) {
	nodes := w.backendNodes()
	from := w.random.IntN(w.nodes)
	to := nodes[w.random.IntN(len(nodes))]
	for to == from {
		from = w.random.IntN(w.nodes)
	}
	return fault{network: func(p *packet) Outcome {
			if p.fromPod() && p.via == from && p.backend != "pod of node-1" && w.nodeOf(p.backend) == to {
				return TimedOut
			}
			return fine
		}}, want{CulpritPodNetwork, []Fault{FaultUnreachable}, Coordinates{SourceNode: []string{nodeName(from)}, BackendNode: []string{nodeName(to)}},
			Coordinates{SourceKind: w.podKinds()}}
}

var plants = []plant{
	{
		name:  "VIP traffic of pods lost on one node",
		needs: func(w *world) bool { return w.nodes > 1 && w.hosts },
		fault: func(w *world) (fault, want) {
			n, name := w.victim()
			return fault{proxy: func(p *packet) Outcome {
					if p.via == n && p.fromPod() && p.column.Kind == FrontendClusterIP {
						return TimedOut
					}
					return fine
				}}, want{CulpritServiceProxy, []Fault{FaultUnreachable},
					Coordinates{ProxyNode: []string{name}, SourceKind: []string{"pod"}},
					Coordinates{SourceKind: w.podKinds(), SourceNode: []string{name}, FrontendKind: []string{"clusterIP"}}}
		},
	},
	{
		name:  "VIP traffic of host-network clients lost on one node",
		needs: func(w *world) bool { return w.nodes > 1 && w.hosts },
		fault: func(w *world) (fault, want) {
			n, name := w.victim()
			return fault{proxy: func(p *packet) Outcome {
					if p.via == n && p.row.Kind == SourceHost && p.column.Kind == FrontendClusterIP {
						return TimedOut
					}
					return fine
				}}, want{CulpritServiceProxy, []Fault{FaultUnreachable},
					Coordinates{ProxyNode: []string{name}, SourceKind: []string{"host"}},
					Coordinates{SourceNode: []string{name}, FrontendKind: []string{"clusterIP"}}}
		},
	},
	{
		name:  "VIP traffic over one protocol lost on one node",
		needs: func(w *world) bool { return w.nodes > 1 && len(w.protocols) > 1 },
		fault: func(w *world) (fault, want) {
			n, name := w.victim()
			return fault{proxy: func(p *packet) Outcome {
					if p.via == n && p.column.Protocol == "UDP" && p.column.Kind == FrontendClusterIP && p.row.Kind != SourceExternal {
						return TimedOut
					}
					return fine
				}}, want{CulpritServiceProxy, []Fault{FaultUnreachable},
					Coordinates{ProxyNode: []string{name}, Protocol: []string{"UDP"}},
					Coordinates{SourceNode: []string{name}, FrontendKind: []string{"clusterIP"}}}
		},
	},
	{
		name:  "one IP family broken",
		needs: func(w *world) bool { return len(w.families) > 1 },
		fault: func(w *world) (fault, want) {
			return fault{proxy: func(p *packet) Outcome {
					if p.column.Family == "IPv6" {
						return TimedOut
					}
					return fine
				}}, want{CulpritServiceProxy, []Fault{FaultUnreachable},
					Coordinates{Family: []string{"IPv6"}}, Coordinates{}}
		},
	},
	{
		name:  "Service without rules on one node",
		needs: func(w *world) bool { return w.nodes > 1 && w.plain() },
		fault: func(w *world) (fault, want) {
			n, name := w.victim()
			return fault{proxy: func(p *packet) Outcome {
					if p.via != n || p.column.Service != "web" {
						return fine
					}
					if p.column.Kind == FrontendNodePort {
						return Refused
					}
					return TimedOut
				}}, want{CulpritServiceProxy, []Fault{FaultUnreachable, FaultStaleRules},
					Coordinates{ProxyNode: []string{name}},
					Coordinates{SourceNode: []string{name}, Service: []string{"web"}}}
		},
	},
	{
		name:  "one backend missing on one node",
		needs: func(w *world) bool { return w.nodes > 1 && manyBackends(w) },
		fault: func(w *world) (fault, want) {
			n, name := w.victim()
			b := w.all()[w.random.IntN(len(w.backends))]
			faults := []Fault{FaultMissingBackend}
			if len(w.backends) == 2 {
				faults = append(faults, FaultUnbalanced)
			}
			return fault{endpoints: func(p *packet, endpoints []string) []string {
					if p.via == n {
						return butNot(endpoints, b)
					}
					return endpoints
				}}, want{CulpritServiceProxy, faults,
					Coordinates{ProxyNode: []string{name}, Backend: []string{b}},
					Coordinates{BackendNode: []string{nodeName(w.nodeOf(b))}, SourceNode: []string{name}}}
		},
	},
	{
		name:  "one backend missing everywhere",
		needs: manyBackends,
		fault: func(w *world) (fault, want) {
			b := w.all()[w.random.IntN(len(w.backends))]
			faults := []Fault{FaultMissingBackend}
			if len(w.backends) == 2 {
				faults = append(faults, FaultUnbalanced)
			}
			return fault{endpoints: func(_ *packet, endpoints []string) []string { return butNot(endpoints, b) }},
				want{CulpritServiceProxy, faults, Coordinates{Backend: []string{b}}, Coordinates{BackendNode: []string{nodeName(w.nodeOf(b))}}}
		},
	},
	{
		name:  "all traffic to one backend",
		needs: func(w *world) bool { return manyBackends(w) && len(w.backends) > 2 },
		fault: func(w *world) (fault, want) {
			b := w.all()[w.random.IntN(len(w.backends))]
			return fault{endpoints: func(p *packet, endpoints []string) []string {
				if p.column.Service == "web" {
					return []string{b}
				}
				return endpoints
			}}, want{CulpritServiceProxy, []Fault{FaultUnbalanced}, Coordinates{Backend: []string{b}}, Coordinates{BackendNode: []string{nodeName(w.nodeOf(b))}}}
		},
	},
	{
		name:  "dead endpoint among others on one node",
		needs: func(w *world) bool { return w.nodes > 1 && manyBackends(w) },
		fault: func(w *world) (fault, want) {
			n, name := w.victim()
			b := w.all()[w.random.IntN(len(w.backends))]
			return fault{forward: func(p *packet) Outcome {
					if p.via == n && p.backend == b {
						return TimedOut
					}
					return fine
				}}, want{CulpritServiceProxy, []Fault{FaultDeadBackend},
					Coordinates{ProxyNode: []string{name}, Backend: []string{b}},
					Coordinates{BackendNode: []string{nodeName(w.nodeOf(b))}, SourceNode: []string{name}}}
		},
	},
	{
		name:  "wrong port of one backend everywhere",
		needs: manyBackends,
		fault: func(w *world) (fault, want) {
			b := w.all()[w.random.IntN(len(w.backends))]
			return fault{forward: func(p *packet) Outcome {
				if p.backend == b {
					return Refused
				}
				return fine
			}}, want{CulpritServiceProxy, []Fault{FaultWrongPort}, Coordinates{Backend: []string{b}}, Coordinates{BackendNode: []string{nodeName(w.nodeOf(b))}}}
		},
	},
	{
		name:  "backend dead",
		needs: func(w *world) bool { return w.plain() && !shared(w) },
		fault: func(w *world) (fault, want) {
			b := w.all()[w.random.IntN(len(w.backends))]
			return fault{network: func(p *packet) Outcome {
				if p.backend == b {
					return Refused
				}
				return fine
			}}, want{CulpritBackend, []Fault{FaultRefused}, Coordinates{Backend: []string{b}}, Coordinates{BackendNode: []string{nodeName(w.nodeOf(b))}}}
		},
	},
	{
		name:  "hairpin masquerade missing",
		needs: func(w *world) bool { return w.hairpins && w.plain() },
		fault: func(w *world) (fault, want) {
			return fault{forward: func(p *packet) Outcome {
				if p.backend == p.row.Backend && p.via == nodeIndex(p.row.Node) {
					return TimedOut
				}
				return fine
			}}, want{CulpritServiceProxy, []Fault{FaultHairpin}, Coordinates{Path: []string{"hairpin"}}, Coordinates{SourceKind: []string{"backend"}}}
		},
	},
	{
		name: "masquerade missing for node ports",
		needs: func(w *world) bool {
			return w.nodePorts && w.plain() && w.nodes > 1 && slices.ContainsFunc(w.backends, func(n int) bool { return n != w.backends[0] }) && len(w.families) == 1
		},
		fault: func(w *world) (fault, want) {
			return fault{forward: func(p *packet) Outcome {
					if p.column.Kind == FrontendNodePort && nodeIndex(p.row.Node) != p.via && w.nodeOf(p.backend) != p.via {
						return TimedOut
					}
					return fine
				}}, want{CulpritServiceProxy, []Fault{FaultMasqueradeMissing}, Coordinates{Path: []string{"crossNode"}},
					Coordinates{FrontendKind: []string{"nodePort"}}}
		},
	},
	{
		name:  "source address rewritten",
		needs: func(w *world) bool { return w.sources && w.plain() },
		fault: func(*world) (fault, want) {
			return fault{source: func(*packet, string) string { return "rewritten" }},
				want{CulpritServiceProxy, []Fault{FaultSourceRewritten}, Coordinates{}, Coordinates{}}
		},
	},
	{
		name:  "node port dead on one node",
		needs: func(w *world) bool { return w.nodePorts && w.nodes > 1 },
		fault: func(w *world) (fault, want) {
			n, name := w.victim()
			return fault{proxy: func(p *packet) Outcome {
					if p.column.Kind == FrontendNodePort && p.via == n {
						return TimedOut
					}
					return fine
				}}, want{CulpritServiceProxy, []Fault{FaultUnreachable}, Coordinates{FrontendNode: []string{name}},
					Coordinates{FrontendKind: []string{"nodePort"}, ProxyNode: []string{name}}}
		},
	},
	{
		name:  "node ports dead for the off-cluster client",
		needs: func(w *world) bool { return w.nodePorts && w.outside && !w.balancers },
		fault: func(*world) (fault, want) {
			return fault{proxy: func(p *packet) Outcome {
					if p.column.Kind == FrontendNodePort && p.row.Kind == SourceExternal {
						return TimedOut
					}
					return fine
				}}, want{CulpritServiceProxy, []Fault{FaultUnreachable}, Coordinates{SourceKind: []string{"external"}},
					Coordinates{FrontendKind: []string{"nodePort"}}}
		},
	},
	{
		name:  "load balancer address dead from outside",
		needs: func(w *world) bool { return w.nodePorts && w.outside && w.balancers },
		fault: func(*world) (fault, want) {
			return fault{proxy: func(p *packet) Outcome {
					if p.column.Kind == FrontendLoadBalancer && p.row.Kind == SourceExternal {
						return TimedOut
					}
					return fine
				}}, want{CulpritLoadBalancer, []Fault{FaultUnreachable}, Coordinates{},
					Coordinates{FrontendKind: []string{"loadBalancer"}, SourceKind: []string{"external"}}}
		},
	},
	{
		name: "node ports answered by local backends only",
		needs: func(w *world) bool {
			return w.nodePorts && manyBackends(w) && slices.ContainsFunc(w.backends, func(n int) bool { return n != w.backends[0] })
		},
		fault: func(w *world) (fault, want) {
			return fault{endpoints: func(p *packet, endpoints []string) []string {
				if p.column.Kind == FrontendNodePort && p.column.Service == "web" && len(w.on(p.via)) > 0 {
					return w.on(p.via)
				}
				return endpoints
			}}, want{CulpritServiceProxy, []Fault{FaultLocalOnly}, Coordinates{Path: []string{"crossNode"}}, Coordinates{FrontendKind: []string{"nodePort"}}}
		},
	},
	{
		name:  "Services without endpoints dropped instead of rejected",
		needs: func(*world) bool { return true },
		fault: func(*world) (fault, want) {
			return fault{endpoints: nil, proxy: func(p *packet) Outcome {
				if p.column.Service == "empty" || p.vacant && p.column.Service == "web" {
					return TimedOut
				}
				return fine
			}}, want{CulpritServiceProxy, []Fault{FaultDroppedInsteadOfRejected}, Coordinates{}, Coordinates{Service: []string{"empty", "web"}}}
		},
	},
	{
		name:  "Service without endpoints forwarded on one node",
		needs: func(w *world) bool { return w.vacant && w.nodes > 1 && !w.local },
		fault: func(w *world) (fault, want) {
			n, name := w.victim()
			return fault{endpoints: func(p *packet, endpoints []string) []string {
					if p.via == n && p.column.Service == "web" {
						return []string{"b1"}
					}
					return endpoints
				}}, want{CulpritServiceProxy, []Fault{FaultForwardedInsteadOfRefused, FaultUnreadyBackend}, Coordinates{ProxyNode: []string{name}},
					Coordinates{SourceNode: []string{name}, Backend: []string{"b1"}, Service: []string{"web"}}}
		},
	},
	{
		name:  "affinity ignored",
		needs: func(w *world) bool { return w.affinity && len(w.backends) > 1 && !w.local && !w.vacant },
		fault: func(w *world) (fault, want) {
			return fault{answer: func(p *packet, answer string) string {
				if p.column.Service == "web" && p.column.Request == "" && p.column.Role == RoleSubject {
					return w.all()[w.random.IntN(len(w.backends))]
				}
				return answer
			}}, want{CulpritServiceProxy, []Fault{FaultAffinityIgnored}, Coordinates{}, Coordinates{}}
		},
	},
	{
		name:  "affinity never ends",
		needs: func(w *world) bool { return manyBackends(w) && len(w.backends) > 2 },
		fault: func(w *world) (fault, want) {
			seed := w.random.IntN(100)
			choice := func(row Row, endpoints []string) string {
				k := seed
				for _, c := range row.Name {
					k += int(c) * 7
				}
				return endpoints[k%len(endpoints)]
			}
			// If by chance all stay on their nodes, that is what anybody would say.
			elsewhere := func(row Row) bool { return row.Node != "" && w.nodeOf(choice(row, w.all())) != nodeIndex(row.Node) }
			for turns := 0; turns < 100 && !slices.ContainsFunc(w.rows(), elsewhere); turns++ {
				seed++
			}
			return fault{endpoints: func(p *packet, endpoints []string) []string {
				if p.column.Service == "web" {
					return []string{choice(p.row, endpoints)}
				}
				return endpoints
			}}, want{CulpritServiceProxy, []Fault{FaultAffinityStuck, FaultUnbalanced}, Coordinates{}, Coordinates{Backend: w.all(), BackendNode: w.nodeNames()}}
		},
	},
	{
		name:  "pod network broken between two nodes",
		needs: hasPaths,
		fault: func(w *world) (fault, want) { return w.brokenPath() },
	},
	{
		name:  "pod network broken between two nodes where the node forgets what was lost",
		needs: hasPaths,
		fault: func(w *world) (fault, want) {
			f, x := w.brokenPath()
			f.forgets = true
			return f, x
		},
	},
	{
		name:  "pods of one node cut off",
		needs: func(w *world) bool { return w.nodes > 1 && w.hosts && w.plain() },
		fault: func(w *world) (fault, want) {
			n, name := w.victim()
			return fault{
					proxy: func(p *packet) Outcome {
						if p.fromPod() && nodeIndex(p.row.Node) == n {
							return TimedOut
						}
						return fine
					},
					network: func(p *packet) Outcome {
						if p.fromPod() && nodeIndex(p.row.Node) == n {
							return TimedOut
						}
						return fine
					},
				}, want{CulpritPodNetwork, []Fault{FaultUnreachable}, Coordinates{SourceNode: []string{name}},
					Coordinates{SourceKind: w.podKinds()}}
		},
	},
	{
		name:  "one node cut off from the pods of others, and theirs from it",
		needs: hasPaths,
		fault: func(w *world) (fault, want) {
			n, name := w.victimWithBackend()
			return fault{network: func(p *packet) Outcome {
				if w.passes(p, n) {
					return TimedOut
				}
				return fine
			}}, want{CulpritPodNetwork, []Fault{FaultUnreachable}, Coordinates{Node: []string{name}}, Coordinates{}}
		},
	},
	{
		name:  "what goes to the pods of one node and from there lost now and then",
		needs: hasPaths,
		fault: func(w *world) (fault, want) {
			n, name := w.victimWithBackend()
			return fault{network: func(p *packet) Outcome {
				if w.passes(p, n) && w.random.IntN(2) == 0 {
					return TimedOut
				}
				return fine
			}}, want{CulpritPodNetwork, []Fault{FaultIntermittent}, Coordinates{Node: []string{name}}, Coordinates{}}
		},
	},
	{
		name:  "probes of one client broken",
		needs: func(*world) bool { return true },
		fault: func(w *world) (fault, want) {
			rows := w.rows()
			row := rows[w.random.IntN(len(rows))]
			return fault{probe: func(p *packet) bool { return p.row.Name == row.Name }},
				want{CulpritProbe, []Fault{FaultProbeError}, Coordinates{Source: []string{row.Name}}, Coordinates{SourceNode: []string{row.Node}, SourceKind: []string{string(row.Kind)}}}
		},
	},
	{
		name:  "another Service's backend answers on one node",
		needs: func(w *world) bool { return w.nodes > 1 && w.plain() },
		fault: func(w *world) (fault, want) {
			n, name := w.victim()
			return fault{endpoints: func(p *packet, endpoints []string) []string {
					if p.via == n && p.column.Service == "web" {
						return []string{bystander}
					}
					return endpoints
				}}, want{CulpritServiceProxy, []Fault{FaultForeignBackend}, Coordinates{ProxyNode: []string{name}},
					Coordinates{SourceNode: []string{name}, Service: []string{"web"}, Backend: []string{bystander}}}
		},
	},
	{
		name:  "a share of another Service's backend",
		needs: func(w *world) bool { return w.plain() },
		fault: func(*world) (fault, want) {
			return fault{endpoints: func(p *packet, endpoints []string) []string {
				if p.column.Service == "web" {
					return append(slices.Clone(endpoints), "other/stranger")
				}
				return endpoints
			}}, want{CulpritServiceProxy, []Fault{FaultForeignBackend}, Coordinates{Backend: []string{"other/stranger"}}, Coordinates{Service: []string{"web"}}}
		},
	},
	{
		name:  "loss now and then on one node",
		needs: func(w *world) bool { return w.nodes > 1 && manyBackends(w) && w.nodePorts },
		fault: func(w *world) (fault, want) {
			n, name := w.victim()
			return fault{proxy: func(p *packet) Outcome {
					if p.via == n && p.column.Service != "empty" && p.random.Float64() < 0.2 {
						return TimedOut
					}
					return fine
				}}, want{CulpritServiceProxy, []Fault{FaultIntermittent}, Coordinates{ProxyNode: []string{name}},
					Coordinates{SourceNode: []string{name}}}
		},
	},
	{
		name:  "flows to a backend that is gone kept on one node",
		needs: func(w *world) bool { return w.nodes > 1 && w.plain() && w.streams && len(w.backends) == 1 },
		change: func(w *world) {
			w.successor, w.alive = 1+w.random.IntN(len(w.backends)), w.random.IntN(2) == 0
		},
		fault: func(w *world) (fault, want) {
			n, name := w.victim()
			return fault{flow: func(p *packet) bool { return p.via == n }},
				want{CulpritServiceProxy, []Fault{FaultStaleFlow}, Coordinates{ProxyNode: []string{name}},
					Coordinates{SourceNode: []string{name}, Service: []string{"web"}, Protocol: []string{"UDP"}}}
		},
	},
	{
		name:  "DNS dead on one node",
		needs: func(w *world) bool { return w.names && w.nodes > 1 },
		fault: func(w *world) (fault, want) {
			n, name := w.victim()
			return fault{proxy: func(p *packet) Outcome {
					if p.via == n && p.column.Kind == FrontendDNS {
						return TimedOut
					}
					return fine
				}}, want{CulpritDNS, []Fault{FaultUnreachable, FaultWrongRecords}, Coordinates{SourceNode: []string{name}},
					Coordinates{FrontendKind: []string{"dns"}, ProxyNode: []string{name}}}
		},
	},
	{
		name:  "health check node port lies on one node",
		needs: func(w *world) bool { return w.health && w.local && !w.vacant && w.nodes > 1 },
		fault: func(w *world) (fault, want) {
			n, name := w.victim()
			return fault{answer: func(p *packet, answer string) string {
					if p.column.Kind == FrontendHealthCheck && p.via == n {
						return map[string]string{"200": "503", "503": "200"}[answer]
					}
					return answer
				}}, want{CulpritHealthCheck, []Fault{FaultHealthCheckWrong}, Coordinates{FrontendNode: []string{name}},
					Coordinates{ProxyNode: []string{name}, FrontendKind: []string{"healthCheckNodePort"}}}
		},
	},
	{
		name: "Local policy ignored",
		needs: func(w *world) bool {
			return w.local && !w.vacant && !w.affinity && w.nodes > 1
		},
		fault: func(w *world) (fault, want) {
			return fault{endpoints: func(p *packet, endpoints []string) []string {
				if p.column.Service == "web" && p.column.Kind != FrontendHealthCheck {
					return w.all()
				}
				return endpoints
			}}, want{CulpritServiceProxy, []Fault{FaultLocalPolicyIgnored}, Coordinates{}, Coordinates{Backend: w.all(), Service: []string{"web"}}}
		},
	},
	{
		name: "rejected instead of dropped",
		needs: func(w *world) bool {
			return w.local && !w.vacant && w.nodes > len(w.backendNodes())
		},
		fault: func(*world) (fault, want) {
			return fault{endpoints: nil, proxy: func(p *packet) Outcome {
				if p.column.Service == "web" && p.column.Kind != FrontendHealthCheck && len(p.on(p.via)) == 0 {
					return Refused
				}
				return fine
			}}, want{CulpritServiceProxy, []Fault{FaultRejectedInsteadOfDropped}, Coordinates{}, Coordinates{Service: []string{"web"}}}
		},
	},
	{
		name:  "large packets lost to one node",
		needs: func(w *world) bool { return w.sizes && w.nodes > 1 && w.plain() && len(w.backends) > 2 && spread(w) },
		fault: func(w *world) (fault, want) {
			nodes := w.backendNodes()
			to := nodes[w.random.IntN(len(nodes))]
			return fault{network: func(p *packet) Outcome {
				if p.column.Request == "size=8000" && w.nodeOf(p.backend) == to && p.via != to {
					return TimedOut
				}
				return fine
			}}, want{CulpritPodNetwork, []Fault{FaultMTU}, Coordinates{Size: []string{"8000"}, BackendNode: []string{nodeName(to)}}, Coordinates{Path: []string{"crossNode"}}}
		},
	},
}

// shared tells whether two backends are on one node.
func shared(w *world) bool { return len(w.backendNodes()) < len(w.backends) }

// spread tells whether there are backends on several nodes, several on one of
// them, so that a backend can be told from its node.
func spread(w *world) bool {
	return len(w.backendNodes()) > 1
}

// nodeNames returns the names of all nodes.
func (w *world) nodeNames() []string {
	var names []string
	for n := range w.nodes {
		names = append(names, nodeName(n))
	}
	return names
}

func (w *world) backendNodes() []int {
	nodes := slices.Clone(w.backends)
	slices.Sort(nodes)
	return slices.Compact(nodes)
}

// newWorld returns a healthy world of some shape.
func newWorld(random *rand.Rand, shape func(min, max int) int) *world {
	flag := func() bool { return shape(0, 1) == 1 }
	w := &world{
		random: random, nodes: shape(1, 6),
		hosts: flag(), outside: flag(), hairpins: flag(), nodePorts: flag(), balancers: flag(), known: shape(0, 3) > 0,
		protocols: [][]string{{"TCP"}, {"UDP"}, {"TCP", "UDP"}}[shape(0, 2)],
		families:  [][]string{{"IPv4"}, {"IPv4", "IPv6"}}[shape(0, 1)],
	}
	switch shape(0, 9) {
	case 0:
		w.vacant = true
	case 1:
		w.affinity = true
	case 2, 3:
		w.local, w.health = true, flag()
	default:
		w.sources, w.names, w.sizes = flag(), flag(), flag()
		w.streams = flag() && w.protocols[len(w.protocols)-1] == "UDP"
	}
	for range shape(1, 6) {
		w.backends = append(w.backends, shape(0, w.nodes-1))
	}
	return w
}

// judge returns what is wrong with the first finding. A few tries may leave two
// explanations that are the same but for the place, such as which of two backends
// that were never seen is the dead one: the finding then has to say that it is
// not sure, and to name the right place among its alternatives.
func (x want) judge(d *Diagnosis) string {
	if len(d.Findings) == 0 {
		return "nothing is found"
	}
	f := d.Findings[0]
	complaint := x.compare(f.Culprit, f.Fault, f.Coordinates)
	if complaint == "" || f.Confidence > 0.5 {
		return complaint
	}
	for _, other := range f.Alternatives {
		if other.Culprit == f.Culprit && other.Fault == f.Fault && x.compare(other.Culprit, other.Fault, other.Coordinates) == "" {
			return ""
		}
	}
	return complaint
}

// compare returns what is wrong with an explanation.
func (x want) compare(culprit Culprit, blamed Fault, coordinates Coordinates) string {
	if culprit != x.culprit || !slices.Contains(x.faults, blamed) {
		return fmt.Sprintf("%s/%s is blamed, not %s/%v", culprit, blamed, x.culprit, x.faults)
	}
	got, at, also := reflect.ValueOf(coordinates), reflect.ValueOf(x.at), reflect.ValueOf(x.also)
	for i := range got.NumField() {
		name := got.Type().Field(i).Name
		if name == "Outcome" {
			continue
		}
		named, must, may := got.Field(i).Interface().([]string), at.Field(i).Interface().([]string), also.Field(i).Interface().([]string)
		for _, value := range must {
			if !slices.Contains(named, value) {
				return fmt.Sprintf("%s %v does not name %s", name, named, value)
			}
		}
		for _, value := range named {
			if !slices.Contains(must, value) && !slices.Contains(may, value) {
				return fmt.Sprintf("%s %v names %s, which is innocent", name, named, value)
			}
		}
	}
	return ""
}

func describeDiagnosis(d *Diagnosis) string {
	var text strings.Builder
	for _, f := range d.Findings {
		fmt.Fprintf(&text, "%d. %s/%s %+v %d/%d (%.2f): %s\n", f.Rank, f.Culprit, f.Fault, f.Coordinates, f.Failing.Cells, f.Failing.Of, f.Confidence, f.Text)
		for _, a := range f.Alternatives {
			fmt.Fprintf(&text, "   or %s/%s %+v\n", a.Culprit, a.Fault, a.Coordinates)
		}
	}
	fmt.Fprintf(&text, "unexplained: %d\n", d.Unexplained)
	return text.String()
}

// TestDiagnosisOfPlantedFaults: whatever the shape of the table, a single fault
// is found first. More of it is tried with -rapid.checks=10000.
func TestDiagnosisOfPlantedFaults(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SampledFrom(plants).Draw(t, "fault")
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		w := &world{}
		for w.random == nil || !p.needs(w) {
			w = newWorld(random, func(low, high int) int { return low + random.IntN(high-low+1) })
		}
		reports, x := p.reports(quiet{T: t}, w)
		r := reports[len(reports)-1]
		if r.OK() {
			t.Skip("the fault does not show")
		}
		d := Diagnose(reports...)
		if complaint := x.judge(d); complaint != "" {
			t.Fatalf("%s: %s\n%s\n%s", p.name, complaint, describeDiagnosis(d), r.Text(TextOptions{MaxWrong: 3, Width: 220}))
		}
	})
}

// TestDiagnosisOfPlantedFaultsBesideStrayCells: a cell or two that are wrong for a
// reason of their own do not change what is found first. These are always the same
// worlds: where such a cell is by chance just what another fault would show, in
// some two of 10000, nobody can tell.
func TestDiagnosisOfPlantedFaultsBesideStrayCells(t *testing.T) {
	told := 0
	for seed := range uint64(400) {
		random := rand.New(rand.NewPCG(seed, 2))
		p := plants[random.IntN(len(plants))]
		w := &world{}
		for w.random == nil || !p.needs(w) {
			w = newWorld(random, func(low, high int) int { return low + random.IntN(high-low+1) })
		}
		reports, x := p.reports(t, w)
		r := reports[len(reports)-1]
		if r.OK() || w.stray(r, 1+random.IntN(2)) == 0 {
			continue
		}
		told++
		d := Diagnose(reports...)
		if complaint := x.judge(d); complaint != "" {
			t.Errorf("seed %d, %s: %s\n%s\n%s", seed, p.name, complaint, describeDiagnosis(d), r.Text(TextOptions{MaxWrong: 3, Width: 220}))
		}
	}
	if told < 200 {
		t.Errorf("only %d worlds show a fault", told)
	}
}

// stray makes cells that are right time out, for no reason that they share with
// others, and returns how many.
func (w *world) stray(r *Report, n int) int {
	// A fault has to show more than a coincidence does, and has to spare more.
	const least = 5
	var right []Cell
	for i, row := range r.Cells {
		for j, cell := range row {
			if cell.Verdict == Match && cell.Expected.Positive() {
				right = append(right, Cell{i, j})
			}
		}
	}
	if r.Counts.Wrong() < least*n || len(right) < least*n {
		return 0
	}
	for _, k := range w.random.Perm(len(right))[:n] {
		cell := &r.Cells[right[k].Row][right[k].Column]
		lost := Observation{Outcomes: map[Outcome]int{TimedOut: 1 + w.random.IntN(3)}}
		if w.random.IntN(2) == 0 {
			cell.Observed, lost.Outcomes[TimedOut] = Observation{}, 5
		}
		cell.Observed = cell.Observed.Merge(lost)
		cell.Verdict = Mismatch
		r.Counts.Match--
		r.Counts.Mismatch++
	}
	return n
}

// quiet makes rapid's T a testing.TB for helpers that only fail.
type quiet struct {
	testing.TB
	T *rapid.T
}

func (q quiet) Helper() {
	if q.T != nil {
		q.T.Helper()
	}
}

func (q quiet) Fatal(args ...any) { q.T.Fatal(args...) }

// plantIn plants a fault in a world of a fixed shape and diagnoses it.
func plantIn(t testing.TB, name string, w *world) *Diagnosis {
	t.Helper()
	for _, p := range plants {
		if p.name == name {
			w.random = rand.New(rand.NewPCG(1, 1))
			reports, _ := p.reports(t, w)
			return Diagnose(reports...)
		}
	}
	t.Fatalf("there is no fault called %q", name)
	return nil
}

// usual is a world like that of most specs.
func usual() *world {
	return &world{
		nodes: 3, backends: []int{0, 1, 2}, hosts: true, outside: true, hairpins: true, nodePorts: true, known: true,
		protocols: []string{"TCP", "UDP"}, families: []string{"IPv4"},
	}
}

// TestDiagnosisGolden shows what a reader gets for each fault in the same world.
func TestDiagnosisGolden(t *testing.T) {
	var text strings.Builder
	for _, p := range plants {
		w := usual()
		w.random = rand.New(rand.NewPCG(1, 1))
		for _, adapt := range []func(){
			func() {}, func() { w.vacant = true }, func() { w.vacant, w.affinity = false, true },
			func() { w.affinity, w.local, w.health, w.backends = false, true, true, []int{0, 1} },
			func() {
				w.local, w.health, w.sources, w.names, w.sizes, w.backends = false, false, true, true, true, []int{0, 1, 2}
			},
			func() { w.streams = true },
			func() { w.families = []string{"IPv4", "IPv6"} }, func() { w.balancers = true },
		} {
			if adapt(); p.needs(w) {
				break
			}
		}
		fmt.Fprintf(&text, "%s:\n%s\n", p.name, plantIn(t, p.name, w).Text())
	}
	golden(t, "diagnosis.txt", text.String())
}

func TestDiagnosisSurvivesJSON(t *testing.T) {
	d := plantIn(t, "Service without rules on one node", usual())
	data, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "diagnosis.json", string(data)+"\n")
	var read Diagnosis
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, &read); diff != "" {
		t.Error(diff)
	}
}

func TestDiagnosisOfHealthyTablesIsEmpty(t *testing.T) {
	w := usual()
	w.random = rand.New(rand.NewPCG(1, 1))
	r := w.report(t, "initial")
	if d := Diagnose(r, r); len(d.Findings) > 0 || d.Unexplained > 0 || d.Text() != "" {
		t.Errorf("a healthy table is accused: %s", d.Text())
	}
	if d := Diagnose(); d.Findings == nil || d.Kind != DiagnosisKind || d.APIVersion != DiagnosisAPIVersion {
		t.Errorf("got %+v", d)
	}
}

// TestDiagnosisOfFrozenProxy: from a change on, one node shows the old state.
func TestDiagnosisOfFrozenProxy(t *testing.T) {
	w := usual()
	w.random = rand.New(rand.NewPCG(1, 1))
	before := w.report(t, "two backends")
	changed := usual()
	changed.random = w.random
	changed.backends = append(changed.backends, 0)
	changed.fault.endpoints = func(p *packet, endpoints []string) []string {
		if p.via == 1 && p.column.Service == "web" {
			return butNot(endpoints, "b4")
		}
		return endpoints
	}
	d := Diagnose(before, changed.report(t, "b4 added"))
	if len(d.Findings) != 1 || !slices.Contains([]Fault{FaultStaleRules, FaultMissingBackend}, d.Findings[0].Fault) {
		t.Fatal(describeDiagnosis(d))
	}
	if at := d.Findings[0].Coordinates; !slices.Equal(at.ProxyNode, []string{"node-2"}) {
		t.Error(describeDiagnosis(d))
	}
}

// TestDiagnosisOfRarerFaults: faults that hit several places alike are one finding,
// and outcomes other than time-outs and refusals are understood.
func TestDiagnosisOfRarerFaults(t *testing.T) {
	vip := func(via int, outcome Outcome) func(p *packet) Outcome {
		return func(p *packet) Outcome {
			if p.via <= via && p.column.Kind == FrontendClusterIP {
				return outcome
			}
			return fine
		}
	}
	for name, test := range map[string]struct {
		adapt func(w *world)
		fault fault
		want  want
	}{
		"ClusterIPs lost on two of three nodes": {
			fault: fault{proxy: vip(1, TimedOut)},
			want: want{CulpritServiceProxy, []Fault{FaultUnreachable}, Coordinates{ProxyNode: []string{"node-1", "node-2"}},
				Coordinates{SourceNode: []string{"node-1", "node-2"}, FrontendKind: []string{"clusterIP"}}},
		},
		"no route to ClusterIPs on a node": {
			fault: fault{proxy: vip(0, Unreachable)},
			want: want{CulpritServiceProxy, []Fault{FaultUnreachable}, Coordinates{ProxyNode: []string{"node-1"}},
				Coordinates{SourceNode: []string{"node-1"}, FrontendKind: []string{"clusterIP"}}},
		},
		"ClusterIPs not let out on a node": {
			fault: fault{proxy: vip(0, Prohibited)},
			want: want{CulpritServiceProxy, []Fault{FaultUnreachable, FaultRefused}, Coordinates{ProxyNode: []string{"node-1"}},
				Coordinates{SourceNode: []string{"node-1"}, FrontendKind: []string{"clusterIP"}}},
		},
		"no pod network between two nodes, either way": {
			fault: fault{network: func(p *packet) Outcome {
				if to := p.nodeOf(p.backend); p.column.Role != RoleSelfTest && (p.via == 0 && to == 1 || p.via == 1 && to == 0) {
					return TimedOut
				}
				return fine
			}},
			want: want{CulpritPodNetwork, []Fault{FaultUnreachable},
				Coordinates{SourceNode: []string{"node-1", "node-2"}, BackendNode: []string{"node-1", "node-2"}}, Coordinates{}},
		},
		"names that are not known on a node": {
			adapt: func(w *world) { w.names = true },
			fault: fault{proxy: func(p *packet) Outcome {
				if p.column.Kind == FrontendDNS && p.via == 2 {
					return NoSuchName
				}
				return fine
			}},
			want: want{CulpritDNS, []Fault{FaultWrongRecords}, Coordinates{SourceNode: []string{"node-3"}},
				Coordinates{ProxyNode: []string{"node-3"}, FrontendKind: []string{"dns"}}},
		},
		"hairpin traffic that keeps its source address": {
			adapt: func(w *world) { w.backends, w.sources = []int{1}, true },
			fault: fault{source: func(*packet, string) string { return "kept" }},
			want: want{CulpritServiceProxy, []Fault{FaultSourceKept}, Coordinates{},
				Coordinates{SourceKind: []string{"backend"}, SourceNode: []string{"node-2"}, ProxyNode: []string{"node-2"}, Source: []string{"b1@node-2"}}},
		},
		"one client of several on its node": {
			fault: fault{proxy: func(p *packet) Outcome {
				if p.row.Name == "b2@node-2" {
					return TimedOut
				}
				return fine
			}},
			want: want{CulpritServiceProxy, []Fault{FaultUnreachable}, Coordinates{SourceNode: []string{"node-2"}},
				Coordinates{Source: []string{"b2@node-2"}, SourceKind: []string{"backend"}, ProxyNode: []string{"node-2"}}},
		},
		"one node port from its own node": {
			fault: fault{proxy: func(p *packet) Outcome {
				if p.column.Kind == FrontendNodePort && p.via == nodeIndex(p.row.Node) {
					return TimedOut
				}
				return fine
			}},
			want: want{CulpritServiceProxy, []Fault{FaultUnreachable}, Coordinates{Path: []string{"sameNode"}}, Coordinates{FrontendKind: []string{"nodePort"}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := usual()
			w.random = rand.New(rand.NewPCG(1, 1))
			if test.adapt != nil {
				test.adapt(w)
			}
			w.fault = test.fault
			d := Diagnose(w.report(t, "initial"))
			if complaint := test.want.judge(d); complaint != "" || len(d.Findings) != 1 || d.Unexplained > 0 {
				t.Errorf("%s\n%s\n%s", complaint, describeDiagnosis(d), d.Text())
			}
		})
	}
}

// TestDiagnosisOfStaleRules: a node goes on with the backends from before a change,
// some of which are gone, and does not know a Service that is new.
func TestDiagnosisOfStaleRules(t *testing.T) {
	w := usual()
	w.random = rand.New(rand.NewPCG(1, 1))
	before := w.report(t, "before")
	w.successor = 2
	w.fault = fault{
		endpoints: func(p *packet, endpoints []string) []string {
			if p.via == 1 && p.column.Service == "web" {
				return []string{"b1", "b2", "b3"}
			}
			return endpoints
		},
		forward: func(p *packet) Outcome {
			if p.backend == "b2" {
				return TimedOut
			}
			return fine
		},
	}
	d := Diagnose(before, w.report(t, "b2 replaced"))
	x := want{CulpritServiceProxy, []Fault{FaultStaleRules}, Coordinates{ProxyNode: []string{"node-2"}}, Coordinates{SourceNode: []string{"node-2"}, Service: []string{"web"}}}
	if complaint := x.judge(d); complaint != "" || !strings.Contains(d.Text(), "has not followed the change") {
		t.Errorf("%s\n%s", complaint, d.Text())
	}
}

// TestDiagnosisOfTwoFaults: the second one is found as well.
func TestDiagnosisOfTwoFaults(t *testing.T) {
	w := usual()
	w.random = rand.New(rand.NewPCG(1, 1))
	w.fault.proxy = func(p *packet) Outcome {
		if p.via == 0 && p.fromPod() && p.column.Kind == FrontendClusterIP || p.via == 2 && p.column.Kind == FrontendNodePort {
			return TimedOut
		}
		return fine
	}
	d := Diagnose(w.report(t, "initial"))
	var nodes []string
	for _, f := range d.Findings {
		nodes = append(nodes, f.Coordinates.ProxyNode...)
	}
	slices.Sort(nodes)
	if !slices.Equal(nodes, []string{"node-1", "node-3"}) || d.Unexplained > 0 {
		t.Error(describeDiagnosis(d))
	}
}

func BenchmarkDiagnose(b *testing.B) {
	table, grid := big(b, 200)
	report := compare(b, table, grid).Report(Meta{})
	b.ReportAllocs()
	for b.Loop() {
		Diagnose(report)
	}
}
