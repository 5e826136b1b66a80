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

package images

import (
	"strings"
	"testing"
)

func TestNamesArePinned(t *testing.T) {
	seen := map[string]bool{}
	for _, image := range All() {
		_, tag, ok := strings.Cut(image.Name[strings.LastIndex(image.Name, "/")+1:], ":")
		if !ok || tag == "" || tag == "latest" {
			t.Errorf("%s: want a pinned tag", image.Name)
		}
		if seen[image.Name] {
			t.Errorf("%s is listed twice", image.Name)
		}
		seen[image.Name] = true
		if len(image.Entrypoint)+len(image.Cmd) == 0 {
			t.Errorf("%s has no program", image.Name)
		}
	}
}
