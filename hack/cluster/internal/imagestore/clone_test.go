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

package imagestore

import (
	"os"
	"path/filepath"
	"testing"
)

func TestClone(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "to")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(filepath.Join(from, "a/b"), 0o755))
	must(os.Chmod(filepath.Join(from, "a/b"), 0o711))
	must(os.WriteFile(filepath.Join(from, "a/blob"), []byte("blob"), 0o644))
	must(os.WriteFile(filepath.Join(from, "a/meta.db"), []byte("db"), 0o600))
	must(os.Symlink("nowhere", filepath.Join(from, "a/link")))
	must(Clone(from, to))

	same := func(name string) bool {
		t.Helper()
		a, err := os.Lstat(filepath.Join(from, name))
		must(err)
		b, err := os.Lstat(filepath.Join(to, name))
		must(err)
		if a.Mode() != b.Mode() {
			t.Errorf("%s: got mode %s, want %s", name, b.Mode(), a.Mode())
		}
		return os.SameFile(a, b)
	}
	if !same("a/blob") || !same("a/link") {
		t.Error("what is never written to should be shared")
	}
	if same("a/meta.db") || same("a/b") {
		t.Error("what is written to must not be shared")
	}
	if raw, err := os.ReadFile(filepath.Join(to, "a/meta.db")); err != nil || string(raw) != "db" {
		t.Errorf("got %q, %v", raw, err)
	}
}
