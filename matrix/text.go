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

// TextOptions control how a table is rendered. The zero value has the defaults.
type TextOptions struct {
	// Width is the number of characters that a line may have before the columns
	// are split into blocks; 160 if 0, no limit if negative.
	Width int
	// MaxWrong is how many wrong cells are told in words; 10 if 0, all if
	// negative.
	MaxWrong int
	// CollapseAbove is the number of rows, or of columns, above which those are
	// collapsed that are alike and as expected; 12 if 0, never if negative.
	CollapseAbove int
}

// Headline returns the first line of a failure text, which is the same in each
// run that fails in the same way: what, how many cells, which phase.
func (c *Comparison) Headline(title, phase string) string { return "" }

// Text renders the comparison: the table, its legend and the wrong cells.
func (c *Comparison) Text(options TextOptions) string { return "" }

// Describe tells a cell in one line: from where to where, what was wanted, what
// was got, and the last error.
func (c *Comparison) Describe(cell Cell) string { return "" }

// Text renders what is expected, in the same form as a comparison.
func (t *Table) Text(options TextOptions) string { return "" }
