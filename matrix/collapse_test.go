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
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCollapse: each name is followed by its look; a look of "!" is wrong.
func TestCollapse(t *testing.T) {
	for _, tc := range []struct {
		name string
		in   string
		want []string
	}{
		{"all alike", "pod@n1=a pod@n2=a pod@n3=a", []string{"pod@* (3 rows)"}},
		{"all of a pattern", "pod@n1=a host@n1=b pod@n2=a host@n2=b", []string{"pod@* (2 rows)", "host@* (2 rows)"}},
		{"suffix", "n1:80=a n2:80=a n1:81=b n2:81=b", []string{"*:80 (2 rows)", "*:81 (2 rows)"}},
		{"both ends", "ip-10-0-0-1.local:80=a ip-10-0-7-2.local:80=a", []string{"ip-10-0-*.local:80 (2 rows)"}},
		{"ends do not overlap", "a-b=a a-x-b=a a-y-b=!", []string{"a-b..a-x-b (2 rows)", "a-y-b"}},
		{"ends do not overlap, scattered", "a-b=a a-y-b=! a-x-b=a", []string{"a-* (2 of 3 rows)", "a-y-b"}},
		{"neighbours", "pod@n1=a pod@n2=b pod@n3=b pod@n4=c", []string{"pod@n1", "pod@n2..pod@n3 (2 rows)", "pod@n4"}},
		{"scattered", "pod@n1=a pod@n2=! pod@n3=a pod@n4=a", []string{"pod@* (3 of 4 rows)", "pod@n2"}},
		{"nothing in common", "x=a y=! z=a", []string{"* (2 of 3 rows)", "y"}},
		{"ambiguous", "p@1=a p@2=b p@3=a p@4=b", []string{"p@* (2 of 4 rows)", "p@2 and alike (2 rows)"}},
		{"wrong ones stay", "p@1=! p@2=! p@3=!", []string{"p@1", "p@2", "p@3"}},
		{"node-1 is not node-10", "node-1=a node-10=a node-2=b", []string{"node-1..node-10 (2 rows)", "node-2"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var names, looks []string
			var wrong []bool
			for pair := range strings.FieldsSeq(tc.in) {
				name, look, _ := strings.Cut(pair, "=")
				names, looks, wrong = append(names, name), append(looks, look), append(wrong, look == "!")
			}
			groups := collapse(len(names), "rows", func(i int) string { return names[i] }, wrong, func(i int) string { return looks[i] })
			if diff := cmp.Diff(tc.want, labels(groups)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
