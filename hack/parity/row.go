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

package main

import (
	"fmt"
	"strings"
)

// row is one scenario.
type row struct {
	id, section, what string
	// whyNot says why no spec covers it; empty if one does.
	whyNot string
}

// parseRows reads the lines of rows.tsv.
func parseRows(text string) ([]row, error) {
	var rows []row
	known := map[string]bool{}
	for line := range strings.Lines(text) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 4 || fields[0] == "" || fields[1] == "" || fields[2] == "" {
			return nil, fmt.Errorf("rows.tsv: %q: want id, section, scenario and, if there is no spec, the reason, separated by tabs", line)
		}
		if known[fields[0]] {
			return nil, fmt.Errorf("rows.tsv: %s is there twice", fields[0])
		}
		known[fields[0]] = true
		rows = append(rows, row{id: fields[0], section: fields[1], what: fields[2], whyNot: fields[3]})
	}
	return rows, nil
}
