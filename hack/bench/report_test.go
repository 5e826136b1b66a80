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
	"strings"
	"testing"
	"time"
)

func measured(kind string, probes int) *way {
	return &way{kind: kind, workers: 1, tries: 1, result: result{
		probes: probes, elapsed: time.Second, calls: []time.Duration{3, 1, 2},
	}}
}

// TestReport: the lead is counted from the best rate of each kind, and a lead
// that is lost is an error that names it.
func TestReport(t *testing.T) {
	for _, tc := range []struct {
		name    string
		all     []*way
		wantErr []string
	}{
		{"ahead", []*way{measured(viaExec, 1), measured(viaExec, 10), measured(viaSingle, 200), measured(viaSingle, 1), measured(viaCounted, 700)}, nil},
		{"single tries too slow", []*way{measured(viaExec, 10), measured(viaSingle, 199), measured(viaCounted, 700)}, []string{viaSingle + ": only 19.9 times"}},
		{"counted tries too slow", []*way{measured(viaExec, 10), measured(viaSingle, 200), measured(viaCounted, 699)}, []string{viaCounted + ": only 69.9 times"}},
		{"nothing measured", nil, []string{viaSingle, viaCounted}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var out strings.Builder
			err := report(&out, tc.all)
			if (err != nil) != (len(tc.wantErr) > 0) {
				t.Fatalf("error %v, want %q", err, tc.wantErr)
			}
			for _, want := range tc.wantErr {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error %q lacks %q", err, want)
				}
			}
			if lines := strings.Count(out.String(), "\n"); lines < len(tc.all)+1 {
				t.Errorf("%d lines for %d ways:\n%s", lines, len(tc.all), out.String())
			}
		})
	}
}

func TestMedian(t *testing.T) {
	if got := (&result{calls: []time.Duration{9, 1, 5}}).median(); got != 5 {
		t.Errorf("median %d, want 5", got)
	}
	if got := (&result{}).median(); got != 0 {
		t.Errorf("median of nothing %d, want 0", got)
	}
}
