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
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// parent holds the groups of all clusters of this machine.
const parent = "service-e2e"

// leaf is where a host's own processes live: in version 2 a group that has
// controllers for its children cannot have processes itself.
const leaf = "init"

// Group is one group of the same name in every hierarchy.
type Group struct {
	name   string // relative to the mount points
	mounts []Mount
}

// Cluster returns the group of a cluster, which need not exist.
func Cluster(name string) (*Group, error) {
	mounts, err := Mounts()
	if err != nil {
		return nil, err
	}
	return &Group{name: filepath.Join(parent, name), mounts: mounts}, nil
}

// Child returns a group within g.
func (g *Group) Child(name string) *Group {
	return &Group{name: filepath.Join(g.name, name), mounts: g.mounts}
}

// Paths returns the group's directory for each mount point.
func (g *Group) Paths() map[string]string {
	paths := map[string]string{}
	for _, m := range g.mounts {
		paths[m.Path] = filepath.Join(m.Path, g.name)
	}
	return paths
}

// Exists reports whether any hierarchy has the group.
func (g *Group) Exists() bool {
	for _, path := range g.Paths() {
		if _, err := os.Stat(path); err == nil {
			return true
		}
	}
	return false
}

// Leaf returns the group within g that takes the processes of a host.
func (g *Group) Leaf() *Group { return g.Child(leaf) }

// Create makes the group, and those that it is in, in every hierarchy.
func (g *Group) Create() error {
	for _, m := range g.mounts {
		dir := m.Path
		for part := range strings.SplitSeq(g.name, "/") {
			if m.Unified {
				delegate(dir)
			}
			dir = filepath.Join(dir, part)
			if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("creating cgroup: %w", err)
			}
			if err := initCPUSet(dir); err != nil {
				return fmt.Errorf("setting up cgroup %s: %w", dir, err)
			}
		}
	}
	return nil
}

// Delegate lets groups within g have the controllers that g has. In version 2
// that takes a group without processes.
func (g *Group) Delegate() {
	for _, m := range g.mounts {
		if m.Unified {
			delegate(filepath.Join(m.Path, g.name))
		}
	}
}

// delegate enables controllers one by one. One that is refused (the group may
// have processes, or real time ones) is not worth failing for: nothing here
// depends on limits.
func delegate(dir string) {
	controllers, err := os.ReadFile(filepath.Join(dir, "cgroup.controllers"))
	if err != nil {
		return
	}
	for controller := range strings.FieldsSeq(string(controllers)) {
		_ = os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte("+"+controller), 0)
	}
}

// initCPUSet gives a version 1 cpuset what its parent has: empty as it is
// born, it would take no process.
func initCPUSet(dir string) error {
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		own := filepath.Join(dir, file)
		if value, err := os.ReadFile(own); err != nil || strings.TrimSpace(string(value)) != "" {
			continue // no cpuset hierarchy, version 2, or set already
		}
		value, err := os.ReadFile(filepath.Join(filepath.Dir(dir), file))
		if err != nil {
			continue // version 2 lacks the file at its root, and needs nothing
		}
		if err := os.WriteFile(own, value, 0); err != nil {
			return err
		}
	}
	return nil
}

// Join moves the calling process, all its threads, into the group.
func (g *Group) Join() error { return g.Move(0) }

// Move moves a process into the group.
func (g *Group) Move(pid int) error {
	for _, path := range g.Paths() {
		if err := os.WriteFile(filepath.Join(path, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0); err != nil {
			return fmt.Errorf("moving process to cgroup: %w", err)
		}
	}
	return nil
}

// Processes lists all that live in the group or below it, in any hierarchy.
func (g *Group) Processes() ([]int, error) {
	var pids []int
	for _, path := range g.Paths() {
		err := filepath.WalkDir(path, func(dir string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return ignoreVanished(err)
			}
			raw, err := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
			if err != nil {
				return ignoreVanished(err)
			}
			for field := range strings.FieldsSeq(string(raw)) {
				// A member seen from a pid namespace that it is not in is 0.
				if pid, err := strconv.Atoi(field); err == nil && pid > 0 {
					pids = append(pids, pid)
				}
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("listing cgroup %s: %w", path, err)
		}
	}
	slices.Sort(pids)
	return slices.Compact(pids), nil
}

func ignoreVanished(err error) error {
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ENODEV) {
		return nil
	}
	return err
}

// Kill ends all processes of the group and waits until they are gone.
func (g *Group) Kill(ctx context.Context) error {
	for {
		pids, err := g.Processes()
		if err != nil {
			return err
		}
		if len(pids) == 0 {
			return nil
		}
		g.thaw()
		for _, pid := range pids {
			if err := unix.Kill(pid, unix.SIGKILL); err != nil && !errors.Is(err, unix.ESRCH) {
				return fmt.Errorf("killing process %d: %w", pid, err)
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d processes of cgroup %s do not die, the first is %d", len(pids), g.name, pids[0])
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// thaw releases what someone may have frozen: version 1 delivers no signal to
// the frozen, not even SIGKILL.
func (g *Group) thaw() {
	for _, path := range g.Paths() {
		_ = filepath.WalkDir(path, func(dir string, d fs.DirEntry, err error) error {
			if err == nil && d.Name() == "freezer.state" {
				_ = os.WriteFile(dir, []byte("THAWED"), 0)
			}
			return nil
		})
	}
}

// Remove deletes the group with all below it, which must have no processes.
func (g *Group) Remove(ctx context.Context) error {
	for _, path := range g.Paths() {
		for {
			err := removeTree(path)
			if err == nil {
				break
			}
			// The last process of a group is listed no more a moment before
			// the group may be removed.
			select {
			case <-ctx.Done():
				return fmt.Errorf("removing cgroup: %w", err)
			case <-time.After(20 * time.Millisecond):
			}
		}
		_ = os.Remove(filepath.Dir(path)) // succeeds for the last of all
	}
	return nil
}

func removeTree(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return ignoreVanished(err)
	}
	for _, entry := range entries {
		if entry.IsDir() {
			if err := removeTree(filepath.Join(dir, entry.Name())); err != nil {
				return err
			}
		}
	}
	return ignoreVanished(unix.Rmdir(dir))
}

// Children returns the groups directly below g, by their names.
func (g *Group) Children() (map[string]*Group, error) {
	children := map[string]*Group{}
	for _, path := range g.Paths() {
		entries, err := os.ReadDir(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("listing cgroup: %w", err)
		}
		for _, entry := range entries {
			if entry.IsDir() {
				children[entry.Name()] = g.Child(entry.Name())
			}
		}
	}
	return children, nil
}
