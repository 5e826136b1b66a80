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
	"strings"
	"testing"
)

// TestScript: the script empties both families, writes chains in their order,
// each once, and lets every rule count.
func TestScript(t *testing.T) {
	got := Script([]Rule{
		{Chain: PreNAT, Match: "ip daddr 10.96.0.9", Do: "dnat to 10.244.1.2:80"},
		{Chain: Pre, Match: "tcp dport 80", Do: "drop"},
		{Chain: Pre, Match: "", Do: "drop"},
		{Chain: Output, V6: true, Match: "ip6 daddr fd00::1 ", Do: " reject"},
	})
	const want = `add table ip sfault
add counter ip sfault hits
flush table ip sfault
add chain ip sfault pre { type filter hook prerouting priority -150; }
add rule ip sfault pre tcp dport 80 counter name hits drop
add rule ip sfault pre counter name hits drop
add chain ip sfault pre-nat { type nat hook prerouting priority -101; }
add rule ip sfault pre-nat ip daddr 10.96.0.9 counter name hits dnat to 10.244.1.2:80
add table ip6 sfault
add counter ip6 sfault hits
flush table ip6 sfault
add chain ip6 sfault output { type filter hook output priority -150; }
add rule ip6 sfault output ip6 daddr fd00::1 counter name hits reject
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestOn(t *testing.T) {
	all := On(Rule{Match: "m", Do: "drop"}, Pre, Output)
	if len(all) != 2 || all[0].Chain != Pre || all[1].Chain != Output || all[1].Match != "m" {
		t.Errorf("got %v", all)
	}
}

// TestClear: the table is removed even if it is not there.
func TestClear(t *testing.T) {
	for _, family := range families {
		add, remove := strings.Index(Clear(), "add table "+family+" "), strings.Index(Clear(), "delete table "+family+" ")
		if add < 0 || remove < add {
			t.Errorf("%s: %q", family, Clear())
		}
	}
}
