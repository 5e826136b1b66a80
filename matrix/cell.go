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
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

const (
	// fewNames is how many names of a set are shown before it is abbreviated.
	fewNames = 4
	// maxAnswer and maxError are how many characters are shown of an answer that
	// is no known backend, and of an error.
	maxAnswer = 40
	maxError  = 200
)

// The marks of cells of which nothing was observed.
const (
	notTried = "?"
	skipped  = "S"
)

// knownMark follows the text of a known failure.
const knownMark = "*"

// text returns the cell as tables show it.
func (r CellResult) text() string {
	switch r.Verdict {
	case Skipped:
		return skipped
	case Recorded:
		return r.expectedText() + "=" + r.observedText()
	case Match:
		if r.Expected.kind == fail { // of which the kind is worth knowing
			return r.expectedText() + "=" + r.observedText()
		}
	case Mismatch, ProbeError, Missing:
		return r.observedText() + "!=" + r.expectedText()
	case KnownFailure:
		return r.observedText() + "!=" + r.expectedText() + knownMark
	}
	return r.expectedText()
}

// look returns a text that is the same for two cells if and only if text is; it
// is only cheaper.
func (r CellResult) look() string {
	if r.Verdict == Match && r.Expected.kind != fail {
		return r.Expected.text
	}
	return r.text()
}

func (r CellResult) expectedText() string { return r.Expected.render(list) }

// observedText returns what was observed: `C{b1,b2}+T(3/37)`.
func (r CellResult) observedText() string {
	var parts []string
	if seen := responders(r.Observed); len(seen) > 0 {
		parts = append(parts, "C{"+seenText(r.Expected.names, seen)+"}")
	}
	var failed []Outcome
	for _, outcome := range failures {
		if r.Observed.Outcomes[outcome] > 0 {
			failed = append(failed, outcome)
		}
	}
	for _, outcome := range failed {
		part := string(outcome)
		if len(parts)+len(failed) > 1 {
			part += fmt.Sprintf("(%d/%d)", r.Observed.Outcomes[outcome], r.Observed.Tries())
		}
		parts = append(parts, part)
	}
	if len(parts) == 0 {
		return notTried
	}
	return strings.Join(parts, "+")
}

// triesText returns how many tries there were, and how many of them went wrong
// if each by itself is known to be right or wrong.
func (r CellResult) triesText() string {
	tries := r.Observed.Tries()
	noun := "tries"
	if tries == 1 {
		noun = "try"
	}
	bad := r.Expected.contradictions(r.Observed, tries)
	if r.Verdict == Mismatch && bad == 0 && r.Observed.Failures() == tries {
		bad = tries // not one was what at least one should have been
	}
	if bad > 0 {
		return fmt.Sprintf("%d of %d %s", bad, tries, noun)
	}
	return fmt.Sprintf("%d %s", tries, noun)
}

// describe tells the cell in one line.
func (r CellResult) describe(row Row, column Column) string {
	from := row.Name
	if row.Node != "" && !strings.Contains(row.Name, row.Node) {
		from += " (" + row.Node + ")"
	}
	line := fmt.Sprintf("%s -> %s: want %s, got ", from, destination(column), r.expectedText())
	switch {
	case r.Verdict == Skipped:
		line += "nothing, the row is skipped: " + oneLine(row.Skipped)
	case r.Observed.Tries() == 0:
		line += "nothing, it was not tried"
	default:
		line += fmt.Sprintf("%s (%s)", r.observedText(), r.triesText())
	}
	if last := oneLine(r.Observed.LastError); last != "" {
		line += ", last: " + last
	}
	if r.FollowUp.Tries() > 0 {
		later := CellResult{Expected: r.Expected, Observed: r.FollowUp, Verdict: r.Verdict}
		line += fmt.Sprintf("; afterwards %s (%s)", later.observedText(), later.triesText())
	}
	return line
}

// destination names the column and what is dialled.
func destination(c Column) string {
	protocol := c.Protocol
	if protocol != "" {
		protocol = "/" + protocol
	}
	if c.Address == "" {
		return c.Name + protocol
	}
	address := c.Address
	if c.Port != 0 {
		address = net.JoinHostPort(address, strconv.Itoa(c.Port))
	}
	if address == c.Name {
		return c.Name + protocol
	}
	return fmt.Sprintf("%s (%s%s)", c.Name, address, protocol)
}

// responders returns who answered, sorted.
func responders(o Observation) []string {
	seen := make([]string, 0, len(o.Answers))
	for _, name := range slices.SortedFunc(maps.Keys(o.Answers), natural) {
		if o.Answers[name] > 0 {
			seen = append(seen, name)
		}
	}
	return seen
}

// seenText returns a set of responders; a large one by how it differs from the
// expected set.
func seenText(expected, seen []string) string {
	missing, unexpected := without(expected, seen), without(seen, expected)
	for i, name := range unexpected {
		unexpected[i] = readable(name)
	}
	right := len(expected) - len(missing)
	if right == 0 {
		return list(unexpected, ",")
	}
	if len(seen) <= fewNames {
		all := make([]string, len(seen))
		for i, name := range seen {
			all[i] = readable(name)
		}
		return list(all, ",")
	}
	var text string
	if len(missing) == 0 {
		text = fmt.Sprintf("all %d", right)
	} else {
		text = fmt.Sprintf("%d of %d, not %s", right, len(expected), list(missing, ","))
	}
	if len(unexpected) > 0 {
		text += ", but also " + list(unexpected, ",")
	}
	return text
}

// without returns the names of a that are not in b.
func without(a, b []string) []string {
	known := make(map[string]bool, len(b))
	for _, name := range b {
		known[name] = true
	}
	var rest []string
	for _, name := range a {
		if !known[name] {
			rest = append(rest, name)
		}
	}
	return rest
}

// list joins names; of many it shows consecutive ones as a range and leaves some
// out: `b1..b9,c1,c3,x and 4 more`.
func list(names []string, separator string) string {
	if len(names) <= fewNames {
		return strings.Join(names, separator)
	}
	var pieces []string
	shown := 0
	for shown < len(names) && len(pieces) < fewNames {
		end := shown + 1
		for end < len(names) && follows(names[end-1], names[end]) {
			end++
		}
		piece := names[shown]
		switch n := end - shown; {
		case n < 3:
			end = shown + 1
		case separator == "|":
			piece += "|..|" + names[end-1]
		default:
			piece += ".." + names[end-1]
		}
		pieces = append(pieces, piece)
		shown = end
	}
	text := strings.Join(pieces, separator)
	if rest := len(names) - shown; rest > 0 {
		text += fmt.Sprintf(" and %d more", rest)
	}
	return text
}

// follows reports whether b is a with its last number increased by one.
func follows(a, b string) bool {
	stem := strings.TrimRight(a, "0123456789")
	n, err := strconv.ParseUint(a[len(stem):], 10, 32)
	return err == nil && b == stem+strconv.FormatUint(n+1, 10)
}

// readable makes an answer, which can be anything, fit for a cell.
func readable(answer string) string {
	if answer == "" {
		return `""`
	}
	text := strings.Map(func(r rune) rune {
		if special(r) {
			return '_'
		}
		return r
	}, answer)
	if len(text) > maxAnswer {
		text = text[:maxAnswer] + ".."
	}
	return text
}

// oneLine makes an error text, which can be anything, fit for a line.
func oneLine(text string) string {
	text = strings.ToValidUTF8(text, "_")
	fields := strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsPrint(r) })
	text = strings.Join(fields, " ")
	if runes := []rune(text); len(runes) > maxError {
		text = string(runes[:maxError]) + "..."
	}
	return text
}
