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

// Meta says what a comparison was made for.
type Meta struct {
	// Title is the start of the headline: the Service's type or the field under
	// test. It must be the same in each run, so it holds no addresses.
	Title string `json:"title"`
	// Spec is the full name of the spec.
	Spec string `json:"spec,omitempty"`
	// Phase is the phase of the spec, such as "initial".
	Phase string `json:"phase,omitempty"`
	// Service holds the fields of the Service that matter here, by their names
	// in the API: "type", "externalTrafficPolicy"...
	Service map[string]string `json:"service,omitempty"`
}

// Report is a comparison as a value: what is written as JSON, and read again by
// those who look for causes or make pages of it.
type Report struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	Meta       Meta           `json:"meta"`
	Counts     Counts         `json:"counts"`
	Rows       []Row          `json:"rows"`
	Columns    []Column       `json:"columns"`
	Cells      [][]CellResult `json:"cells"`
}

// Report returns the comparison as a value.
func (c *Comparison) Report(meta Meta) *Report { return &Report{Meta: meta} }

// Headline returns the first line of a failure text, which is the same in each
// run that fails in the same way.
func (r *Report) Headline() string { return "" }

// Text renders the report: the table, its legend and the wrong cells.
func (r *Report) Text(options TextOptions) string { return "" }
