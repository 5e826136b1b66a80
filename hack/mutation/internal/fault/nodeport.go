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

	"sigs.k8s.io/service-e2e/hack/mutation/internal/rules"
	"sigs.k8s.io/service-e2e/hack/mutation/internal/world"
	"sigs.k8s.io/service-e2e/matrix"
)

// nodePortRange is that of the API server's default.
const nodePortRange = "30000-32767"

// nodePortFaults are faults that only node ports have.
func nodePortFaults() []*Fault {
	kind := []string{string(matrix.FrontendNodePort)}
	return []*Fault{
		{
			Name:  "node-port-dead",
			Title: "The node ports of one node are dead, its ClusterIPs are not",
			Bugs:  []string{"ovn-kubernetes/ovn-kubernetes#781", "cloudnativelabs/kube-router#93", "openshift/ovn-kubernetes#1227"},
			How:   "On node-2, prerouting and output drop packets for the node's addresses and the node port range.",
			Focus: specNodePort, Upstream: upstreamNodePort, Quick: true,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Node: "node-2",
				Faults:      []matrix.Fault{matrix.FaultUnreachable, matrix.FaultStaleRules},
				Coordinates: matrix.Coordinates{FrontendKind: kind},
			}},
			means: byRules(func(w *world.World) plan { return plan{node2: dropNodePorts(w, node2, "")} }),
		},
		{
			Name:  "node-port-dead-udp",
			Title: "The node ports of one node are dead over UDP",
			Bugs:  []string{"ovn-kubernetes/ovn-kubernetes#781"},
			How:   "On node-2, prerouting and output drop UDP packets for the node's addresses and the node port range.",
			Focus: specNodePortUDP + "|" + specNodePort, Upstream: "Granular Checks: Services should support basic nodePort: udp functionality",
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Node: "node-2",
				Faults:      []matrix.Fault{matrix.FaultUnreachable, matrix.FaultStaleRules},
				Coordinates: matrix.Coordinates{FrontendKind: kind, Protocol: []string{"UDP"}},
			}},
			means: byRules(func(w *world.World) plan { return plan{node2: dropNodePorts(w, node2, "meta l4proto udp")} }),
		},
		{
			Name:  "node-port-dead-outside",
			Title: "No node port answers clients outside of the cluster, all answer those inside",
			How:   "On all nodes, prerouting drops what the external client sends to the node port range.",
			Focus: specNodePort, Upstream: upstreamNodePort,
			Expect: []Expectation{{
				Culprit:     matrix.CulpritServiceProxy,
				Faults:      []matrix.Fault{matrix.FaultUnreachable},
				Coordinates: matrix.Coordinates{SourceKind: []string{string(matrix.SourceExternal)}},
			}},
			means: byRules(func(w *world.World) plan {
				p := plan{}
				for i := range w.Nodes {
					p[i] = dropNodePortsOutside(w, i)
				}
				return p
			}),
		},
		{
			Name:  "node-port-local-only",
			Title: "Each node port reaches the backends of its own node only",
			How:   "On all nodes, node ports are sent to the backends of the node.",
			Focus: specNodePortEach, Upstream: upstreamNodePort,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Faults: []matrix.Fault{matrix.FaultLocalOnly},
			}},
			means: byRules(func(w *world.World) plan {
				p := plan{}
				each(w.Subjects(), func(_ world.Service, port world.Port) {
					for i, node := range w.Nodes {
						for _, f := range nodePorts(node, port) {
							ready, _ := port.Ready(f.v6)
							p[i] = append(p[i], f.sendTo(atRandom, local(ready, node.Name)...)...)
						}
					}
				})
				return p
			}),
		},
		{
			Name:  "masquerade-missing",
			Title: "One node does not masquerade node port traffic to backends on other nodes",
			Bugs:  []string{"kubernetes/kubernetes#44916", "kubernetes-retired/kpng#295", "kubernetes/kubernetes#74383"},
			How:   "On node-3, the mark for masquerading is cleared from packets to pods of other nodes.",
			Focus: specNodePortEach, Upstream: upstreamNodePort,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Node: "node-3",
				Faults:      []matrix.Fault{matrix.FaultMasqueradeMissing},
				Coordinates: matrix.Coordinates{FrontendKind: kind},
			}},
			means: byRules(func(w *world.World) plan {
				var all []rules.Rule
				for i, node := range w.Nodes {
					for _, cidr := range node.PodCIDRs {
						if i != node3 {
							v6 := world.V6(cidr)
							all = append(all, rules.Rule{
								Chain: rules.Mark, V6: v6, Match: fmt.Sprintf("ct status dnat %s daddr %s", inFamily(v6), cidr),
								Do: "meta mark set meta mark and 0xffffbfff",
							})
						}
					}
				}
				return plan{node3: all}
			}),
		},
	}
}

// dropNodePorts drops what is for the node ports of a node and matches.
func dropNodePorts(w *world.World, node int, match string) []rules.Rule {
	var all []rules.Rule
	for _, address := range w.Nodes[node].Addresses {
		all = append(all, rules.On(rules.Rule{
			V6: world.V6(address), Match: toNodePorts(address) + " " + match, Do: "drop",
		}, rules.Pre, rules.Output)...)
	}
	return all
}

// dropNodePortsOutside drops what the external client sends to the node ports of
// a node.
func dropNodePortsOutside(w *world.World, node int) []rules.Rule {
	var all []rules.Rule
	for _, address := range w.Nodes[node].Addresses {
		v6 := world.V6(address)
		if external := world.Of(v6, w.External); external != "" {
			all = append(all, rules.Rule{
				Chain: rules.Pre, V6: v6, Match: fmt.Sprintf("%s saddr %s %s", inFamily(v6), external, toNodePorts(address)), Do: "drop",
			})
		}
	}
	return all
}

// toNodePorts is the condition that a packet is for any node port at an address.
func toNodePorts(address string) string {
	return fmt.Sprintf("%s daddr %s meta l4proto { tcp, udp } th dport %s", inFamily(world.V6(address)), address, nodePortRange)
}
