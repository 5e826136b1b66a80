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
	"os"
	"slices"
	"strings"
	"time"
)

// What is published stands between these lines.
const (
	publishedBegin = "<!-- begin: go run ./hack/mutation --publish hack/mutation/README.md -->"
	publishedEnd   = "<!-- end -->"
)

// Publish writes the results that there are into a document, in place of those
// that it has.
func Publish(artifacts, document string) error {
	var own Report
	raw, err := os.ReadFile(artifacts + ".json")
	if err == nil {
		err = json.Unmarshal(raw, &own)
	}
	if err != nil {
		return fmt.Errorf("reading the results: %w", err)
	}
	text := own.published()
	var peer Comparison
	if raw, err := os.ReadFile(artifacts + "-upstream.json"); err == nil {
		if err := json.Unmarshal(raw, &peer); err != nil {
			return fmt.Errorf("reading the results of upstream: %w", err)
		}
		text += "\n" + NewComparison(peer.Results, artifacts+".json").Markdown()
	}
	old, err := os.ReadFile(document)
	if err != nil {
		return fmt.Errorf("reading the document: %w", err)
	}
	before, rest, begins := strings.Cut(string(old), publishedBegin)
	_, after, ends := strings.Cut(rest, publishedEnd)
	if !begins || !ends {
		return fmt.Errorf("%s has no place for the results: a line %q, and a line %q after it", document, publishedBegin, publishedEnd)
	}
	return writeText(document, before+publishedBegin+"\n"+text+publishedEnd+after)
}

// published returns the counts for each mode, and what was not as it should be.
func (r *Report) published() string {
	var modes []string
	var first, last time.Time
	for _, result := range r.Results {
		if !slices.Contains(modes, result.Mode) {
			modes = append(modes, result.Mode)
		}
		if first.IsZero() || result.At.Before(first) {
			first = result.At
		}
		if result.At.After(last) {
			last = result.At
		}
	}
	slices.Sort(modes)
	const day = "2006-01-02"
	var b strings.Builder
	fmt.Fprintf(&b, "From %s to %s:\n\n", first.Format(day), last.Format(day))
	rows := [][]string{{""}, {"---"}, {"faults tried"}, {"detected"}, {"localised"}, {"innocent"}, {"recovered"}, {"prove nothing"}, {"healthy runs"}, {"false alarms"}, {"minutes"}}
	for _, mode := range modes {
		results := slices.DeleteFunc(slices.Clone(r.Results), func(result *Result) bool { return result.Mode != mode })
		of := NewReport(results, seconds(results))
		s := of.Score
		rows[0], rows[1] = append(rows[0], mode), append(rows[1], "---")
		for i, n := range []int{s.Tried, s.Detected, s.Localised, s.Innocent, s.Recovered, s.Unprovable, s.Healthy, s.FalseAlarms, int(of.Seconds / 60)} {
			rows[i+2] = append(rows[i+2], fmt.Sprint(n))
		}
	}
	for _, row := range rows {
		writeRow(&b, row)
	}
	begun := false
	for _, result := range r.Results {
		if result.perfect() {
			continue
		}
		if !begun {
			b.WriteString("\nNot as it should be:\n\n")
			begun = true
		}
		fmt.Fprintf(&b, "- %s (%s)%s\n", result.Fault, result.Mode, result.faults())
	}
	return b.String()
}

// perfect reports whether there is nothing to add to a result.
func (r *Result) perfect() bool {
	if r.Fault == healthyName {
		return r.ok()
	}
	return r.ok() && r.Localised && r.Innocent && r.Error == ""
}

// faults says what is not as it should be.
func (r *Result) faults() string {
	var parts []string
	if r.Fault == healthyName {
		parts = append(parts, "false alarm: "+strings.Join(r.FailedSpecs, ", "))
	}
	for label, text := range r.notes() {
		if label != "first finding" {
			first, _, _ := strings.Cut(text, "\n")
			parts = append(parts, label+": "+first)
		}
	}
	switch {
	case len(parts) > 0:
	case !r.Detected:
		parts = append(parts, "not detected")
	default:
		parts = append(parts, "not seen to recover")
	}
	return ": " + strings.Join(parts, "; ")
}
