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
	"cmp"
	"fmt"
	"slices"

	"github.com/onsi/ginkgo/v2"

	"sigs.k8s.io/service-e2e/matrix"
)

// Finding is a defect of Kubernetes that specs have found. Where it shows, they
// say so by [Table.KnownFailure]: the API's promise stays what is expected, the
// failure is reported with its finding, and the run does not fail by it.
type Finding struct {
	// ID is its short name in tables, and the heading of its section in
	// e2e/FINDINGS.md.
	ID string `json:"id"`
	// Title says what is wrong, in one line.
	Title string `json:"title"`
	// Link is where upstream tracks it; empty if nothing is known of that.
	Link string `json:"link,omitempty"`
}

// String returns what a reader needs to look the finding up.
func (f Finding) String() string {
	link := f.Link
	if link == "" {
		link = "e2e/FINDINGS.md#" + f.ID
	}
	return fmt.Sprintf("%s (%s)", f.Title, link)
}

// KnownFailure is what a phase, or with other fields a run, has seen of a
// finding.
type KnownFailure struct {
	Finding
	// Cells is how many of the probed cells may fail by the finding.
	Cells int `json:"cells"`
	// Failed is how many of them did. If it is 0, the finding was not seen.
	Failed int `json:"failed"`
	// Specs are the specs of a run in which cells failed by the finding.
	Specs []string `json:"specs,omitempty"`
}

// KnownFailure says that a finding makes the cells in these rows and columns show
// something else instead of what is expected of them. Any third thing fails the
// spec as ever; and if all of them are as expected after all, the summary says
// that the finding was not seen: it may be mended, or this proxy never had it.
func (table *Table) KnownFailure(finding Finding, rows matrix.RowSelector, columns matrix.ColumnSelector, instead matrix.Expectation) {
	ginkgo.GinkgoHelper()
	table.Known(rows, columns, finding.ID, instead)
	table.findings = append(table.findings, finding)
}

// knownFailures returns what a verdict says about the findings of its table.
func (table *Table) knownFailures(verdict *matrix.Comparison) []KnownFailure {
	var all []KnownFailure
	for _, finding := range table.findings {
		if slices.ContainsFunc(all, func(k KnownFailure) bool { return k.ID == finding.ID }) {
			continue
		}
		known := KnownFailure{Finding: finding}
		rows, columns := verdict.Size()
		for r := range rows {
			for c := range columns {
				if !verdict.Table().Probed(r, c) || verdict.At(r, c).Defect != finding.ID {
					continue
				}
				known.Cells++
				if verdict.At(r, c).Verdict == matrix.KnownFailure {
					known.Failed++
				}
			}
		}
		if known.Cells > 0 {
			all = append(all, known)
		}
	}
	return all
}

// addKnownFailures adds what the phases of a spec have seen to what a run has.
func addKnownFailures(all []KnownFailure, spec string, phases []*Result) []KnownFailure {
	for _, phase := range phases {
		for _, seen := range phase.KnownFailures {
			at, known := slices.BinarySearchFunc(all, seen.ID, func(k KnownFailure, id string) int { return cmp.Compare(k.ID, id) })
			if !known {
				all = slices.Insert(all, at, KnownFailure{Finding: seen.Finding})
			}
			sum := &all[at]
			sum.Cells += seen.Cells
			sum.Failed += seen.Failed
			if seen.Failed > 0 && !slices.Contains(sum.Specs, spec) {
				sum.Specs = append(sum.Specs, spec)
			}
		}
	}
	return all
}

// line returns the line that the summary has for a finding.
func (k KnownFailure) line() string {
	if k.Failed == 0 {
		return fmt.Sprintf("finding not seen: %s, %d cells as expected: %s", k.ID, k.Cells, k.Finding)
	}
	return fmt.Sprintf("known failure: %s, %d of %d cells in %d specs: %s", k.ID, k.Failed, k.Cells, len(k.Specs), k.Finding)
}
