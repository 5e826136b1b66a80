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
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

// Root is where distributions mount the hierarchies.
const Root = "/sys/fs/cgroup"

// Mount is a mounted hierarchy.
type Mount struct {
	// Path is the mount point: Root itself if there is nothing but version 2.
	Path string
	// Unified tells version 2 from version 1.
	Unified bool
}

// Mounts lists the hierarchies mounted at or below Root.
func Mounts() ([]Mount, error) {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("listing mounts: %w", err)
	}
	defer f.Close()
	mounts, err := parseMounts(f)
	if err != nil {
		return nil, fmt.Errorf("listing mounts: %w", err)
	}
	if len(mounts) == 0 {
		return nil, fmt.Errorf("no cgroup hierarchy is mounted below %s", Root)
	}
	return mounts, nil
}

// parseMounts reads the format of /proc/<pid>/mountinfo, see proc(5).
func parseMounts(r io.Reader) ([]Mount, error) {
	var mounts []Mount
	seen := map[string]bool{}
	scanner := bufio.NewScanner(r)
	for scanner.Scan() {
		before, after, ok := strings.Cut(scanner.Text(), " - ")
		fields, fs := strings.Fields(before), strings.Fields(after)
		if !ok || len(fields) < 5 || len(fs) < 1 {
			continue
		}
		path := fields[4]
		if path != Root && !strings.HasPrefix(path, Root+"/") || seen[path] {
			continue
		}
		if fs[0] == "cgroup" || fs[0] == "cgroup2" {
			seen[path] = true
			mounts = append(mounts, Mount{Path: path, Unified: fs[0] == "cgroup2"})
		}
	}
	return mounts, scanner.Err()
}
