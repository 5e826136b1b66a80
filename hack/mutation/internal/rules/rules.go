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

package rules

import (
	"fmt"
	"strings"
)

// Table is the name of the table, in each IP family.
const Table = "sfault"

// counter is the counter that every rule adds to.
const counter = "hits"

// HitsText is a text that each rule has once when nft lists it, and nothing else.
const HitsText = `counter name "` + counter + `"`

// Chain is a place where packets pass.
type Chain struct {
	name, spec string
}

// The chains. Packets of pods and of other machines pass the Pre and the Forward
// ones, those of the host network the Output ones.
var (
	// Pre and Output see packets after connection tracking and before DNAT.
	Pre    = Chain{"pre", "type filter hook prerouting priority -150"}
	Output = Chain{"output", "type filter hook output priority -150"}
	// Forward sees packets between pods and to other nodes, after DNAT.
	Forward = Chain{"forward", "type filter hook forward priority -10"}
	// Input sees packets to the host itself.
	Input = Chain{"input", "type filter hook input priority -10"}
	// Mark is for marks that kube-proxy's masquerading looks at.
	Mark = Chain{"marking", "type filter hook postrouting priority 98"}
	// PreNAT and OutputNAT choose the backend.
	PreNAT    = Chain{"pre-nat", "type nat hook prerouting priority -101"}
	OutputNAT = Chain{"output-nat", "type nat hook output priority -101"}
	// PostNAT chooses the source address.
	PostNAT = Chain{"post-nat", "type nat hook postrouting priority 99"}
)

// order is the order in which chains are written.
var order = []Chain{Pre, Output, Forward, Input, Mark, PreNAT, OutputNAT, PostNAT}

// Rule is one rule.
type Rule struct {
	Chain Chain
	// V6 is set for IPv6.
	V6 bool
	// Match is the condition, and Do what becomes of packets for which it holds.
	Match, Do string
}

// On returns the rule once for each of the chains.
func On(r Rule, chains ...Chain) []Rule {
	var all []Rule
	for _, chain := range chains {
		r.Chain = chain
		all = append(all, r)
	}
	return all
}

// Script returns commands for "nft -f" that make the table hold these rules and
// no others, in one transaction. The counter keeps its value.
func Script(rules []Rule) string {
	var b strings.Builder
	for _, family := range families {
		fmt.Fprintf(&b, "add table %s %s\n", family, Table)
		fmt.Fprintf(&b, "add counter %s %s %s\n", family, Table, counter)
		fmt.Fprintf(&b, "flush table %s %s\n", family, Table)
		for _, chain := range order {
			begun := false
			for _, r := range rules {
				if r.Chain != chain || r.family() != family {
					continue
				}
				if !begun {
					fmt.Fprintf(&b, "add chain %s %s %s { %s; }\n", family, Table, chain.name, chain.spec)
					begun = true
				}
				fmt.Fprintf(&b, "add rule %s %s %s %s\n", family, Table, chain.name, r.text())
			}
		}
	}
	return b.String()
}

// Clear returns commands that remove the table, whether it is there or not.
func Clear() string {
	var b strings.Builder
	for _, family := range families {
		fmt.Fprintf(&b, "add table %s %s\ndelete table %s %s\n", family, Table, family, Table)
	}
	return b.String()
}

// families are those of the table. Each script names both: what it does not
// write, it empties.
var families = []string{"ip", "ip6"}

func (r Rule) family() string {
	if r.V6 {
		return "ip6"
	}
	return "ip"
}

func (r Rule) text() string {
	return strings.Join(strings.Fields(fmt.Sprintf("%s counter name %s %s", r.Match, counter, r.Do)), " ")
}
