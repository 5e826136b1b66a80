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

package trial

import (
	"strings"
	"testing"
)

func TestProofs(t *testing.T) {
	p := &Proofs{Results: []*Proof{
		{Fault: "node-lossy", Mode: "nftables", Failed: []string{"a", "b"}, Passed: []string{"c", "d"}, Skipped: map[string]string{"e": "no SCTP"}, Seconds: 61.4},
		{Fault: "dns-dead", Mode: "nftables", Failed: []string{"c"}, Passed: []string{"a", "b", "d"}},
	}}
	if p.OK() {
		t.Error("spec d has never failed")
	}
	text := p.Markdown()
	for _, want := range []string{"| node-lossy | nftables | 2 | 2 | 1 | 61 |", "3 specs have failed", "1 have passed beside all of them", "- d\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	p.Results[1].Failed = append(p.Results[1].Failed, "d")
	if !p.OK() {
		t.Errorf("every spec has failed:\n%s", p.Markdown())
	}
	if (&Proofs{}).OK() {
		t.Error("nothing ran, so nothing is proven")
	}
}
