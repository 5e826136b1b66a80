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
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"

	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/cgroup"
)

// Verbs are hidden verbs of the program, by which it runs itself.
const (
	VerbEnter = "host-enter"
	VerbInit  = "host-init"
)

// Start switches a host on: it returns when the host's process 1 exists, and
// leaves its identity in the host's directory. The self is the program that
// understands the hidden verbs, a copy that outlives this process.
func Start(ctx context.Context, self string, s *Spec) error {
	if err := os.MkdirAll(s.Dir, 0o755); err != nil {
		return fmt.Errorf("starting %s: %w", s.Name, err)
	}
	if err := writeJSON(specFile(s.Dir), s); err != nil {
		return fmt.Errorf("starting %s: %w", s.Name, err)
	}
	cmd := exec.CommandContext(ctx, self, VerbEnter, s.Dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	// A session of its own, or Ctrl-C would reach the host's processes.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("starting %s: %w: %s", s.Name, err, strings.TrimSpace(stderr.String()))
	}
	return nil
}

// Enter is what VerbEnter runs: it moves itself into the cgroup and the
// network namespace of the host, and then starts process 1, which is born into
// both. A cgroup namespace has its root where its creator is, hence the order.
func Enter(dir string) error {
	s, err := ReadSpec(dir)
	if err != nil {
		return err
	}
	cluster, err := cgroup.Cluster(s.Cluster)
	if err != nil {
		return err
	}
	group := cluster.Child(s.Short)
	if err := group.Create(); err != nil {
		return err
	}
	log, err := os.OpenFile(s.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return fmt.Errorf("opening log: %w", err)
	}
	defer log.Close()

	// From here on this process belongs to the host; it is about to end.
	runtime.LockOSThread()
	ns, err := netns.GetFromName(s.Name)
	if err != nil {
		return fmt.Errorf("opening network namespace: %w", err)
	}
	if err := netns.Set(ns); err != nil {
		return fmt.Errorf("entering network namespace: %w", err)
	}
	if err := group.Join(); err != nil {
		return err
	}
	cmd := exec.Command("/proc/self/exe", VerbInit, dir)
	cmd.Args[0] = "cluster"
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Env = []string{"PATH=" + s.Path, "HOME=/root", "LANG=C.UTF-8"}
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Setsid: true,
		Cloneflags: unix.CLONE_NEWPID | unix.CLONE_NEWNS | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC |
			unix.CLONE_NEWCGROUP,
	}
	// Process 1 waits for the end of its input before it does anything.
	hold, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("starting process 1: %w", err)
	}
	defer hold.Close()
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting process 1: %w", err)
	}
	process, err := IdentifyProcess(cmd.Process.Pid)
	if err != nil {
		return err
	}
	if err := writeJSON(processFile(dir), process); err != nil {
		return err
	}
	// The root of the namespace is fixed now: make way for its children.
	leaf := group.Leaf()
	if err := leaf.Create(); err != nil {
		return err
	}
	if err := errors.Join(leaf.Move(process.PID), leaf.Join()); err != nil {
		return err
	}
	group.Delegate()
	return nil
}

// processFile holds the identity of process 1.
func processFile(dir string) string { return filepath.Join(dir, "init.json") }

// ReadProcess returns the identity of process 1 of the host in dir. Of a host
// that was never started it is the zero Process, which is not alive.
func ReadProcess(dir string) (Process, error) {
	p := Process{}
	err := readJSON(processFile(dir), &p)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	return p, err
}
