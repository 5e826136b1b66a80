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
	"cmp"
	"strings"
)

// reserved are the characters that have a meaning in the text of a cell.
const reserved = ",|{}!"

// plain reports whether the name can stand in the text of a cell.
func plain(name string) bool { return name != "" && strings.IndexFunc(name, special) < 0 }

// special reports whether the character cannot stand in the text of a cell.
func special(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(reserved, r) }

// titled reports whether the name can head a row or a column: single spaces are
// fine, since it takes two to separate the columns of a table.
func titled(name string) bool {
	return name != "" && name == strings.TrimSpace(name) && !strings.Contains(name, "  ") &&
		strings.IndexFunc(name, func(r rune) bool { return r < ' ' || r > '~' }) < 0
}

// natural compares names so that numbers within them are in numeric order.
func natural(a, b string) int {
	x, y := a, b
	for x != "" && y != "" {
		m, n := digits(x), digits(y)
		if m == 0 || n == 0 {
			if x[0] != y[0] {
				return cmp.Compare(x[0], y[0])
			}
			x, y = x[1:], y[1:]
			continue
		}
		p, q := strings.TrimLeft(x[:m], "0"), strings.TrimLeft(y[:n], "0")
		if c := cmp.Or(cmp.Compare(len(p), len(q)), cmp.Compare(p, q)); c != 0 {
			return c
		}
		x, y = x[m:], y[n:]
	}
	return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(a, b))
}

// digits returns the number of digits that s starts with.
func digits(s string) int {
	return len(s) - len(strings.TrimLeft(s, "0123456789"))
}
