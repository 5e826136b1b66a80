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

package host

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/cgroup"
)

// overlaid are the directories of the machine that the host sees as they are,
// but writes to a layer of its own that vanishes with it.
var overlaid = []string{"/etc", "/var"}

// tunables are settings of the whole machine that kubelet insists on. The host
// shows it the values that it wants, and the machine keeps its own.
var tunables = map[string]int{
	"vm/overcommit_memory":      1,
	"vm/panic_on_oom":           0,
	"kernel/panic":              10,
	"kernel/panic_on_oops":      1,
	"kernel/keys/root_maxkeys":  1000000,
	"kernel/keys/root_maxbytes": 25000000,
}

// mountAll turns the machine's file system into the host's. Every mount is in
// the host's mount namespace only, and goes away with it.
func mountAll(s *Spec) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("separating mounts from the machine's: %w", err)
	}
	// What the mounts below are about to hide is held by descriptors.
	visible := map[string]int{}
	temporary := filepath.Join(s.Dir, "tmp")
	if err := errors.Join(os.MkdirAll(temporary, 0o755), os.Chmod(temporary, 0o777|fs.ModeSticky)); err != nil {
		return fmt.Errorf("creating directory: %w", err)
	}
	for _, path := range append([]string{s.Dir, temporary}, s.Visible...) {
		fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("opening %s: %w", path, err)
		}
		defer unix.Close(fd)
		visible[path] = fd
	}

	scratch := filepath.Join(s.Dir, "scratch")
	if err := mountTmpfs(scratch); err != nil {
		return err
	}
	for _, dir := range overlaid {
		if err := mountOverlay(dir, filepath.Join(scratch, dir)); err != nil {
			return err
		}
	}
	if err := mountTmpfs("/run"); err != nil {
		return err
	}
	// First, for the visible may be below it.
	if err := bind("/proc/self/fd/"+strconv.Itoa(visible[temporary]), "/tmp"); err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(visible)) {
		if err := os.MkdirAll(path, 0o755); err != nil {
			return fmt.Errorf("creating mount point: %w", err)
		}
		if err := bind("/proc/self/fd/"+strconv.Itoa(visible[path]), path); err != nil {
			return err
		}
	}

	if err := mountSys(s); err != nil {
		return err
	}
	if err := mountProc(); err != nil {
		return err
	}
	for dir, path := range s.Disks {
		source := filepath.Join(s.Dir, dir)
		if err := errors.Join(os.MkdirAll(source, 0o755), os.MkdirAll(path, 0o755)); err != nil {
			return fmt.Errorf("creating mount point: %w", err)
		}
		if err := bind(source, path); err != nil {
			return err
		}
	}
	for path, content := range s.Files {
		if err := writeFile(path, content); err != nil {
			return err
		}
	}
	// Mounts of pods must propagate, as they do on an ordinary machine.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, ""); err != nil {
		return fmt.Errorf("sharing mounts within the host: %w", err)
	}
	return nil
}

// mountSys shows the devices of the host's network namespace, and of the
// cgroup tree what is below the host's own group.
func mountSys(s *Spec) error {
	cluster, err := cgroup.Cluster(s.Cluster)
	if err != nil {
		return err
	}
	groups := map[string]int{}
	for mount, path := range cluster.Child(s.Short).Paths() {
		fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("opening cgroup %s: %w", path, err)
		}
		defer unix.Close(fd)
		groups[mount] = fd
	}
	if err := unix.Mount("sysfs", "/sys", "sysfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mounting sysfs: %w", err)
	}
	if _, only := groups[cgroup.Root]; !only {
		if err := mountTmpfs(cgroup.Root); err != nil {
			return err
		}
	}
	for _, mount := range slices.Sorted(maps.Keys(groups)) {
		if err := os.MkdirAll(mount, 0o755); err != nil {
			return fmt.Errorf("creating mount point: %w", err)
		}
		if err := bind("/proc/self/fd/"+strconv.Itoa(groups[mount]), mount); err != nil {
			return err
		}
	}
	return nil
}

func mountProc() error {
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return fmt.Errorf("mounting proc: %w", err)
	}
	for name, value := range tunables {
		shown := filepath.Join("/run/tunables", name)
		if err := writeFile(shown, strconv.Itoa(value)+"\n"); err != nil {
			return err
		}
		err := bind(shown, filepath.Join("/proc/sys", name))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func mountTmpfs(path string) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return fmt.Errorf("creating mount point: %w", err)
	}
	if err := unix.Mount("tmpfs", path, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return fmt.Errorf("mounting tmpfs on %s: %w", path, err)
	}
	return nil
}

func mountOverlay(path, scratch string) error {
	upper, work := filepath.Join(scratch, "upper"), filepath.Join(scratch, "work")
	if err := errors.Join(os.MkdirAll(upper, 0o755), os.MkdirAll(work, 0o755)); err != nil {
		return fmt.Errorf("creating layer: %w", err)
	}
	options := fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s", path, upper, work)
	if err := unix.Mount("overlay", path, "overlay", 0, options); err != nil {
		return fmt.Errorf("mounting overlay on %s: %w", path, err)
	}
	return nil
}

func bind(source, target string) error {
	if err := unix.Mount(source, target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("binding to %s: %w", target, err)
	}
	return nil
}

// writeFile puts a file in place of whatever is there.
func writeFile(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("creating directory: %w", err)
	}
	// Many machines have a link here that leads into /run, now empty.
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("replacing file: %w", err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		return fmt.Errorf("writing file: %w", err)
	}
	return nil
}
