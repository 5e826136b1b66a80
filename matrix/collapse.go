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
	"encoding/binary"
	"fmt"
	"strings"
)

// group is one line, or one column, of the text: a single row or column, or
// several that are alike.
type group struct {
	label   string
	members []int // ascending
}

func (g group) first() int { return g.members[0] }

func labels(groups []group) []string {
	texts := make([]string, len(groups))
	for i, g := range groups {
		texts[i] = g.label
	}
	return texts
}

// single makes a group of each.
func single(n int, name func(int) string) []group {
	groups := make([]group, n)
	for i := range groups {
		groups[i] = group{label: name(i), members: []int{i}}
	}
	return groups
}

// collapse groups those that look the same, unless they are wrong: a wrong one
// always stands for itself. Groups are in the order of their first members.
func collapse(n int, noun string, name func(int) string, wrong []bool, look func(int) string) []group {
	var groups []group
	known := map[string]int{}
	for i := range n {
		if wrong[i] {
			groups = append(groups, group{members: []int{i}})
			continue
		}
		key := look(i)
		at, ok := known[key]
		if !ok {
			at = len(groups)
			known[key] = at
			groups = append(groups, group{})
		}
		groups[at].members = append(groups[at].members, i)
	}
	names := make([]string, n)
	for i := range names {
		names[i] = name(i)
	}
	taken := map[string]bool{}
	for i := range groups {
		g := &groups[i]
		g.label = groupLabel(names, g.members, noun)
		if taken[g.label] { // two groups of equal size with the same start of their names
			g.label = fmt.Sprintf("%s and alike (%d %s)", names[g.first()], len(g.members), noun)
		}
		taken[g.label] = true
	}
	return groups
}

// groupLabel says which ones are collapsed: by the start of their names, which
// is `pod@* (18 rows)` or `pod@* (17 of 18 rows)`, or by the first and the last.
func groupLabel(names []string, members []int, noun string) string {
	first, last := names[members[0]], names[members[len(members)-1]]
	if len(members) == 1 {
		return first
	}
	prefix := first
	for _, m := range members {
		prefix = commonPrefix(prefix, names[m])
	}
	// Names are cut at a separator only: "node-1*" would not mean node-10.
	prefix = prefix[:strings.LastIndexAny(prefix, "@-/:. ")+1]
	alike := 0
	for _, name := range names {
		if strings.HasPrefix(name, prefix) {
			alike++
		}
	}
	switch {
	case prefix != "" && alike == len(members):
		return fmt.Sprintf("%s* (%d %s)", prefix, len(members), noun)
	case members[len(members)-1]-members[0] == len(members)-1:
		return fmt.Sprintf("%s..%s (%d %s)", first, last, len(members), noun)
	}
	return fmt.Sprintf("%s* (%d of %d %s)", prefix, len(members), alike, noun)
}

func commonPrefix(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// looks numbers the different looks of cells, so that whole rows and columns can
// be compared as strings of numbers.
type looks struct {
	rows, columns int
	cells         []uint32
}

func newLooks(v view) looks {
	rows, columns := v.Size()
	l := looks{rows: rows, columns: columns, cells: make([]uint32, 0, rows*columns)}
	numbers := map[string]uint32{}
	reasons := map[string]uint32{}
	for i := range rows {
		// Rows that are skipped for different reasons are not alike, for which
		// one number per row is enough; it goes before those of the cells.
		reason := v.Row(i).Skipped
		if _, ok := reasons[reason]; !ok {
			reasons[reason] = uint32(len(reasons))
		}
		for j := range columns {
			r := v.At(i, j)
			look := r.look()
			if r.Verdict == Skipped {
				look = fmt.Sprintf("%s%d", skipped, reasons[reason])
			}
			number, ok := numbers[look]
			if !ok {
				number = uint32(len(numbers))
				numbers[look] = number
			}
			l.cells = append(l.cells, number)
		}
	}
	return l
}

// row returns a string that is the same for rows that look the same.
func (l looks) row(i int) string {
	key := make([]byte, 0, 4*l.columns)
	for _, number := range l.cells[i*l.columns : (i+1)*l.columns] {
		key = binary.NativeEndian.AppendUint32(key, number)
	}
	return string(key)
}

// column returns a string that is the same for columns that look the same.
func (l looks) column(j int) string {
	key := make([]byte, 0, 4*l.rows)
	for i := range l.rows {
		key = binary.NativeEndian.AppendUint32(key, l.cells[i*l.columns+j])
	}
	return string(key)
}
