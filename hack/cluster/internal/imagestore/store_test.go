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
	"slices"
	"testing"
	"time"
)

func TestPrune(t *testing.T) {
	cache := t.TempDir()
	used := time.Now().Add(-time.Hour)
	for _, name := range []string{
		"bin-1", "node-images-lock", "node-images-000000000000000a", "node-images-000000000000000b",
		"node-images-000000000000000c", "node-images-new",
	} {
		path := filepath.Join(cache, name)
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, used, used); err != nil {
			t.Fatal(err)
		}
	}
	if exists(filepath.Join(cache, "node-images-000000000000000d")) || !exists(filepath.Join(cache, "node-images-000000000000000b")) {
		t.Fatal("exists is mistaken")
	}
	prune(cache)
	left, err := filepath.Glob(filepath.Join(cache, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range left {
		left[i] = filepath.Base(left[i])
	}
	want := []string{"bin-1", "node-images-000000000000000b", "node-images-lock"}
	if !slices.Equal(left, want) {
		t.Errorf("got %q, want %q", left, want)
	}
}
