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
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/fault"
	"sigs.k8s.io/service-e2e/matrix"
)

// Result is what became of one fault in one mode of kube-proxy.
type Result struct {
	Fault string `json:"fault"`
	Title string `json:"title"`
	Mode  string `json:"mode"`
	// Run numbers the runs without a fault.
	Run int `json:"run,omitempty"`
	// At is when it was tried.
	At time.Time `json:"at,omitzero"`
	// Error says why the trial proves nothing.
	Error string `json:"error,omitempty"`
	// Detected: a spec failed.
	Detected bool `json:"detected"`
	// Localised: the first finding names the right thing and place.
	Localised bool `json:"localised"`
	// Innocent: no finding names anything else.
	Innocent bool `json:"innocent"`
	// Recovered: with the fault gone the same specs passed, and all nodes were
	// as they had been before.
	Recovered bool `json:"recovered"`
	// Pending: the nodes are as they had been, and the specs are still to be run
	// without the fault.
	Pending bool `json:"pending,omitempty"`
	// Finding is the text of the first finding.
	Finding string `json:"finding,omitempty"`
	// Missed says in what the first finding is not what was expected.
	Missed string `json:"missed,omitempty"`
	// Accused are the texts of findings that name anything else.
	Accused []string `json:"accused,omitempty"`
	// Trouble says why it did not recover.
	Trouble string `json:"trouble,omitempty"`
	// FailedSpecs are the specs that detected it.
	FailedSpecs []string `json:"failedSpecs,omitempty"`
	// Seconds that it took to inject, to detect, and to recover: until the nodes
	// were as before, and a share of the run that showed that all is well.
	InjectSeconds  float64 `json:"injectSeconds"`
	DetectSeconds  float64 `json:"detectSeconds"`
	RecoverSeconds float64 `json:"recoverSeconds"`
}

func (r *Result) key() key { return key{r.Mode, r.Fault, r.Run} }

func (r *Result) settled() bool { return r.Error == "" && !r.Pending }

// seconds returns how long the trials took, one after the other.
func seconds(results []*Result) float64 {
	sum := 0.0
	for _, r := range results {
		sum += r.InjectSeconds + r.DetectSeconds + r.RecoverSeconds
	}
	return sum
}

// judge scores what a run made of a fault.
func (r *Result) judge(f *fault.Fault, report *report) {
	r.FailedSpecs, _ = report.failed()
	r.Detected = len(r.FailedSpecs) > 0
	if !r.Detected {
		return
	}
	findings := report.diagnosis().Findings
	r.Innocent = true
	if len(findings) == 0 {
		r.Missed = "there is no finding"
		return
	}
	r.Finding = findings[0].Text
	var misses []string
	for _, want := range f.Expect {
		misses = append(misses, missing(findings[0], want))
	}
	r.Localised = slices.Contains(misses, "")
	if !r.Localised {
		r.Missed = strings.Join(misses, ", or ")
	}
	for _, finding := range findings {
		if !slices.ContainsFunc(f.Expect, func(want fault.Expectation) bool { return agrees(finding, want) }) {
			r.Innocent = false
			r.Accused = append(r.Accused, finding.Text)
		}
	}
}

// missing says what a finding lacks of what it should say; "" if nothing.
func missing(finding matrix.Finding, want fault.Expectation) string {
	var lacks []string
	if finding.Culprit != want.Culprit {
		lacks = append(lacks, fmt.Sprintf("culprit is %s and not %s", finding.Culprit, want.Culprit))
	}
	if !slices.Contains(want.Faults, finding.Fault) {
		lacks = append(lacks, fmt.Sprintf("fault is %s and not one of %s", finding.Fault, want.Faults))
	}
	found := coordinates(finding.Coordinates)
	for name, values := range coordinates(want.Coordinates) {
		if !slices.Equal(found[name], values) {
			lacks = append(lacks, fmt.Sprintf("%s is %v and not %v", name, found[name], values))
		}
	}
	if want.Node != "" {
		named := nodesOf(found)
		if !slices.Equal(named, []string{want.Node}) {
			lacks = append(lacks, fmt.Sprintf("nodes are %v and not %s", named, want.Node))
		}
	}
	slices.Sort(lacks)
	return strings.Join(lacks, "; ")
}

// agrees reports whether a finding names nothing but what is broken.
func agrees(finding matrix.Finding, want fault.Expectation) bool {
	if finding.Culprit != want.Culprit {
		return false
	}
	found := coordinates(finding.Coordinates)
	for name, values := range coordinates(want.Coordinates) {
		other := func(value string) bool { return !slices.Contains(values, value) }
		if name == "path" {
			// A hairpin through the node port of its own node is also a path
			// within that node.
			if len(found[name]) > 0 && !slices.ContainsFunc(values, func(v string) bool { return slices.Contains(found[name], v) }) {
				return false
			}
		} else if slices.ContainsFunc(found[name], other) {
			return false
		}
	}
	for _, node := range nodesOf(found) {
		if want.Node != "" && node != want.Node {
			return false
		}
	}
	return true
}

// nodeCoordinates are those by which the node at fault can be named.
var nodeCoordinates = []string{"node", "proxyNode", "sourceNode", "frontendNode"}

// nodesOf returns the nodes at fault, in no more than one of the ways in which
// they can be named if all of them agree.
func nodesOf(found map[string][]string) []string {
	var named []string
	for _, name := range nodeCoordinates {
		named = append(named, found[name]...)
	}
	slices.Sort(named)
	return slices.Compact(named)
}

// nodeName is the name of a node, which begins with that of its cluster.
var nodeName = regexp.MustCompile(`^.*-(node-\d+)$`)

// coordinates returns coordinates by their names in JSON, sorted, with nodes as
// they are called in any cluster.
func coordinates(c matrix.Coordinates) map[string][]string {
	raw, err := json.Marshal(c)
	if err != nil {
		return nil
	}
	found := map[string][]string{}
	if err := json.Unmarshal(raw, &found); err != nil {
		return nil
	}
	for name, values := range found {
		for i, value := range values {
			values[i] = nodeName.ReplaceAllString(value, "$1")
		}
		slices.Sort(found[name])
	}
	return found
}
