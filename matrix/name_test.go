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
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestNatural(t *testing.T) {
	want := []string{"", "0", "00", "1", "1a", "2", "10", "a", "a1b2", "a01b10", "a1b10", "a2", "a10", "a10b", "ab", "b"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortFunc(got, natural)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestNaturalIsAnOrder(t *testing.T) {
	name := rapid.StringMatching(`[a0-2-]{0,5}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := name.Draw(t, "a"), name.Draw(t, "b"), name.Draw(t, "c")
		if natural(a, b) != -natural(b, a) {
			t.Fatalf("not antisymmetric")
		}
		if (natural(a, b) == 0) != (a == b) {
			t.Fatalf("equal and different at once")
		}
		if natural(a, b) <= 0 && natural(b, c) <= 0 && natural(a, c) > 0 {
			t.Fatalf("not transitive")
		}
	})
}

func TestTitled(t *testing.T) {
	for name, want := range map[string]bool{
		"VIP:80": true, "b1 direct": true, "[fd00::1]:80": true,
		"": false, " a": false, "a ": false, "a  b": false, "a\tb": false, "a\nb": false, "knötchen": false, "a\x00": false,
	} {
		if got := titled(name); got != want {
			t.Errorf("titled(%q) = %t", name, got)
		}
	}
}
