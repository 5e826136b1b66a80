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

package trial

import (
	"strings"
	"testing"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/fault"
	"sigs.k8s.io/service-e2e/matrix"
)

// expected is what the diagnosis of the fault of these tests is to say.
var expected = &fault.Fault{Name: "f", Expect: []fault.Expectation{{
	Culprit: matrix.CulpritServiceProxy, Node: "node-2",
	Faults:      []matrix.Fault{matrix.FaultUnreachable, matrix.FaultStaleRules},
	Coordinates: matrix.Coordinates{Protocol: []string{"UDP"}},
}, {
	Culprit: matrix.CulpritPodNetwork, Faults: []matrix.Fault{matrix.FaultUnreachable},
}}}

func reported(findings ...matrix.Finding) *report {
	r := &report{Diagnosis: &matrix.Diagnosis{Findings: findings}}
	r.Specs = append(r.Specs, struct {
		Name, State, Reason string
		Phases              []struct{ Table *matrix.Report }
	}{Name: "should work", State: "failed"})
	return r
}

func TestJudge(t *testing.T) {
	at := func(node string, protocol ...string) matrix.Coordinates {
		return matrix.Coordinates{SourceNode: []string{node}, Protocol: protocol}
	}
	right := matrix.Finding{Culprit: matrix.CulpritServiceProxy, Fault: matrix.FaultStaleRules, Coordinates: at("mut-node-2", "UDP")}
	network := matrix.Finding{Culprit: matrix.CulpritPodNetwork, Fault: matrix.FaultUnreachable}
	for _, tc := range []struct {
		name                string
		report              *report
		localised, innocent bool
		missed              string
	}{
		{"right", reported(right), true, true, ""},
		{"right by another name of the node", reported(matrix.Finding{
			Culprit: right.Culprit, Fault: right.Fault,
			Coordinates: matrix.Coordinates{ProxyNode: []string{"mut-node-2"}, SourceNode: []string{"mut-node-2"}, Protocol: []string{"UDP"}},
		}), true, true, ""},
		{"the other right one", reported(network), true, true, ""},
		{"more of the same", reported(right, right), true, true, ""},
		{"no finding", reported(), false, true, "no finding"},
		{"wrong culprit", reported(matrix.Finding{Culprit: matrix.CulpritDNS, Fault: right.Fault, Coordinates: right.Coordinates}), false, false, "culprit is dns"},
		{"wrong word", reported(matrix.Finding{Culprit: right.Culprit, Fault: matrix.FaultMTU, Coordinates: right.Coordinates}), false, true, "fault is mtu"},
		{"wrong node", reported(matrix.Finding{Culprit: right.Culprit, Fault: right.Fault, Coordinates: at("mut-node-3", "UDP")}), false, false, "node-3"},
		{"protocol is not named", reported(matrix.Finding{Culprit: right.Culprit, Fault: right.Fault, Coordinates: at("mut-node-2")}), false, true, "protocol is []"},
		{"accuses another node second", reported(right, matrix.Finding{Culprit: right.Culprit, Fault: right.Fault, Coordinates: at("mut-node-1")}), true, false, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := &Result{}
			r.judge(expected, tc.report)
			if !r.Detected || r.Localised != tc.localised || r.Innocent != tc.innocent {
				t.Errorf("got %+v", r)
			}
			if tc.missed == "" && r.Missed != "" || !strings.Contains(r.Missed, tc.missed) {
				t.Errorf("missed %q, want %q", r.Missed, tc.missed)
			}
		})
	}
}

// TestJudgeUndetected: where no spec failed, nothing else is good either.
func TestJudgeUndetected(t *testing.T) {
	report := reported()
	report.Specs[0].State = "passed"
	r := &Result{}
	r.judge(expected, report)
	if r.Detected || r.Localised || r.Innocent {
		t.Errorf("got %+v", r)
	}
}

func TestReport(t *testing.T) {
	good := &Result{Fault: "a", Mode: "iptables", Detected: true, Localised: true, Innocent: true, Recovered: true}
	for _, tc := range []struct {
		name    string
		results []*Result
		ok      bool
		summary string
	}{
		{"good", []*Result{good, good}, true, "2 faults tried, 2 detected, 2 localised, 2 innocent, 2 recovered"},
		{"not localised", []*Result{{Fault: "a", Detected: true, Recovered: true}}, true, "1 detected, 0 localised"},
		{"not detected", []*Result{{Fault: "a", Recovered: true}}, false, "0 detected"},
		{"not recovered", []*Result{{Fault: "a", Detected: true}}, false, "0 recovered"},
		{"proves nothing", []*Result{{Fault: "a", Error: "oops"}}, false, "1 prove nothing"},
		{"false alarm", []*Result{good, {Fault: healthyName, Detected: true}}, false, "1 false alarms in 1 healthy runs"},
		{"healthy", []*Result{{Fault: healthyName, Innocent: true}}, true, "0 false alarms in 1 healthy runs"},
		{"nothing", nil, false, "0 faults tried"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := NewReport(tc.results, 1)
			if r.OK() != tc.ok || !strings.Contains(r.Score.summary(), tc.summary) {
				t.Errorf("%v: %s", r.OK(), r.Score.summary())
			}
			var out strings.Builder
			if err := r.Print(&out); err != nil || strings.Count(out.String(), "\n") != len(tc.results)+3 {
				t.Errorf("%v\n%s", err, out.String())
			}
			if rows := strings.Count(r.Markdown(), "\n| "); rows != len(tc.results)+2 {
				t.Errorf("%d rows in\n%s", rows, r.Markdown())
			}
		})
	}
}

func TestCounts(t *testing.T) {
	passed, failed, err := counts("FAIL! -- 3 Passed | 2 Failed | 0 Pending | 7000 Skipped")
	if passed != 3 || failed != 2 || err != nil {
		t.Errorf("got %d, %d, %v", passed, failed, err)
	}
	if _, _, err := counts("panic"); err == nil {
		t.Error("no error")
	}
}

func TestComparison(t *testing.T) {
	c := NewComparison([]*PeerResult{
		{Fault: "a", Mode: "iptables", Specs: "x", Runs: 3, Detected: 1}, {Fault: "b", Mode: "iptables"}, {Fault: "c", Specs: "x", Error: "oops"},
		{Fault: "d", Mode: "iptables", Specs: "x", Runs: 3, Unmet: true},
	}, "no such file")
	c.own[key{mode: "iptables", fault: "d"}] = &Result{Detected: true, Localised: true}
	c.own[key{mode: "iptables", fault: "a"}] = &Result{Detected: true}
	var out strings.Builder
	if err := c.Print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"1 of 3", "no spec", "detected", "Of 2 faults", "0 of 3 (unmet)", "and 1 in none (in 1 of these"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
