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

	"github.com/google/go-cmp/cmp"
)

func TestBandwidth(t *testing.T) {
	b := &Bandwidth{
		Rows:     []string{"pod@n1", "pod@n2"},
		Columns:  []string{"b1 VIP", "b1 direct"},
		Megabits: [][]float64{{9000.4, 12000}, {0, 79.9}},
		Errors:   []string{"pod@n2 -> b1 VIP: Connection refused"},
	}
	const want = "Mbit/s from \\ to   b1 VIP   b1 direct\n" +
		"pod@n1             9000     12000\n" +
		"pod@n2             0        80\n" +
		"pod@n2 -> b1 VIP: Connection refused\n"
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	if diff := cmp.Diff([]string{"pod@n2 -> b1 VIP: 0", "pod@n2 -> b1 direct: 80"}, b.Below(80)); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}
