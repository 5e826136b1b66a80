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
	"strings"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/rules"
	"sigs.k8s.io/service-e2e/hack/mutation/internal/world"
)

// Nodes by their index.
const (
	node1 = iota
	node2
	node3
)

// unusedHost is the last part of an address in a node's pod range that no pod
// has: addresses are handed out from below.
const unusedHost = 250

// masqueradeMark is the mark by which kube-proxy, in all modes, knows what it has
// to masquerade. What chooses a backend in its place has to set it, too.
const masqueradeMark = "0x4000"

// frontend is one way into a Service, in one IP family.
type frontend struct {
	v6 bool
	// match is the condition that a packet is for it.
	match    string
	protocol string
	// masquerade says that the client's address has to be rewritten, because
	// the backend may be on another node than the one that the traffic came to.
	masquerade bool
}

// inFamily returns the word for an IP family in rules.
func inFamily(v6 bool) string {
	if v6 {
		return "ip6"
	}
	return "ip"
}

// to returns the frontend at an address and port.
func to(address, protocol string, port int) frontend {
	v6 := world.V6(address)
	return frontend{v6: v6, protocol: protocol, match: fmt.Sprintf("%s daddr %s %s dport %d", inFamily(v6), address, protocol, port)}
}

// vips returns the ClusterIPs of a port.
func vips(s world.Service, p world.Port) []frontend {
	var all []frontend
	for _, vip := range s.VIPs {
		all = append(all, to(vip, p.Protocol, p.Port))
	}
	return all
}

// masqueraded returns frontends that rewrite the client's address.
func masqueraded(all []frontend) []frontend {
	for i := range all {
		all[i].masquerade = true
	}
	return all
}

// nodePorts returns a node port at the addresses of one node.
func nodePorts(n world.Node, p world.Port) []frontend {
	if p.NodePort == 0 {
		return nil
	}
	var all []frontend
	for _, address := range n.Addresses {
		all = append(all, to(address, p.Protocol, p.NodePort))
	}
	return masqueraded(all)
}

// How one of several backends is chosen.
const (
	atRandom = "numgen random"
	// byClient always makes the same choice for the same client.
	byClient = "jhash %s saddr"
)

// sendTo returns rules that send new connections to one of the backends, as
// kube-proxy would.
func (f frontend) sendTo(choice string, backends ...world.Backend) []rules.Rule {
	if len(backends) == 0 {
		return nil
	}
	family := inFamily(f.v6)
	if strings.Contains(choice, "%s") {
		choice = fmt.Sprintf(choice, family)
	}
	var elements []string
	for i, b := range backends {
		elements = append(elements, fmt.Sprintf("%d : %s", i, b.Endpoint()))
	}
	do := fmt.Sprintf("dnat %s addr . port to %s mod %d map { %s }", family, choice, len(backends), strings.Join(elements, ", "))
	if f.masquerade {
		do = fmt.Sprintf("meta mark set meta mark or %s %s", masqueradeMark, do)
	}
	all := rules.On(rules.Rule{V6: f.v6, Match: f.match, Do: do}, rules.PreNAT, rules.OutputNAT)
	for _, b := range backends {
		// kube-proxy marks these when it chooses, which it does not do now.
		all = append(all, rules.Rule{
			Chain: rules.Mark, V6: f.v6,
			Match: fmt.Sprintf("ct status dnat %[1]s saddr %[2]s %[1]s daddr %[2]s", family, b.Address),
			Do:    "meta mark set meta mark or " + masqueradeMark,
		})
	}
	return all
}

// refuse returns rules that refuse all packets for the frontend.
func (f frontend) refuse() []rules.Rule {
	return rules.On(rules.Rule{V6: f.v6, Match: f.match, Do: refusal(f.protocol)}, rules.Pre, rules.Output)
}

// drop returns rules that drop all packets for the frontend.
func (f frontend) drop() []rules.Rule {
	return rules.On(rules.Rule{V6: f.v6, Match: f.match, Do: "drop"}, rules.Pre, rules.Output)
}

// refusal is what refuses packets of a protocol as a closed port would.
func refusal(protocol string) string {
	if protocol == "tcp" {
		return "reject with tcp reset"
	}
	return "reject"
}

// each calls do for every port of the given Services.
func each(services []world.Service, do func(world.Service, world.Port)) {
	for _, s := range services {
		for _, p := range s.Ports {
			do(s, p)
		}
	}
}

// local returns the backends on a node.
func local(backends []world.Backend, node string) []world.Backend {
	var found []world.Backend
	for _, b := range backends {
		if b.Node == node {
			found = append(found, b)
		}
	}
	return found
}
