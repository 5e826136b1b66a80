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

package framework

import (
	"testing"

	"sigs.k8s.io/service-e2e/matrix"
)

// TestKnowRuleChange: the finding is known where one try of a whole stream was refused
// on its way through kube-proxy in nftables mode, and nowhere else.
func TestKnowRuleChange(t *testing.T) {
	fine := matrix.Observation{Answers: map[string]int{"b1": 70, "b2": 70}}
	with := func(outcome matrix.Outcome, tries int) matrix.Observation {
		return fine.Merge(matrix.Observation{Outcomes: map[matrix.Outcome]int{outcome: tries}})
	}
	rows := []matrix.Row{{Name: "host@node-1", Kind: matrix.SourceHost, Node: "node-1"}, {Name: "pod@node-1", Kind: matrix.SourcePod, Node: "node-1"}}
	columns := []matrix.Column{
		{Name: "NP", Address: "NP", Kind: matrix.FrontendNodePort, Role: matrix.RoleSubject},
		{Name: "direct", Address: "direct", Kind: matrix.FrontendPod, Role: matrix.RoleSubject},
	}
	for name, tc := range map[string]struct {
		mode string
		grid matrix.Grid
		want bool
	}{
		"one try refused":           {"nftables", matrix.Grid{{with(matrix.Refused, 1), fine}, {fine, fine}}, true},
		"other mode":                {"iptables", matrix.Grid{{with(matrix.Refused, 1), fine}, {fine, fine}}, false},
		"two tries":                 {"nftables", matrix.Grid{{with(matrix.Refused, 2), fine}, {fine, fine}}, false},
		"two cells":                 {"nftables", matrix.Grid{{with(matrix.Refused, 1), fine}, {with(matrix.Refused, 1), fine}}, false},
		"timed out":                 {"nftables", matrix.Grid{{with(matrix.TimedOut, 1), fine}, {fine, fine}}, false},
		"past the proxy":            {"nftables", matrix.Grid{{fine, with(matrix.Refused, 1)}, {fine, fine}}, false},
		"answered by a stranger":    {"nftables", matrix.Grid{{fine.Merge(matrix.Observation{Answers: map[string]int{"b3": 1}}), fine}, {fine, fine}}, false},
		"as expected":               {"nftables", matrix.Grid{{fine, fine}, {fine, fine}}, false},
		"refused and by a stranger": {"nftables", matrix.Grid{{with(matrix.Refused, 1).Merge(matrix.Observation{Answers: map[string]int{"b3": 1}}), fine}, {fine, fine}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			table := &Table{t: &Topology{ProxyMode: tc.mode}, Builder: matrix.NewBuilder(rows, columns)}
			table.Default(matrix.ConnectSome("b1", "b2"))
			compare := func() *matrix.Comparison {
				expected, err := table.Build()
				if err != nil {
					t.Fatal(err)
				}
				verdict, err := expected.Compare(tc.grid)
				if err != nil {
					t.Fatal(err)
				}
				return verdict
			}
			before := compare()
			if got := table.knowRuleChange(before); got != tc.want {
				t.Errorf("the finding is known: %v, want %v", got, tc.want)
			}
			// A stranger's answer is wrong, whatever else happened to the cell.
			strange := tc.grid[0][0].Answers["b3"] > 0
			if ok := compare().OK(); ok != (before.OK() || tc.want && !strange) {
				t.Errorf("after that the table is right: %v", ok)
			}
		})
	}
}
