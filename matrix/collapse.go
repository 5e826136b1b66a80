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

// collapse groups those that are alike, unless they are wrong: a wrong one always
// stands for itself. Groups are in the order of their first members.
func collapse(n int, noun string, name func(int) string, wrong []bool, likeness func(int) string) []group {
	var groups []group
	known := map[string]int{}
	names := make([]string, n)
	for i := range n {
		names[i] = name(i)
		if wrong[i] {
			groups = append(groups, group{members: []int{i}})
			continue
		}
		key := likeness(i)
		at, ok := known[key]
		if !ok {
			at = len(groups)
			known[key] = at
			groups = append(groups, group{})
		}
		groups[at].members = append(groups[at].members, i)
	}
	taken := map[string]bool{}
	for i := range groups {
		g := &groups[i]
		g.label = groupLabel(names, g.members, noun)
		if taken[g.label] { // groups of equal size with names of the same pattern
			g.label = fmt.Sprintf("%s and alike (%d %s)", names[g.first()], len(g.members), noun)
		}
		taken[g.label] = true
	}
	return groups
}

// groupLabel says which ones are collapsed: `pod@* (18 rows)` if these are all of
// that pattern, else the first and the last of consecutive ones, else
// `pod@* (17 of 18 rows)`.
func groupLabel(names []string, members []int, noun string) string {
	first, last := members[0], members[len(members)-1]
	if len(members) == 1 {
		return names[first]
	}
	prefix, suffix := pattern(names, members)
	alike := 0
	for _, name := range names {
		if len(name) >= len(prefix)+len(suffix) && strings.HasPrefix(name, prefix) && strings.HasSuffix(name, suffix) {
			alike++
		}
	}
	switch {
	case alike == len(members):
		return fmt.Sprintf("%s*%s (%d %s)", prefix, suffix, alike, noun)
	case last-first == len(members)-1:
		return fmt.Sprintf("%s..%s (%d %s)", names[first], names[last], len(members), noun)
	}
	return fmt.Sprintf("%s*%s (%d of %d %s)", prefix, suffix, len(members), alike, noun)
}

// pattern returns how the names of the members start and end alike. They are cut
// at separators only: "node-1*" would not mean node-10.
func pattern(names []string, members []int) (prefix, suffix string) {
	const separators = "@-/:. "
	prefix = names[members[0]]
	suffix = prefix
	shortest := len(prefix)
	for _, m := range members {
		name := names[m]
		shortest = min(shortest, len(name))
		for !strings.HasPrefix(name, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
		for !strings.HasSuffix(name, suffix) {
			suffix = suffix[1:]
		}
	}
	prefix = prefix[:strings.LastIndexAny(prefix, separators)+1]
	at := strings.IndexAny(suffix, separators)
	if at < 0 || len(prefix)+len(suffix[at:]) > shortest {
		return prefix, ""
	}
	return prefix, suffix[at:]
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
	for i := range rows {
		for j := range columns {
			look := v.At(i, j).look()
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
