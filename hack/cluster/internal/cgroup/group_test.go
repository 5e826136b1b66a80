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

package cgroup

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestGroup uses plain directories in place of hierarchies.
func TestGroup(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	cluster := &Group{name: "service-e2e/svc", mounts: []Mount{{Path: one}, {Path: two, Unified: true}}}
	if cluster.Exists() {
		t.Error("exists before it is made")
	}
	node := cluster.Child("node-1")
	if err := node.Leaf().Create(); err != nil {
		t.Fatal(err)
	}
	if err := node.Create(); err != nil {
		t.Errorf("creating again: %v", err)
	}
	children, err := cluster.Children()
	if err != nil || len(children) != 1 || children["node-1"] == nil {
		t.Errorf("children: got %v, %v", children, err)
	}
	files := map[string]string{
		filepath.Join(one, "service-e2e/svc/node-1/init/cgroup.procs"): "7\n30\n0\n",
		filepath.Join(one, "service-e2e/svc/node-1/cgroup.procs"):      "8\n",
		filepath.Join(two, "service-e2e/svc/cgroup.procs"):             "7\n",
	}
	for path, content := range files {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name  string
		group *Group
		want  []int
	}{
		{"cluster", cluster, []int{7, 8, 30}},
		{"node", node, []int{7, 8, 30}},
		{"leaf", node.Leaf(), []int{7, 30}},
		{"none", cluster.Child("node-2"), nil},
	} {
		if got, err := tc.group.Processes(); err != nil || !slices.Equal(got, tc.want) {
			t.Errorf("%s: got %v, %v, want %v", tc.name, got, err, tc.want)
		}
	}
	for path := range files {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := cluster.Kill(ctx); err != nil {
		t.Errorf("killing nobody: %v", err)
	}
	if err := cluster.Remove(ctx); err != nil {
		t.Error(err)
	}
	for _, root := range []string{one, two} {
		if left, _ := os.ReadDir(root); len(left) != 0 {
			t.Errorf("left in %s: %v", root, left)
		}
	}
}

func TestCPUSetIsInherited(t *testing.T) {
	root := t.TempDir()
	if err := os.WriteFile(filepath.Join(root, "cpuset.cpus"), []byte("0-1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(root, "child")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	// The kernel makes the file together with the directory.
	if err := os.WriteFile(filepath.Join(dir, "cpuset.cpus"), []byte("\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := initCPUSet(dir); err != nil {
		t.Fatal(err)
	}
	if raw, _ := os.ReadFile(filepath.Join(dir, "cpuset.cpus")); string(raw) != "0-1\n" {
		t.Errorf("got %q", raw)
	}
}
