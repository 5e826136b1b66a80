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
	"time"

	"sigs.k8s.io/service-e2e/matrix"
)

// TestKnowCuts: the finding is known where a cell has lost one try when the Service
// changed, and nowhere else.
func TestKnowCuts(t *testing.T) {
	changed := time.Now()
	fine := matrix.Observation{Answers: map[string]int{"b1": 70, "b2": 70}}
	with := func(outcome matrix.Outcome, tries int) matrix.Observation {
		return fine.Merge(matrix.Observation{Outcomes: map[matrix.Outcome]int{outcome: tries}})
	}
	rows := []matrix.Row{{Name: "host@node-1", Node: "node-1"}}
	columns := []matrix.Column{
		{Name: "VIP", Address: "VIP", Protocol: "UDP", Role: matrix.RoleSubject},
		{Name: "direct", Address: "direct", Protocol: "UDP", Role: matrix.RoleDirect},
		{Name: "VIP over TCP", Address: "VIP over TCP", Protocol: "TCP", Role: matrix.RoleSubject},
	}
	for name, tc := range map[string]struct {
		vip, direct, tcp matrix.Observation
		began            time.Duration // after the change
		known, ok        bool
	}{
		"lost when it changed":       {with(matrix.TimedOut, 1), fine, fine, time.Second, true, true},
		"lost under way":             {with(matrix.TimedOut, 1), fine, fine, -time.Second, true, true},
		"lost before":                {with(matrix.TimedOut, 1), fine, fine, -time.Minute, false, false},
		"lost later":                 {with(matrix.TimedOut, 1), fine, fine, time.Minute, false, false},
		"lost twice":                 {with(matrix.TimedOut, 2), fine, fine, time.Second, false, false},
		"refused":                    {with(matrix.Refused, 1), fine, fine, time.Second, false, false},
		"lost and by a stranger":     {with(matrix.TimedOut, 1).Merge(matrix.Observation{Answers: map[string]int{"b3": 1}}), fine, fine, time.Second, true, false},
		"lost on the way to a pod":   {fine, with(matrix.TimedOut, 1), fine, time.Second, false, false},
		"lost on both of these ways": {with(matrix.TimedOut, 1), with(matrix.TimedOut, 1), fine, time.Second, true, false},
		"lost over TCP":              {fine, fine, with(matrix.TimedOut, 1), time.Second, false, false},
		"as expected":                {fine, fine, fine, 0, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			topology := &Topology{changed: changed}
			table := &Table{t: topology, Builder: matrix.NewBuilder(rows, columns)}
			table.Default(matrix.ConnectSome("b1", "b2"))
			s := &Stream{t: topology, table: table, gaps: [][]gap{{{began: changed.Add(tc.began)}, {began: changed.Add(tc.began)}, {began: changed.Add(tc.began)}}}}
			Cut(Finding{ID: "cut", Title: "a title"}, matrix.ColumnsOfRole(matrix.RoleSubject))(s)
			compare := func() *matrix.Comparison {
				expected, err := table.Build()
				if err != nil {
					t.Fatal(err)
				}
				verdict, err := expected.Compare(matrix.Grid{{tc.vip, tc.direct, tc.tcp}})
				if err != nil {
					t.Fatal(err)
				}
				return verdict
			}
			if got := s.knowCuts(compare()); got != tc.known {
				t.Errorf("the finding is known: %v, want %v", got, tc.known)
			}
			if ok := compare().OK(); ok != tc.ok {
				t.Errorf("after that the table is right: %v, want %v", ok, tc.ok)
			}
		})
	}
}
