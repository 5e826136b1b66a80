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
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// The form of mutation.json.
const (
	apiVersion = "service-e2e.sigs.k8s.io/v1alpha1"
	kind       = "MutationReport"
)

// Report is mutation.json.
type Report struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Score      Score  `json:"score"`
	// Results has one entry for each fault and mode, and one for each run
	// without a fault, whose fault is "none".
	Results []*Result `json:"results"`
	// Seconds is how long the trials took, one after the other.
	Seconds float64 `json:"seconds"`
}

// Score counts results.
type Score struct {
	// Tried is how many faults were tried, each mode counted.
	Tried      int `json:"tried"`
	Detected   int `json:"detected"`
	Localised  int `json:"localised"`
	Innocent   int `json:"innocent"`
	Recovered  int `json:"recovered"`
	Unprovable int `json:"unprovable"`
	// Healthy is how many runs there were without a fault, FalseAlarms how many
	// of those had a failure or a finding.
	Healthy     int `json:"healthy"`
	FalseAlarms int `json:"falseAlarms"`
}

// NewReport sums up results.
func NewReport(results []*Result, seconds float64) *Report {
	r := &Report{APIVersion: apiVersion, Kind: kind, Results: results, Seconds: seconds}
	s := &r.Score
	for _, result := range results {
		if result.Fault == healthyName {
			s.Healthy++
			s.FalseAlarms += count(!result.ok())
			continue
		}
		s.Tried++
		s.Unprovable += count(result.Error != "")
		s.Detected += count(result.Detected)
		s.Localised += count(result.Localised)
		s.Innocent += count(result.Innocent)
		s.Recovered += count(result.Recovered)
	}
	return r
}

// OK reports whether every fault was detected and everything recovered, and no
// run without a fault had a failure. What else is scored is told, and fails nothing.
func (r *Report) OK() bool {
	return len(r.Results) > 0 && !slices.ContainsFunc(r.Results, func(result *Result) bool { return !result.ok() })
}

func (r *Result) ok() bool {
	if r.Fault == healthyName {
		return !r.Detected && r.Innocent && r.Error == ""
	}
	return r.Detected && r.Recovered
}

// String is one line about the result.
func (r *Result) String() string {
	if r.Error != "" {
		return fmt.Sprintf("%s: proves nothing: %s", r.Fault, r.Error)
	}
	text := fmt.Sprintf("%s: %s, %s, %s, %s (%.0f s + %.0f s)", r.Fault,
		word(r.Detected, "detected", "NOT DETECTED"), word(r.Localised, "localised", "not localised"),
		word(r.Innocent, "innocent", "accuses others"), word(r.Recovered, "recovered", "NOT RECOVERED"), r.DetectSeconds, r.RecoverSeconds)
	if r.Pending {
		text = strings.Replace(text, "NOT RECOVERED", "nodes are as before", 1)
	}
	details := []string{text}
	for _, detail := range []string{r.Missed, r.Trouble} {
		if detail != "" {
			details = append(details, detail)
		}
	}
	return strings.Join(details, ": ")
}

func word(yes bool, good, bad string) string {
	if yes {
		return good
	}
	return bad
}

// summary is one line about all results.
func (s Score) summary() string {
	text := fmt.Sprintf("%d faults tried, %d detected, %d localised, %d innocent, %d recovered", s.Tried, s.Detected, s.Localised, s.Innocent, s.Recovered)
	if s.Unprovable > 0 {
		text += fmt.Sprintf(", %d prove nothing", s.Unprovable)
	}
	if s.Healthy > 0 {
		text += fmt.Sprintf("; %d false alarms in %d healthy runs", s.FalseAlarms, s.Healthy)
	}
	return text
}

// cells are the result as a row of a table.
func (r *Result) cells() []string {
	mark := func(yes bool) string { return word(yes, "yes", "NO") }
	if r.Error != "" {
		mark = func(bool) string { return "?" }
	}
	recovered := mark(r.Recovered)
	if r.Pending {
		recovered = "-" // is not known yet
	}
	return []string{
		r.Fault, r.Mode, mark(r.Detected), mark(r.Localised), mark(r.Innocent), recovered,
		fmt.Sprintf("%.0f", r.DetectSeconds), fmt.Sprintf("%.0f", r.RecoverSeconds),
	}
}

// header names the columns of the table.
var header = []string{"fault", "mode", "detected", "localised", "innocent", "recovered", "s to detect", "s to recover"}

// Print writes the table.
func (r *Report) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(header, "\t"))
	for _, result := range r.Results {
		fmt.Fprintln(w, strings.Join(result.cells(), "\t"))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("printing the table: %w", err)
	}
	fmt.Fprintf(out, "\n%s in %.0f s\n", r.Score.summary(), r.Seconds)
	return nil
}

// PrintCounts writes, in the words of the other parts of the project's tests, how
// many of the trials went well.
func (r *Report) PrintCounts(out io.Writer) {
	passed := 0
	for _, result := range r.Results {
		if result.ok() {
			passed++
		}
	}
	fmt.Fprintf(out, "mutation: %d passed, %d failed, 0 skipped\n", passed, len(r.Results)-passed)
}

// PrintNotes writes the table and what was found.
func (r *Report) PrintNotes(out io.Writer) error {
	for _, result := range r.Results {
		fmt.Fprintf(out, "%s %s\n", result.Mode, result.Fault)
		for label, text := range result.notes() {
			fmt.Fprintf(out, "    %s: %s\n", label, text)
		}
	}
	return r.Print(out)
}

// Markdown returns the table and what was found, for people.
func (r *Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Mutation testing\n\n%s, in %.0f s.\n\n", r.Score.summary(), r.Seconds)
	writeRow(&b, header)
	writeRow(&b, slices.Repeat([]string{"---"}, len(header)))
	for _, result := range r.Results {
		writeRow(&b, result.cells())
	}
	b.WriteString("\n## Findings\n\n")
	for _, result := range r.Results {
		if result.Fault == healthyName {
			continue
		}
		fmt.Fprintf(&b, "- **%s** (%s): %s.\n", result.Fault, result.Mode, result.Title)
		for label, text := range result.notes() {
			fmt.Fprintf(&b, "  - %s: %s\n", label, text)
		}
	}
	return b.String()
}

// notes iterates over what there is to say about a result.
func (r *Result) notes() func(func(string, string) bool) {
	return func(yield func(string, string) bool) {
		pairs := [][2]string{{"first finding", r.Finding}, {"missed", r.Missed}, {"trouble", r.Trouble}, {"proves nothing", r.Error}}
		for _, text := range r.Accused {
			pairs = append(pairs, [2]string{"accuses", text})
		}
		for _, pair := range pairs {
			if pair[1] != "" && !yield(pair[0], pair[1]) {
				return
			}
		}
	}
}

func writeRow(b *strings.Builder, cells []string) {
	fmt.Fprintf(b, "| %s |\n", strings.Join(cells, " | "))
}

// writeJSON writes a value to a file.
func writeJSON(path string, value any) error {
	raw, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding %s: %w", path, err)
	}
	return writeText(path, string(raw)+"\n")
}

// writeText writes a file such that whoever reads it finds the old or the new
// text, and that no interrupt leaves half of it.
func writeText(path, text string) error {
	next := path + ".next"
	err := os.WriteFile(next, []byte(text), 0o644) //nolint:gosec // results are for everybody
	if err == nil {
		err = os.Rename(next, path)
	}
	if err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	return nil
}

// Write writes mutation.json and mutation.md, or the like.
func (r *Report) Write(prefix string) error {
	if err := writeJSON(prefix+".json", r); err != nil {
		return err
	}
	return writeText(prefix+".md", r.Markdown())
}
