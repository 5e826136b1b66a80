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

// Package matrix is the model of a reachability table: which sources (rows)
// should reach which destinations (columns) with which outcome, what was seen
// when somebody tried, and where the two differ.
//
// A table is made in four moves:
//
//	table, err := matrix.NewBuilder(rows, columns).
//		Default(matrix.Connect("b1", "b2")).
//		Expect(matrix.AllRows(), matrix.ColumnsOfRole(matrix.RoleEmptySibling), matrix.Refuse()).
//		Build()
//	// For each cell: try table.Sampling(row, column).Tries times, stop early
//	// when table.Decided says so, and put what was seen into a Grid.
//	comparison, err := table.Compare(grid)
//	text := comparison.Text(matrix.TextOptions{})
//
// The package is pure: it knows neither clusters nor specs, never waits, never
// logs and never fails a test. Misuse comes back as an error that names the row
// and the column. Nothing it returns depends on the order of a map.
//
// What is broken, judged by one or several reports, is what [Diagnose] says; it
// writes and reads as JSON too.
//
// Start reading at [Row], [Column] and [Expectation]; then [Builder], [Table],
// [Comparison] and [Report].
package matrix
