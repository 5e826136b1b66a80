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
	"strings"
	"testing"
)

func TestList(t *testing.T) {
	for _, tc := range []struct {
		names     []string
		separator string
		want      string
	}{
		{nil, ",", ""},
		{backends(4), ",", "b1,b2,b3,b4"},
		{backends(5), ",", "b1..b5"},
		{backends(5), "|", "b1|..|b5"},
		{[]string{"a", "b", "c", "d", "e"}, ",", "a,b,c,d and 1 more"},
		{[]string{"b1", "b2", "b4", "b5", "b6", "b9"}, ",", "b1,b2,b4..b6,b9"},
		{[]string{"b1", "b2", "b4", "b5", "b6", "b9", "c", "d"}, "|", "b1|b2|b4|..|b6|b9 and 2 more"},
		{[]string{"b08", "b09", "b10", "b11", "b12"}, ",", "b08,b09..b12"}, // 09 is no decimal that 10 follows, but 9 is
		{[]string{"b9", "b10", "b11", "b100", "x"}, ",", "b9..b11,b100,x"},
		{[]string{"1", "2", "3", "99999999999999999999", "x"}, ",", "1..3,99999999999999999999,x"},
	} {
		if got := list(tc.names, tc.separator); got != tc.want {
			t.Errorf("list(%q) = %q, want %q", tc.names, got, tc.want)
		}
	}
}

func TestObservedText(t *testing.T) {
	eleven := Connect(backends(11)...)
	for _, tc := range []struct {
		e    Expectation
		o    Observation
		want string
	}{
		{eleven, Observation{}, "?"},
		{eleven, answered(1, backends(11)...), "C{all 11}"},
		{eleven, answered(1, backends(10)...), "C{10 of 11, not b11}"},
		{eleven, answered(1, append(backends(5), "x", "y")...), "C{5 of 11, not b6..b11, but also x,y}"},
		{eleven, answered(1, append(backends(11), "x")...), "C{all 11, but also x}"},
		{eleven, answered(1, "b1", "b2"), "C{b1,b2}"},
		{eleven, answered(1, "b1", "x y"), "C{b1,x_y}"},
		{eleven, answered(1, "x1", "x2", "x3", "x4", "x5", "y"), "C{x1..x5,y}"},
		{ConnectAny(), answered(1, backends(5)...), "C{b1..b5}"},
		{Refuse(), failed(3, Refused, "").Merge(failed(1, Error, "")).Merge(answered(2, "b1")), "C{b1}+R(3/6)+ERROR(1/6)"},
		{Refuse(), failed(3, NoSuchName, ""), "NX"},
		{Refuse(), failed(3, NoSuchName, "").Merge(failed(1, Unreachable, "")), "U(1/4)+NX(3/4)"},
	} {
		if got := (CellResult{Expected: tc.e, Observed: tc.o}).observedText(); got != tc.want {
			t.Errorf("%s %v is %q, want %q", tc.e, tc.o, got, tc.want)
		}
	}
}

func TestDescribe(t *testing.T) {
	row := Row{Name: "pod@node-2", Node: "node-2"}
	column := Column{Name: "VIP", Address: "10.96.0.1", Port: 80, Protocol: "TCP"}
	for _, tc := range []struct {
		name   string
		row    Row
		column Column
		cell   CellResult
		want   string
	}{
		{"wrong", row, column, CellResult{Expected: Refuse(), Observed: failed(5, TimedOut, "i/o timeout"), Verdict: Mismatch},
			"pod@node-2 -> VIP (10.96.0.1:80/TCP): want R, got T (5 of 5 tries), last: i/o timeout"},
		{"right", Row{Name: "b1", Node: "n1"}, column, CellResult{Expected: Connect("b1"), Observed: answered(14, "b1"), Verdict: Match},
			"b1 (n1) -> VIP (10.96.0.1:80/TCP): want C{b1}, got C{b1} (14 tries)"},
		{"column named by its address", row, Column{Name: "10.96.0.1:80", Address: "10.96.0.1", Port: 80, Protocol: "TCP"}, CellResult{Expected: Connect("b1"), Observed: answered(1, "b2"), Verdict: Mismatch},
			"pod@node-2 -> 10.96.0.1:80/TCP: want C{b1}, got C{b2} (1 of 1 try)"},
		{"neither address nor protocol", row, Column{Name: "VIP"}, CellResult{Expected: Connect("b1"), Observed: Observation{}, Verdict: Missing},
			"pod@node-2 -> VIP: want C{b1}, got nothing, it was not tried"},
		{"never got there", row, Column{Name: "VIP", Protocol: "UDP"}, CellResult{Expected: Connect("b1"), Observed: Observation{LastError: "no tunnel"}, Verdict: Missing},
			"pod@node-2 -> VIP/UDP: want C{b1}, got nothing, it was not tried, last: no tunnel"},
		{"skipped", Row{Name: "X", Skipped: "no client\noutside"}, Column{Name: "VIP"}, CellResult{Expected: Connect("b1"), Observed: Observation{}, Verdict: Skipped},
			"X -> VIP: want C{b1}, got nothing, the row is skipped: no client outside"},
		{"long error", row, Column{Name: "VIP"}, CellResult{Expected: Refuse(), Observed: failed(1, Error, "\x00a\xff"+strings.Repeat(" ä", 200)), Verdict: ProbeError},
			"pod@node-2 -> VIP: want R, got ERROR (1 of 1 try), last: a_" + strings.Repeat(" ä", 99) + "..."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := tc.cell.describe(tc.row, tc.column); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}
