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

// Comparison puts a peer beside this suite, whose results come from runs of its
// own.
type Comparison struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Results    []*PeerResult `json:"results"`

	own map[key]*Result
}

// NewComparison makes a comparison with the report of this suite at the path, if
// there is one.
func NewComparison(results []*PeerResult, ownReport string) *Comparison {
	c := &Comparison{APIVersion: apiVersion, Kind: "MutationComparison", Results: results, own: map[key]*Result{}}
	var own Report
	if raw, err := os.ReadFile(ownReport); err == nil && json.Unmarshal(raw, &own) == nil {
		for _, r := range own.Results {
			c.own[r.key()] = r
		}
	}
	return c
}

// ours says what this suite has made of a fault.
func (c *Comparison) ours(k key) string {
	switch r := c.own[k]; {
	case r == nil || r.Error != "":
		return "?"
	case r.Localised:
		return "localised"
	case r.Detected:
		return "detected"
	}
	return "NO"
}

// theirs says what the peer has made of a fault.
func (c *Comparison) theirs(k key) string {
	for _, r := range c.Results {
		if r.key() == k {
			return r.rate()
		}
	}
	return "?"
}

// modes returns the modes in which there are results.
func (c *Comparison) modes() []string {
	var modes []string
	for _, r := range c.Results {
		if !slices.Contains(modes, r.Mode) {
			modes = append(modes, r.Mode)
		}
	}
	slices.Sort(modes)
	return modes
}

// rows are the rows of the table: one for each fault, with all modes.
func (c *Comparison) rows() [][]string {
	modes := c.modes()
	header := []string{"fault"}
	for _, suite := range []string{"this suite", "upstream"} {
		for _, mode := range modes {
			header = append(header, suite+", "+mode)
		}
	}
	rows := [][]string{header}
	var seen []string
	for _, r := range c.Results {
		if slices.Contains(seen, r.Fault) {
			continue
		}
		seen = append(seen, r.Fault)
		row := []string{r.Fault}
		for _, mode := range modes {
			row = append(row, c.ours(key{mode: mode, fault: r.Fault}))
		}
		for _, mode := range modes {
			row = append(row, c.theirs(key{mode: mode, fault: r.Fault}))
		}
		rows = append(rows, row)
	}
	return rows
}

// summary counts, for each suite, of how many faults it has found how much.
func (c *Comparison) summary() string {
	var all, always, sometimes, never, unmet, without, unknown, detected, localised int
	for _, r := range c.Results {
		switch own := c.own[r.key()]; {
		case own == nil || own.Error != "":
			unknown++
			continue
		default:
			detected += count(own.Detected)
			localised += count(own.Localised)
		}
		all++
		switch {
		case r.Specs == "":
			without++
		case r.Error != "":
			unknown++
			all--
		case r.Detected == r.Runs:
			always++
		case r.Detected > 0:
			sometimes++
		default:
			never++
			unmet += count(r.Unmet)
		}
	}
	text := fmt.Sprintf("Of %d faults, each mode counted, this suite has detected %d and localised %d. Upstream has detected %d in every run, "+
		"%d in some, and %d in none (in %d of these, \"unmet\", nothing of what it sent came by the broken place); it has no spec for %d.",
		all, detected, localised, always, sometimes, never, unmet, without)
	if unknown > 0 {
		text += fmt.Sprintf(" %d are left out, as one of them has no result.", unknown)
	}
	return text
}

func count(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// Print writes the table.
func (c *Comparison) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range c.rows() {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("printing the table: %w", err)
	}
	fmt.Fprintf(out, "\n%s\n", c.summary())
	return nil
}

// Markdown returns the table for people.
func (c *Comparison) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", c.summary())
	for i, row := range c.rows() {
		writeRow(&b, row)
		if i == 0 {
			writeRow(&b, slices.Repeat([]string{"---"}, len(row)))
		}
	}
	return b.String()
}

// Write writes the comparison as JSON and as a table for people.
func (c *Comparison) Write(prefix string) error {
	if err := writeJSON(prefix+".json", c); err != nil {
		return err
	}
	return writeText(prefix+".md", "# Mutation testing: this suite and upstream's\n\n"+c.Markdown())
}
