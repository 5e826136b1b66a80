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

// dropped are faults of one node that swallows what is for Services.
func dropped() []*Fault {
	unreachable := func(c matrix.Coordinates) []Expectation {
		return []Expectation{{
			Culprit: matrix.CulpritServiceProxy, Node: "node-2", Coordinates: c,
			Faults: []matrix.Fault{matrix.FaultUnreachable, matrix.FaultStaleRules},
		}}
	}
	return []*Fault{
		{
			Name:  "vip-dropped",
			Title: "One node drops everything for ClusterIPs",
			Bugs:  []string{"antrea-io/antrea#2127", "kubernetes/kubernetes#75360", "kubernetes/kubernetes#81517"},
			How:   "On node-2, prerouting and output drop packets for the Service range.",
			Focus: specSlices, Upstream: upstreamBasic, Quick: true,
			Expect: unreachable(matrix.Coordinates{}),
			means:  byRules(dropVIPs("", rules.Pre, rules.Output)),
		},
		{
			Name:  "vip-dropped-pods",
			Title: "One node drops what its pods send to ClusterIPs, and not what it sends itself",
			Bugs:  []string{"kubernetes/kubernetes#88986", "ovn-kubernetes/ovn-kubernetes#758"},
			How:   "On node-2, prerouting drops packets for the Service range.",
			Focus: specSlices, Upstream: upstreamBasic,
			Expect: unreachable(matrix.Coordinates{SourceKind: []string{string(matrix.SourcePod)}}),
			means:  byRules(dropVIPs("", rules.Pre)),
		},
		{
			Name:  "vip-dropped-host",
			Title: "One node drops what host-network clients send to ClusterIPs, and not what pods do",
			Bugs:  []string{"ovn-kubernetes/ovn-kubernetes#2392", "projectcalico/calico#3145"},
			How:   "On node-2, output drops packets for the Service range.",
			Focus: specSlices, Upstream: upstreamNodeService,
			Expect: unreachable(matrix.Coordinates{SourceKind: []string{string(matrix.SourceHost)}}),
			means:  byRules(dropVIPs("", rules.Output)),
		},
		{
			Name:  "vip-dropped-tcp",
			Title: "One node drops TCP for ClusterIPs, and not UDP",
			How:   "On node-2, prerouting and output drop TCP packets for the Service range.",
			Focus: specSlicesBoth, Upstream: upstreamProtocols,
			Expect: unreachable(matrix.Coordinates{Protocol: []string{"TCP"}}),
			means:  byRules(dropVIPs("meta l4proto tcp", rules.Pre, rules.Output)),
		},
		{
			Name:  "vip-dropped-udp",
			Title: "One node drops UDP for ClusterIPs, and not TCP",
			How:   "On node-2, prerouting and output drop UDP packets for the Service range.",
			Focus: specSlicesBoth, Upstream: upstreamProtocols,
			Expect: unreachable(matrix.Coordinates{Protocol: []string{"UDP"}}),
			means:  byRules(dropVIPs("meta l4proto udp", rules.Pre, rules.Output)),
		},
		{
			Name:  "service-missing",
			Title: "One node has no rules for the Service under test, all others work",
			Bugs:  []string{"antrea-io/antrea#2127", "rancher/rke2#10469", "k3s-io/k3s#7542"},
			How:   "On node-2, prerouting and output drop packets for the Service's ClusterIP, as a default route without an end does.",
			Focus: specSlices, Upstream: upstreamBasic,
			Expect: unreachable(matrix.Coordinates{Service: []string{"web"}}),
			means: byRules(func(w *world.World) plan {
				p := plan{}
				each(w.Subjects(), func(s world.Service, port world.Port) {
					for _, f := range vips(s, port) {
						p[node2] = append(p[node2], f.drop()...)
					}
				})
				return p
			}),
		},
		{
			Name:  "vip-lossy-udp",
			Title: "One node loses a quarter of the UDP packets for ClusterIPs",
			Bugs:  []string{"kubernetes/kubernetes#56903", "weaveworks/weave#3287", "projectcalico/calico#4431"},
			How:   "On node-2, prerouting and output drop a quarter of the UDP packets for the Service range, at random.",
			Focus: specDeletedUDP, Upstream: upstreamPodUDP,
			Expect: []Expectation{{
				Culprit: matrix.CulpritServiceProxy, Faults: []matrix.Fault{matrix.FaultIntermittent}, Node: "node-2",
			}},
			means: byRules(dropVIPs("meta l4proto udp numgen random mod 100 < 25", rules.Pre, rules.Output)),
		},
	}
}

// dropVIPs drops what is for ClusterIPs on node-2. The API server stays
// reachable: without it other things break than those that are meant.
func dropVIPs(match string, chains ...rules.Chain) func(*world.World) plan {
	return func(w *world.World) plan {
		p := plan{}
		for _, cidr := range w.ServiceCIDRs {
			v6 := world.V6(cidr)
			family, spared := inFamily(v6), ""
			if api := world.Of(v6, w.API); api != "" {
				spared = fmt.Sprintf("%s daddr != %s", family, api)
			}
			p[node2] = append(p[node2], rules.On(rules.Rule{
				V6: v6, Match: fmt.Sprintf("%s daddr %s %s %s", family, cidr, spared, match), Do: "drop",
			}, chains...)...)
		}
		return p
	}
}
