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
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/onsi/ginkgo/v2/types"

	"sigs.k8s.io/service-e2e/matrix"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// testResult returns the result of a table of one cell, which is right or not.
func testResult(t *testing.T, spec, phase string, right bool) *Result {
	t.Helper()
	table, err := matrix.NewBuilder(
		[]matrix.Row{{Name: "pod@node-1", Kind: matrix.SourcePod, Node: "node-1"}},
		[]matrix.Column{{Name: "web VIP:80/TCP", Kind: matrix.FrontendClusterIP, Role: matrix.RoleSubject, Service: "web", Address: "10.96.0.9", Port: 80, Protocol: "TCP"}},
	).Default(matrix.Refuse()).Build()
	if err != nil {
		t.Fatal(err)
	}
	seen := failed(matrix.Refused, table.Sampling(0, 0).Tries, "connection refused")
	if !right {
		seen = failed(matrix.TimedOut, table.Sampling(0, 0).Tries, "i/o timeout")
	}
	comparison, err := table.Compare(matrix.Grid{{seen}})
	if err != nil {
		t.Fatal(err)
	}
	return &Result{Table: comparison.Report(matrix.Meta{Title: "Services ClusterIP should work", Spec: spec, Phase: phase}), Probes: 40, Seconds: 1.5}
}

// specReport returns a report as another process would hand it on: the entry's
// value is there as JSON only.
func specReport(t *testing.T, text string, state types.SpecState, failure string, phases ...*Result) types.SpecReport {
	t.Helper()
	report := types.SpecReport{
		LeafNodeType: types.NodeTypeIt, LeafNodeText: text, State: state, RunTime: 3 * time.Second,
		Failure: types.Failure{Message: failure},
	}
	for _, phase := range phases {
		if phase.Table.Meta.Spec != text {
			t.Fatalf("phase of %q in %q", phase.Table.Meta.Spec, text)
		}
		data, err := json.Marshal(phase)
		if err != nil {
			t.Fatal(err)
		}
		entry := types.ReportEntry{Name: resultEntry}
		entry.Value.AsJSON = string(data)
		report.ReportEntries = append(report.ReportEntries, entry)
	}
	return report
}

// stale returns a result in which so many of three cells fail by a finding.
func stale(t *testing.T, failed int) *Result {
	r := testResult(t, "should forget over UDP", "gone", true)
	r.KnownFailures = []KnownFailure{{
		Finding: Finding{ID: "stale-flows", Title: "flows outlive their Service", Link: "https://example.com/1"},
		Cells:   3, Failed: failed,
	}}
	return r
}

// unseen returns a result that a finding should have made fail.
func unseen(t *testing.T) *Result {
	r := testResult(t, "should forget over UDP", "again", true)
	r.KnownFailures = []KnownFailure{{Finding: Finding{ID: "mended", Title: "refuses too late"}, Cells: 1}}
	return r
}

func TestServiceReport(t *testing.T) {
	sum, err := NewServiceReport(types.Report{
		SuiteSucceeded: false,
		RunTime:        90 * time.Second,
		SpecReports: types.SpecReports{
			{LeafNodeType: types.NodeTypeSynchronizedBeforeSuite, State: types.SpecStatePassed},
			specReport(t, "should work over UDP", types.SpecStateFailed, "1 of 1 cells wrong\nfrom \\ to", testResult(t, "should work over UDP", "initial", false)),
			specReport(t, "should work over TCP", types.SpecStatePassed, "", testResult(t, "should work over TCP", "initial", true), testResult(t, "should work over TCP", "final", true)),
			specReport(t, "should forget over UDP", types.SpecStatePassed, "", stale(t, 2), stale(t, 0), unseen(t)),
			specReport(t, "should work over SCTP", types.SpecStateSkipped, "the kernel of node-1 has no SCTP"),
			specReport(t, "should not be selected", types.SpecStateSkipped, ""),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	sum.Print(&out)
	path := filepath.Join(t.TempDir(), "service-report.json")
	if err := sum.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "summary.txt", out.Bytes())
	golden(t, "service-report.json", written)

	var decoded ServiceReport
	decoder := json.NewDecoder(bytes.NewReader(written))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&decoded); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(&decoded)
	if err != nil {
		t.Fatal(err)
	}
	first, err := json.Marshal(sum)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(first), string(again)); diff != "" {
		t.Errorf("the report does not survive a round trip (-want +got):\n%s", diff)
	}
	if leftovers, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".service-report-*")); len(leftovers) > 0 {
		t.Errorf("left behind: %v", leftovers)
	}
}

func TestServiceReportOfNothingIsUnknown(t *testing.T) {
	for name, report := range map[string]types.Report{
		"no spec":          {SuiteSucceeded: true},
		"all were skipped": {SuiteSucceeded: true, SpecReports: types.SpecReports{specReport(t, "should work", types.SpecStateSkipped, "no nodes")}},
	} {
		sum, err := NewServiceReport(report)
		if err != nil {
			t.Fatal(err)
		}
		if sum.Result != "unknown" {
			t.Errorf("%s: result %q, want unknown: nothing was proven", name, sum.Result)
		}
	}
}

func TestServiceReportCountsFailedSetUp(t *testing.T) {
	sum, err := NewServiceReport(types.Report{SpecReports: types.SpecReports{
		{LeafNodeType: types.NodeTypeSynchronizedBeforeSuite, State: types.SpecStateFailed, Failure: types.Failure{Message: "image agnhost cannot be pulled"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if sum.Result != "failed" || len(sum.Specs) != 1 || !strings.Contains(sum.Specs[0].Reason, "cannot be pulled") {
		t.Errorf("got %+v", sum)
	}
}

func TestMalformedEntryIsAnError(t *testing.T) {
	report := specReport(t, "should work", types.SpecStatePassed, "")
	entry := types.ReportEntry{Name: resultEntry}
	entry.Value.AsJSON = "{"
	report.ReportEntries = append(report.ReportEntries, entry)
	if _, err := NewServiceReport(types.Report{SpecReports: types.SpecReports{report}}); err == nil {
		t.Error("no error")
	}
}

// golden compares data with a file in testdata.
func golden(t *testing.T, name string, data []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(data)); diff != "" {
		t.Errorf("%s differs; run the test with -update if that is meant (-want +got):\n%s", path, diff)
	}
}
