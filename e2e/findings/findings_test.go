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

package findings

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// TestFindingsAreWrittenUp holds the findings against their page.
func TestFindingsAreWrittenUp(t *testing.T) {
	page, err := os.ReadFile("../FINDINGS.md")
	if err != nil {
		t.Fatal(err)
	}
	var sections, ids []string
	for line := range strings.Lines(string(page)) {
		if section, ok := strings.CutPrefix(strings.TrimSpace(line), "## "); ok {
			sections = append(sections, section)
		}
	}
	for _, finding := range All {
		ids = append(ids, finding.ID)
		if !strings.Contains(string(page), finding.Link) {
			t.Errorf("FINDINGS.md does not mention %s of %s", finding.Link, finding.ID)
		}
	}
	if !slices.Equal(ids, sections) {
		t.Errorf("findings are %q, the sections of FINDINGS.md %q", ids, sections)
	}
}
