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
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	"k8s.io/kubernetes/test/e2e/framework"

	"sigs.k8s.io/service-e2e/matrix"
)

// resultEntry is the name of the report entries that hold a [Result].
const resultEntry = "reachability"

// ShowTables makes tables of successful phases visible as well.
var ShowTables bool

// Result is what one checked phase leaves behind: the report entry of its
// spec, and one element of the suite's report.
type Result struct {
	// Table is the verdict.
	Table *matrix.Report `json:"table"`
	// Probes is the number of all tries that the phase took, those before
	// the verdict included.
	Probes int `json:"probes"`
	// Seconds is how long the phase took.
	Seconds float64 `json:"seconds"`
	// Late are the cells that were not as expected within the time that a
	// change may take, each with what it showed then; the table is what they
	// showed after that.
	Late []string `json:"late,omitempty"`
	// KnownFailures are the findings by which cells may fail here.
	KnownFailures []KnownFailure `json:"knownFailures,omitempty"`
	// Gaps are the interruptions that probing without pause has found, the
	// longest first.
	Gaps []Gap `json:"gaps,omitempty"`

	// diagnosis explains what is wrong, judged by this phase and those of the
	// spec that were checked before it.
	diagnosis *matrix.Diagnosis
}

// lateness says what is wrong with a phase whose table is right, but came too
// late. Its first line is the same in each run.
func (r *Result) lateness() string {
	return fmt.Sprintf("%s: cells were right only after more than the %v that a change may take (--svc.propagationTimeout), in phase %q\nwhen that was over:\n%s\nafterwards:\n",
		r.Table.Meta.Title, Timeouts.Propagation, r.Table.Meta.Phase, strings.Join(r.Late, "\n"))
}

// String returns the table as text; it is what a failed spec shows.
func (r *Result) String() string {
	var text strings.Builder
	text.WriteString(r.Table.Headline() + "\n" + r.Table.Text(matrix.TextOptions{}))
	const atMost = 10
	for _, gap := range r.Gaps[:min(atMost, len(r.Gaps))] {
		text.WriteString(gap.String() + "\n")
	}
	if r.diagnosis != nil && len(r.diagnosis.Findings) > 0 {
		text.WriteString("diagnosis:\n" + r.diagnosis.Text())
	}
	return text.String()
}

// diagnose explains what is wrong with the result, if anything is. What the
// phases before saw tells what worked until then.
func (r *Result) diagnose(report types.SpecReport) {
	if r.Table.OK() {
		return
	}
	before, err := results(report)
	framework.ExpectNoError(err, "reading the tables of earlier phases")
	r.diagnosis = matrix.Diagnose(append(tables(before), r.Table)...)
}

// tables returns the tables of results, in order.
func tables(results []*Result) []*matrix.Report {
	var reports []*matrix.Report
	for _, r := range results {
		reports = append(reports, r.Table)
	}
	return reports
}

// line returns the one line that a phase is worth when nobody asked for more.
func (r *Result) line() string {
	counts := r.Table.Counts
	verdict := "as expected"
	if wrong := counts.Wrong(); wrong > 0 {
		verdict = fmt.Sprintf("%d WRONG", wrong)
	} else if len(r.Late) > 0 {
		verdict = fmt.Sprintf("but %d LATE", len(r.Late))
	}
	var rest strings.Builder
	for _, known := range r.KnownFailures {
		fmt.Fprintf(&rest, ", %d known failures by %s", known.Failed, known.ID)
	}
	if len(r.Gaps) > 0 {
		fmt.Fprintf(&rest, ", gaps of up to %.1f s", r.Gaps[0].Seconds)
	}
	if counts.Skipped > 0 {
		fmt.Fprintf(&rest, ", %d cells skipped", counts.Skipped)
	}
	return fmt.Sprintf("  %-40s %4d cells %s%s (%d probes, %.1fs)", r.Table.Meta.Phase, counts.Probed()-counts.KnownFailure, verdict, rest.String(), r.Probes, r.Seconds)
}

// record adds the result to the spec's report and prints its one line.
func (r *Result) record() {
	ginkgo.GinkgoHelper()
	r.diagnose(ginkgo.CurrentSpecReport())
	visibility := types.ReportEntryVisibilityFailureOrVerbose
	if r.Table.Counts.Wrong() > 0 {
		visibility = types.ReportEntryVisibilityNever // the failure's text shows it
	}
	ginkgo.AddReportEntry(resultEntry, r, visibility)
	progress.phase(r)
}

// results returns the results that a spec's report holds. Those of another
// process of a parallel run are there as JSON only, those of this process as
// they are.
func results(report types.SpecReport) ([]*Result, error) {
	var found []*Result
	for _, entry := range report.ReportEntries {
		if entry.Name != resultEntry {
			continue
		}
		if own, ok := entry.GetRawValue().(*Result); ok {
			found = append(found, own)
			continue
		}
		r := &Result{}
		if err := json.Unmarshal([]byte(entry.Value.AsJSON), r); err != nil {
			return nil, fmt.Errorf("reading a report entry of %q: %w", report.FullText(), err)
		}
		found = append(found, r)
	}
	return found, nil
}

// progressPrinter prints the suite's own lines: the name of a spec before its
// first phase, then one line per phase.
type progressPrinter struct {
	spec string
}

var progress progressPrinter

func (p *progressPrinter) phase(r *Result) {
	p.print(r.line())
	if ShowTables {
		fmt.Fprint(os.Stdout, r.Table.Text(matrix.TextOptions{}))
	}
}

// print prints a line of the current spec, or several.
func (p *progressPrinter) print(lines string) {
	if spec := ginkgo.CurrentSpecReport().FullText(); spec != p.spec {
		p.spec = spec
		fmt.Fprintf(os.Stdout, "\n%s\n", spec)
	}
	fmt.Fprintln(os.Stdout, lines)
}
