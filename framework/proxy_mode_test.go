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

package framework

import (
	"testing"

	"sigs.k8s.io/service-e2e/matrix"
)

func TestAskProxyMode(t *testing.T) {
	hosts := []source{{Row: matrix.Row{Name: "host@node-1"}}, {Row: matrix.Row{Name: "host@node-2"}}}
	for second, want := range map[string]string{"nftables": "nftables", "": ""} {
		fake := &FakeProber{Respond: func(p Probe, _ int) matrix.Observation {
			if p.Source == "host@node-1" || second == "" {
				return failed(matrix.Refused, 1, "nobody listens")
			}
			return answered(second, 1)
		}}
		if got := askProxyMode(t.Context(), fake, hosts); got != want {
			t.Errorf("the other node says %q: %q, want %q", second, got, want)
		}
	}
}
