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
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// trials are tables from real clusters with a known fault, and what is to be found.
//
//go:embed trials/*.json
var trials embed.FS

// TestDiagnosisOfTrials reads tables from real clusters with a known fault, of
// hack/mutation, whose diagnosis was wrong once.
func TestDiagnosisOfTrials(t *testing.T) {
	files, err := trials.ReadDir("trials")
	if err != nil || len(files) == 0 {
		t.Fatalf("there are no trials: %v", err)
	}
	var text strings.Builder
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".json")
		raw, err := trials.ReadFile("trials/" + file.Name())
		if err != nil {
			t.Fatal(err)
		}
		var trial struct {
			Culprit     Culprit     `json:"culprit"`
			Faults      []Fault     `json:"faults"`
			Coordinates Coordinates `json:"coordinates"`
			Reports     []*Report   `json:"reports"`
		}
		if err := json.Unmarshal(raw, &trial); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		d := Diagnose(trial.Reports...)
		fmt.Fprintf(&text, "%s:\n%s\n", name, d.Text())
		if len(d.Findings) == 0 {
			t.Errorf("%s: nothing is found", name)
			continue
		}
		first, want := d.Findings[0], trial.Coordinates
		found := func(got, want []string) bool { return len(want) == 0 || slices.Equal(got, want) }
		if first.Culprit != trial.Culprit || !slices.Contains(trial.Faults, first.Fault) ||
			!found(first.Coordinates.ProxyNode, want.ProxyNode) || !found(first.Coordinates.SourceNode, want.SourceNode) ||
			!found(first.Coordinates.BackendNode, want.BackendNode) || !found(first.Coordinates.Node, want.Node) ||
			!found(first.Coordinates.Protocol, want.Protocol) {
			t.Errorf("%s: want %s %v at %+v, got\n%s", name, trial.Culprit, trial.Faults, want, d.Text())
		}
	}
	golden(t, "trials.txt", text.String())
}
