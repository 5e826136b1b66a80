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
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2/types"
	"k8s.io/kubernetes/test/e2e/framework"

	"sigs.k8s.io/service-e2e/matrix"
)

// ReportVersion is the apiVersion of [ServiceReport]. It changes when a field
// changes its meaning or goes away, not when one is added.
const ReportVersion = "service-e2e.sigs.k8s.io/v1alpha1"

// ServiceReport is the suite's own summary, service-report.json.
type ServiceReport struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Result is passed, failed, or unknown if no spec ran.
	Result string `json:"result"`
	// Diagnosis explains what is wrong, judged by all tables of the run together.
	Diagnosis *matrix.Diagnosis `json:"diagnosis"`
	// Specs are all specs that ran or were skipped while running, by name.
	Specs []SpecResult `json:"specs"`
	// Counts sums the cells of all tables.
	Counts matrix.Counts `json:"counts"`
	// KnownFailures are all findings by which cells may fail, by name.
	KnownFailures []KnownFailure `json:"knownFailures,omitempty"`
	// Probes is the number of all tries that were made.
	Probes int `json:"probes"`
	// Seconds is how long the suite ran.
	Seconds float64 `json:"seconds"`
}

// SpecResult is what became of one spec.
type SpecResult struct {
	Name string `json:"name"`
	// State is Ginkgo's word for it: passed, failed, skipped, interrupted...
	State string `json:"state"`
	// Reason says why the spec was skipped, or the first line of its failure.
	Reason  string  `json:"reason,omitempty"`
	Seconds float64 `json:"seconds"`
	// Diagnosis explains what is wrong in this spec, judged by its own tables;
	// it is left out if nothing is.
	Diagnosis *matrix.Diagnosis `json:"diagnosis,omitempty"`
	Phases    []*Result         `json:"phases,omitempty"`
}

// NewServiceReport sums up the merged report of a run.
func NewServiceReport(report types.Report) (*ServiceReport, error) {
	sum := &ServiceReport{APIVersion: ReportVersion, Kind: "ServiceReport", Result: "unknown", Specs: []SpecResult{}, Seconds: report.RunTime.Seconds()}
	for _, spec := range report.SpecReports {
		if spec.LeafNodeType != types.NodeTypeIt && !spec.Failed() {
			continue // set-up and tear-down that went well
		}
		if spec.State == types.SpecStateSkipped && spec.Failure.Message == "" || spec.State == types.SpecStatePending {
			continue // not selected
		}
		phases, err := results(spec)
		if err != nil {
			return nil, err
		}
		name := spec.FullText()
		if spec.LeafNodeType != types.NodeTypeIt {
			name = fmt.Sprintf("[%s] %s", spec.LeafNodeType, spec.LeafNodeText)
		}
		result := SpecResult{
			Name: strings.TrimSpace(name), State: spec.State.String(), Reason: firstLine(spec.Failure.Message),
			Seconds: spec.RunTime.Seconds(), Phases: phases,
		}
		if d := matrix.Diagnose(tables(phases)...); len(d.Findings) > 0 {
			result.Diagnosis = d
		}
		sum.Specs = append(sum.Specs, result)
		sum.KnownFailures = addKnownFailures(sum.KnownFailures, name, phases)
		for _, phase := range phases {
			sum.Counts = sum.Counts.Add(phase.Table.Counts)
			sum.Probes += phase.Probes
		}
		switch {
		case spec.Failed():
			sum.Result = "failed"
		case spec.State == types.SpecStatePassed && sum.Result == "unknown":
			sum.Result = "passed"
		}
	}
	if !report.SuiteSucceeded && sum.Result == "passed" {
		sum.Result = "failed"
	}
	slices.SortFunc(sum.Specs, func(a, b SpecResult) int { return cmp.Compare(a.Name, b.Name) })
	var all []*matrix.Report
	for _, spec := range sum.Specs {
		all = append(all, tables(spec.Phases)...)
	}
	sum.Diagnosis = matrix.Diagnose(all...)
	return sum, nil
}

// count returns how many specs ended in a state.
func (r *ServiceReport) count(match func(state string) bool) int {
	n := 0
	for _, spec := range r.Specs {
		if match(spec.State) {
			n++
		}
	}
	return n
}

// Print writes the summary that ends a run.
func (r *ServiceReport) Print(out io.Writer) {
	passed := r.count(func(s string) bool { return s == "passed" })
	skipped := r.count(func(s string) bool { return s == "skipped" })
	if text := r.Diagnosis.Text(); text != "" {
		fmt.Fprintf(out, "\nDiagnosis of all specs together:\n%s", text)
	}
	fmt.Fprintf(out, "\nSummary: %d specs passed, %d failed, %d skipped; %d cells as expected, %d wrong, %d known failures, %d skipped; %d probes in %.0fs\n",
		passed, len(r.Specs)-passed-skipped, skipped,
		r.Counts.Probed()-r.Counts.Wrong()-r.Counts.KnownFailure, r.Counts.Wrong(), r.Counts.KnownFailure, r.Counts.Skipped, r.Probes, r.Seconds)
	for _, known := range r.KnownFailures {
		fmt.Fprintf(out, "  %s\n", known.line())
	}
	for _, spec := range r.Specs {
		if spec.State != "passed" {
			fmt.Fprintf(out, "  %s: %s: %s\n", spec.State, spec.Name, spec.Reason)
		}
	}
}

// WriteFile writes the report to a file, whole or not at all.
func (r *ServiceReport) WriteFile(path string) error {
	data, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the report: %w", err)
	}
	temporary, err := os.CreateTemp(filepath.Dir(path), ".service-report-")
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	defer os.Remove(temporary.Name()) // harmless after the rename
	_, err = temporary.Write(append(data, '\n'))
	if closeErr := temporary.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Chmod(temporary.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// ReportRun prints the summary of a run and, if there is a report directory,
// writes service-report.json to it.
func ReportRun(report types.Report) error {
	sum, err := NewServiceReport(report)
	if err != nil {
		return err
	}
	if len(sum.Specs) > 0 {
		sum.Print(os.Stdout)
	}
	if framework.TestContext.ReportDir == "" {
		return nil
	}
	return sum.WriteFile(filepath.Join(framework.TestContext.ReportDir, "service-report.json"))
}
