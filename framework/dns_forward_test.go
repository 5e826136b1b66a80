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

import "testing"

func TestForwardBlock(t *testing.T) {
	const plain = ".:53 {\n    errors\n}\n"
	with := withForward(plain, "x.example:53 {\n}\n")
	if want := plain + "# service-e2e: begin\nx.example:53 {\n}\n# service-e2e: end\n"; with != want {
		t.Errorf("got %q, want %q", with, want)
	}
	if got := withForward(with, "y.example:53 {\n}\n"); got != withForward(plain, "y.example:53 {\n}\n") {
		t.Errorf("an older block stays: %q", got)
	}
	for _, config := range []string{with, plain} {
		if got := withoutForward(config); got != plain {
			t.Errorf("got %q, want %q", got, plain)
		}
	}
}
