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
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReportIsACopy(t *testing.T) {
	table := build(t, house())
	grid := broken(table)
	c := compare(t, table, grid)
	meta := Meta{Title: "ClusterIP", Service: map[string]string{"type": "ClusterIP"}}
	report := c.Report(meta)
	if err := report.Validate(); err != nil {
		t.Fatal(err)
	}
	want := report.Text(TextOptions{})
	meta.Service["type"] = "changed"
	grid[1][0].Answers["b1"] = 0
	if report.Meta.Service["type"] != "ClusterIP" || report.Text(TextOptions{}) != want {
		t.Error("the report was changed from outside")
	}
}

func TestReportMisuse(t *testing.T) {
	table := build(t, house())
	for _, tc := range []struct {
		name   string
		damage func(*Report)
		want   string
	}{
		{"version", func(r *Report) { r.APIVersion = "v7" }, `it is "ReachabilityReport" of "v7"`},
		{"kind", func(r *Report) { r.Kind = "Pod" }, `it is "Pod"`},
		{"row missing", func(r *Report) { r.Cells = r.Cells[1:] }, "6 rows and cells for 5"},
		{"cell missing", func(r *Report) { r.Cells[2] = r.Cells[2][1:] }, `row "pod@node-3": 10 columns and cells for 9`},
		{"verdict", func(r *Report) { r.Cells[0][1].Verdict = "fine" }, `row "pod@node-1", column "b1 direct": unknown verdict "fine"`},
		{"observation", func(r *Report) { r.Cells[0][1].Observed = answered(-1, "b1") }, `row "pod@node-1", column "b1 direct": observation has a negative count`},
		{"no expectation", func(r *Report) { r.Cells[0][1].Expected = Expectation{} }, `row "pod@node-1", column "b1 direct": no expectation`},
		{"counts", func(r *Report) { r.Counts.Match++ }, "counts are"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			report := compare(t, table, broken(table)).Report(Meta{})
			tc.damage(report)
			if err := report.Validate(); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error is %v", err)
			}
		})
	}

	// Reading a report validates it, and leaves the receiver alone if it fails.
	for text, want := range map[string]string{
		`{"apiVersion": "v7"}`:               "reading a report: it is",
		`{"rows": 7}`:                        "reading a report: json:",
		`{"cells": [[{"expected": "X{"}]]}`:  `"X{" is no expectation`,
		`{"cells": [[{"expected": "C{}"}]]}`: "names the backend",
	} {
		report := Report{Kind: "untouched"}
		err := json.Unmarshal([]byte(text), &report)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v", text, err)
		}
		if diff := cmp.Diff(Report{Kind: "untouched"}, report); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}
