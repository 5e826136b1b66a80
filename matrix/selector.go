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
	"slices"
	"strings"
)

// Selector picks rows or columns, and can say in words which ones it means so
// that an error about it can be understood.
type Selector[T any] struct {
	text  string
	match func(T) bool
}

// RowSelector picks rows.
type RowSelector = Selector[Row]

// ColumnSelector picks columns.
type ColumnSelector = Selector[Column]

// Matches reports whether x is one of those that s picks. The zero Selector
// picks nothing.
func (s Selector[T]) Matches(x T) bool { return s.match != nil && s.match(x) }

// String returns what s picks, in words.
func (s Selector[T]) String() string {
	if s.match == nil {
		return "nothing"
	}
	return s.text
}

// RowsWhere picks the rows for which match is true; text says which those are.
func RowsWhere(text string, match func(Row) bool) RowSelector {
	return RowSelector{text: text, match: match}
}

// AllRows picks every row.
func AllRows() RowSelector { return RowsWhere("all rows", func(Row) bool { return true }) }

// RowNamed picks the rows with one of these names.
func RowNamed(names ...string) RowSelector {
	return RowsWhere(words("row", names), func(r Row) bool { return slices.Contains(names, r.Name) })
}

// RowsOn picks the rows whose client runs on one of these nodes.
func RowsOn(nodes ...string) RowSelector {
	return RowsWhere(words("rows on", nodes), func(r Row) bool { return slices.Contains(nodes, r.Node) })
}

// RowsOfKind picks the rows of these kinds.
func RowsOfKind(kinds ...SourceKind) RowSelector {
	return RowsWhere(words("rows of kind", kinds), func(r Row) bool { return slices.Contains(kinds, r.Kind) })
}

// ColumnsWhere picks the columns for which match is true; text says which those
// are.
func ColumnsWhere(text string, match func(Column) bool) ColumnSelector {
	return ColumnSelector{text: text, match: match}
}

// AllColumns picks every column.
func AllColumns() ColumnSelector {
	return ColumnsWhere("all columns", func(Column) bool { return true })
}

// ColumnNamed picks the columns with one of these names.
func ColumnNamed(names ...string) ColumnSelector {
	return ColumnsWhere(words("column", names), func(c Column) bool { return slices.Contains(names, c.Name) })
}

// ColumnsIn picks the columns that one of the lists holds, by their names.
func ColumnsIn(lists ...[]Column) ColumnSelector {
	var names []string
	for _, columns := range lists {
		for _, column := range columns {
			names = append(names, column.Name)
		}
	}
	return ColumnNamed(names...)
}

// ColumnsOfService picks the columns that reach one of these Services.
func ColumnsOfService(services ...string) ColumnSelector {
	return ColumnsWhere(words("columns of service", services), func(c Column) bool { return slices.Contains(services, c.Service) })
}

// ColumnsOfKind picks the columns of these kinds.
func ColumnsOfKind(kinds ...FrontendKind) ColumnSelector {
	return ColumnsWhere(words("columns of kind", kinds), func(c Column) bool { return slices.Contains(kinds, c.Kind) })
}

// ColumnsOfRole picks the columns with one of these roles.
func ColumnsOfRole(roles ...Role) ColumnSelector {
	return ColumnsWhere(words("columns of role", roles), func(c Column) bool { return slices.Contains(roles, c.Role) })
}

// ColumnsOn picks the columns that belong to one of these nodes.
func ColumnsOn(nodes ...string) ColumnSelector {
	return ColumnsWhere(words("columns on", nodes), func(c Column) bool { return slices.Contains(nodes, c.Node) })
}

// And picks what every one of the selectors picks.
func And[T any](selectors ...Selector[T]) Selector[T] {
	return Selector[T]{text: joined(selectors, " and "), match: func(x T) bool {
		return !slices.ContainsFunc(selectors, func(s Selector[T]) bool { return !s.Matches(x) })
	}}
}

// Or picks what at least one of the selectors picks.
func Or[T any](selectors ...Selector[T]) Selector[T] {
	return Selector[T]{text: joined(selectors, " or "), match: func(x T) bool {
		return slices.ContainsFunc(selectors, func(s Selector[T]) bool { return s.Matches(x) })
	}}
}

// Not picks what the selector does not pick.
func Not[T any](selector Selector[T]) Selector[T] {
	return Selector[T]{text: "not " + joined([]Selector[T]{selector}, ""), match: func(x T) bool { return !selector.Matches(x) }}
}

// words puts the noun before the quoted values: `rows on "n1", "n2"`.
func words[S ~string](noun string, values []S) string {
	quoted := make([]string, len(values))
	for i, v := range values {
		quoted[i] = `"` + string(v) + `"`
	}
	return noun + " " + strings.Join(quoted, ", ")
}

// joined puts the texts of the selectors into parentheses and joins them.
func joined[T any](selectors []Selector[T], separator string) string {
	texts := make([]string, len(selectors))
	for i, s := range selectors {
		texts[i] = "(" + s.String() + ")"
	}
	return strings.Join(texts, separator)
}
