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

package build

import (
	"os"
	"path/filepath"
	"testing"
)

func writeFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func sum(t *testing.T, k *keyer) string {
	t.Helper()
	key, err := k.sum()
	if err != nil {
		t.Fatal(err)
	}
	if !keyPattern.MatchString(key) {
		t.Fatalf("key %q does not look like one, so that prune would never remove it", key)
	}
	return key
}

func TestKeyPartsDoNotRunTogether(t *testing.T) {
	one := sum(t, newKeyer().bytes("a", []byte("bc")).bytes("d", nil))
	for name, other := range map[string]*keyer{
		"border moved": newKeyer().bytes("ab", []byte("c")).bytes("d", nil),
		"part missing": newKeyer().bytes("a", []byte("bc")),
		"other order":  newKeyer().bytes("d", nil).bytes("a", []byte("bc")),
	} {
		if sum(t, other) == one {
			t.Errorf("%s: the key is the same", name)
		}
	}
	if again := sum(t, newKeyer().bytes("a", []byte("bc")).bytes("d", nil)); again != one {
		t.Errorf("equal parts give %s and %s", one, again)
	}
}

func TestCompilationKey(t *testing.T) {
	files := map[string]string{"go.mod": "module x\n", "go.sum": "", "main.go": "package main\n"}
	recipe := compilation{Component: "x", LDFlags: []string{"-s"}, Programs: []program{{"x", "."}}}
	tool := toolchain{version: "go1.26.0", arch: "amd64"}
	key := func(t *testing.T, c compilation, tool toolchain, changes map[string]string) string {
		t.Helper()
		root := t.TempDir()
		writeFiles(t, componentDir(root, "x"), files)
		writeFiles(t, componentDir(root, "x"), changes)
		got, err := c.key(root, tool)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	base := key(t, recipe, tool, nil)
	if got := key(t, recipe, tool, map[string]string{"README.md": "not compiled"}); got != base {
		t.Error("a file that no build reads changes the key")
	}

	flags, cgo, programs := recipe, recipe, recipe
	flags.LDFlags = []string{"-s", "-w"}
	cgo.CGO = true
	programs.Programs = []program{{"y", "."}}
	for name, got := range map[string]string{
		"source":    key(t, recipe, tool, map[string]string{"main.go": "package main // changed\n"}),
		"go.sum":    key(t, recipe, tool, map[string]string{"go.sum": "changed"}),
		"new file":  key(t, recipe, tool, map[string]string{"new.go": "package main\n"}),
		"flags":     key(t, flags, tool, nil),
		"cgo":       key(t, cgo, tool, nil),
		"programs":  key(t, programs, tool, nil),
		"toolchain": key(t, recipe, toolchain{version: "go1.26.1", arch: "amd64"}, nil),
		"arch":      key(t, recipe, toolchain{version: "go1.26.0", arch: "arm64"}, nil),
	} {
		if got == base {
			t.Errorf("%s: a change leaves the key as it was", name)
		}
	}
}
