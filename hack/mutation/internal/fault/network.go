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
	"strings"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/rules"
	"sigs.k8s.io/service-e2e/hack/mutation/internal/world"
	"sigs.k8s.io/service-e2e/matrix"
)

// network are faults that are not those of the Service proxy and look like them.
func network() []*Fault {
	return []*Fault{
		{
			Name:  "pod-network-one-way",
			Title: "Pods of one node cannot connect to pods of one other node",
			Bugs:  []string{"k3s-io/k3s#2013", "flannel-io/flannel#1282", "kubernetes/kubeadm#836"},
			How:   "On node-1, forward drops the first packets of connections from its pods to those of node-2.",
			Focus: specNodePort, Upstream: upstreamPodService, Quick: true,
			Expect: []Expectation{{
				Culprit: matrix.CulpritPodNetwork, Faults: []matrix.Fault{matrix.FaultUnreachable},
				Coordinates: matrix.Coordinates{SourceNode: []string{"node-1"}, BackendNode: []string{"node-2"}},
			}},
			means: byRules(betweenPods("ct state new", "drop")),
		},
		{
			Name:  "pod-network-broken",
			Title: "Packets from the pods of one node to those of another are lost, those that go back are not",
			Bugs:  []string{"weaveworks/weave#3641", "k3s-io/k3s#2013", "flannel-io/flannel#1834"},
			How:   "On node-1, forward drops packets from its pods to those of node-2.",
			Focus: specNodePort, Upstream: upstreamPodService,
			Expect: betweenNodes(matrix.FaultUnreachable),
			means:  byRules(betweenPods("", "drop")),
		},
		{
			Name:  "mtu-black-hole",
			Title: "Large packets between the pods of two nodes are lost",
			Bugs:  []string{"projectcalico/calico#2026", "kubernetes/kubernetes#65255"},
			How:   "On node-1, forward drops packets of more than 1400 bytes from its pods to those of node-2.",
			Focus: specLarge, Upstream: upstreamLarge,
			Expect: betweenNodes(matrix.FaultMTU),
			means:  byRules(betweenPods("meta length > 1400", "drop")),
		},
		{
			Name:  "client-unreachable",
			Title: "The suite does not reach one of its clients",
			How:   "In the pod-network client of node-2, connections from the pod itself, which is where port-forward arrives, are refused.",
			Focus: specSlices,
			Expect: []Expectation{{
				Culprit: matrix.CulpritProbe, Faults: []matrix.Fault{matrix.FaultProbeError}, Node: "node-2",
				Coordinates: matrix.Coordinates{SourceKind: []string{string(matrix.SourcePod)}},
			}},
			means: inPods(func(w *world.World) []world.Pod {
				return slices.DeleteFunc(slices.Clone(w.Pods), func(p world.Pod) bool {
					return !p.Shared || p.Name != "pod-"+w.Nodes[node2].Name
				})
			}, portForward(false), portForward(true)),
		},
		{
			Name:  "node-lossy",
			Title: "One node loses half of all that begins anew and that it forwards, translates or takes for a node port",
			Bugs:  []string{"kubernetes/kubernetes#56903", "weaveworks/weave#3287"},
			How:   "On node-2, prerouting drops half of the first packets of connections and flows, but for those to the node's own programs and to the API server, and output half of those to Services.",
			Focus: specDeletedUDP, Upstream: upstreamPodUDP,
			Expect: []Expectation{{
				Culprit: matrix.CulpritPodNetwork, Faults: []matrix.Fault{matrix.FaultIntermittent}, Node: "node-2",
			}},
			means: byRules(losing("numgen random mod 2 == 0")),
		},
		{
			Name:  "node-cut",
			Title: "One node loses all that begins anew and that it forwards, translates or takes for a node port",
			Bugs:  []string{"flannel-io/flannel#1282"},
			How:   "On node-2, prerouting drops the first packets of connections and flows, but for those to the node's own programs and to the API server, and output those to Services.",
			Focus: specDeletedUDP, Upstream: upstreamPodUDP,
			Expect: []Expectation{{
				Culprit: matrix.CulpritPodNetwork, Faults: []matrix.Fault{matrix.FaultUnreachable}, Node: "node-2",
			}},
			means: byRules(losing("")),
		},
		{
			Name:  "ipv6-dead",
			Title: "One node drops IPv6 for ClusterIPs, and not IPv4",
			Bugs:  []string{"kubernetes/kubernetes#96468", "kubernetes/kubernetes#73157", "kubernetes/kubernetes#88780"},
			How:   "On node-2, prerouting and output drop IPv6 packets for the ClusterIPs of specs.",
			Focus: specDualStack, Upstream: upstreamSecondary,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Node: "node-2",
				Faults:      []matrix.Fault{matrix.FaultUnreachable, matrix.FaultStaleRules},
				Coordinates: matrix.Coordinates{Family: []string{"IPv6"}},
			}},
			means: byRules(func(w *world.World) plan {
				p := plan{}
				each(w.Services, func(s world.Service, port world.Port) {
					for _, f := range vips(s, port) {
						if f.v6 {
							p[node2] = append(p[node2], f.drop()...)
						}
					}
				})
				return p
			}),
		},
	}
}

// betweenNodes expects a fault between the pods of two nodes. What is lost on one
// of the ways, be it the question or the answer, is lost for clients on both nodes.
func betweenNodes(f matrix.Fault) []Expectation {
	var all []Expectation
	for _, nodes := range [][2][]string{
		{{"node-1", "node-2"}, {"node-1", "node-2"}}, {{"node-1"}, {"node-2"}}, {{"node-2"}, {"node-1"}},
	} {
		all = append(all, Expectation{
			Culprit: matrix.CulpritPodNetwork, Faults: []matrix.Fault{f},
			Coordinates: matrix.Coordinates{SourceNode: nodes[0], BackendNode: nodes[1]},
		})
	}
	return all
}

// portForward refuses what comes from the pod itself to the port at which the
// suite reaches its clients.
func portForward(v6 bool) rules.Rule {
	return rules.Rule{Chain: rules.Input, V6: v6, Match: "iifname lo tcp dport 8080", Do: "reject with tcp reset"}
}

// betweenPods does something to packets from pods of node-1 to pods of node-2,
// on node-1.
func betweenPods(match, do string) func(*world.World) plan {
	return func(w *world.World) plan {
		p := plan{}
		for _, v6 := range []bool{false, true} {
			from, to := world.Of(v6, w.Nodes[node1].PodCIDRs), world.Of(v6, w.Nodes[node2].PodCIDRs)
			if from != "" && to != "" {
				p[node1] = append(p[node1], rules.Rule{
					Chain: rules.Forward, V6: v6, Match: fmt.Sprintf("%[1]s saddr %[2]s %[1]s daddr %[3]s %[4]s", inFamily(v6), from, to, match), Do: do,
				})
			}
		}
		return p
	}
}

// losing loses what is new on node-2, or as much of it as the share, an expression of
// nft, matches. What the cluster itself needs is left alone: the ways to the node's own
// ports, so to kubelet, those of the node's own programs to pods, so kubelet's probes,
// and those to the API server.
func losing(share string) func(*world.World) plan {
	const (
		begins = "ct state new meta l4proto { tcp, udp }"
		ports  = "th dport 30000-32767"
	)
	return func(w *world.World) plan {
		p := plan{}
		for _, v6 := range []bool{false, true} {
			family, testNet := inFamily(v6), "203.0.113.0/24"
			if v6 {
				testNet = "2001:db8::/32"
			}
			lose := func(chain rules.Chain, match string) {
				match = strings.Join(strings.Fields(begins+" "+match+" "+share), " ")
				p[node2] = append(p[node2], rules.Rule{Chain: chain, V6: v6, Match: match, Do: "drop"})
			}
			spared := ""
			if api := world.Of(v6, w.API); api != "" {
				spared = fmt.Sprintf("%s daddr != %s", family, api)
			}
			lose(rules.Pre, "iifname != lo fib daddr type != local "+spared)
			lose(rules.Pre, "iifname != lo fib daddr type local "+ports)
			lose(rules.Output, ports)
			lose(rules.Output, fmt.Sprintf("%s daddr %s", family, testNet))
			if cidr := world.Of(v6, w.ServiceCIDRs); cidr != "" {
				lose(rules.Output, fmt.Sprintf("%s daddr %s %s", family, cidr, spared))
			}
		}
		return p
	}
}

// names are faults of the cluster's DNS.
func names() []*Fault {
	return []*Fault{
		{
			Name:  "dns-dead",
			Title: "The cluster's DNS does not answer one node",
			Bugs:  []string{"antrea-io/antrea#2127"},
			How:   "On node-2, prerouting and output drop packets for the ClusterIP of the cluster's DNS.",
			Focus: specDNS, Upstream: upstreamDNS,
			Expect: []Expectation{{
				Culprit: matrix.CulpritDNS, Faults: []matrix.Fault{matrix.FaultUnreachable, matrix.FaultWrongRecords}, Node: "node-2",
			}},
			means: byRules(func(w *world.World) plan {
				p := plan{}
				for _, address := range w.DNS {
					for _, protocol := range []string{"udp", "tcp"} {
						p[node2] = append(p[node2], to(address, protocol, dnsPort).drop()...)
					}
				}
				return p
			}),
		},
		{
			Name:  "dns-stale",
			Title: "The cluster's DNS goes on answering what was right at first",
			Bugs:  []string{"coredns/coredns#3432", "kubernetes/dns#472", "kubernetes/kubernetes#127234"},
			How:   "On node-2, queries are sent to a forwarder that keeps answers for ever.",
			Focus: specDNSHeadless, Upstream: upstreamDNS,
			Expect: []Expectation{{
				Culprit: matrix.CulpritDNS, Faults: []matrix.Fault{matrix.FaultWrongRecords, matrix.FaultStaleRules}, Node: "node-2",
			}},
			means: staleDNS(node2),
		},
	}
}

// dnsPort is the port of the cluster's DNS.
const dnsPort = 53
