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

package network

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"
)

// namespaceDir is where "ip netns" looks for names.
const namespaceDir = "/run/netns"

// NamespacePath is the file that holds the named namespace.
func NamespacePath(name string) string {
	return filepath.Join(namespaceDir, name)
}

// mark is the alias of the loopback interface in our namespaces, by which we
// know them again.
const mark = "service-e2e"

// CreateNamespace makes a named network namespace, as "ip netns add" does.
func CreateNamespace(name string) error {
	unlock, err := shareDirectory()
	if err != nil {
		return err
	}
	defer unlock()
	err = onOwnThread(func() error {
		// NewNamed leaves the thread in the new namespace; it is thrown away.
		handle, err := netns.NewNamed(name)
		if err != nil {
			return fmt.Errorf("creating network namespace %s: %w", name, err)
		}
		return handle.Close()
	})
	if err != nil {
		return err
	}
	return withHandle(name, func(h *netlink.Handle) error {
		lo, err := h.LinkByName("lo")
		if err != nil {
			return fmt.Errorf("finding interface lo: %w", err)
		}
		if err := h.LinkSetAlias(lo, mark); err != nil {
			return fmt.Errorf("marking network namespace %s: %w", name, err)
		}
		return nil
	})
}

// IsMarked reports whether CreateNamespace has made the namespace.
func IsMarked(name string) bool {
	err := withHandle(name, func(h *netlink.Handle) error {
		lo, err := h.LinkByName("lo")
		if err != nil {
			return err
		}
		if lo.Attrs().Alias != mark {
			return errors.New("not marked")
		}
		return nil
	})
	return err == nil
}

// DeleteNamespace removes a name. The namespace goes with its last process.
func DeleteNamespace(name string) error {
	path := NamespacePath(name)
	// A reboot, or a crash half way, leaves a name without a mount.
	if err := unix.Unmount(path, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("deleting network namespace %s: %w", name, err)
	}
	err := os.Remove(path)
	if errors.Is(err, unix.EBUSY) {
		return fmt.Errorf("deleting network namespace %s: it is covered by a mount on %s: unmount that one first",
			name, namespaceDir)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("deleting network namespace %s: %w", name, err)
	}
	return nil
}

// shareDirectory makes the directory of names a shared mount, as "ip netns add"
// does unless it is one: doing that later would cover the names that are there
// already, and these could not be removed any more. It returns what releases
// the directory to others who do the same, "ip netns" among them.
func shareDirectory() (func(), error) {
	unlock, err := lockDirectory()
	if err != nil {
		return nil, err
	}
	share := func() error { return unix.Mount("", namespaceDir, "none", unix.MS_SHARED|unix.MS_REC, "") }
	err = share()
	if errors.Is(err, unix.EINVAL) { // not a mount point
		if err = unix.Mount(namespaceDir, namespaceDir, "none", unix.MS_BIND|unix.MS_REC, ""); err == nil {
			err = share()
		}
	}
	if err != nil {
		unlock()
		return nil, fmt.Errorf("sharing %s: %w", namespaceDir, err)
	}
	return unlock, nil
}

// LeaveDirectory undoes what is done to the directory of names before the
// first one is made, if no names are left.
func LeaveDirectory() error {
	names, err := Namespaces()
	if err != nil || len(names) > 0 {
		return err
	}
	unlock, err := lockDirectory()
	if err != nil {
		return err
	}
	defer unlock()
	if names, err := Namespaces(); err != nil || len(names) > 0 {
		return err
	}
	if err := unix.Unmount(namespaceDir, unix.MNT_DETACH); err != nil && !errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("unmounting %s: %w", namespaceDir, err)
	}
	_ = os.Remove(namespaceDir) // fails if names have been covered
	return nil
}

func lockDirectory() (func(), error) {
	if err := os.MkdirAll(namespaceDir, 0o755); err != nil {
		return nil, fmt.Errorf("creating %s: %w", namespaceDir, err)
	}
	dir, err := os.Open(namespaceDir)
	if err != nil {
		return nil, fmt.Errorf("locking %s: %w", namespaceDir, err)
	}
	if err := unix.Flock(int(dir.Fd()), unix.LOCK_EX); err != nil {
		dir.Close()
		return nil, fmt.Errorf("locking %s: %w", namespaceDir, err)
	}
	// Whoever had the lock before may have removed it.
	if err := os.MkdirAll(namespaceDir, 0o755); err != nil {
		dir.Close()
		return nil, fmt.Errorf("creating %s: %w", namespaceDir, err)
	}
	return func() { dir.Close() }, nil
}

// Namespaces lists the names of all network namespaces that have one.
func Namespaces() ([]string, error) {
	entries, err := os.ReadDir(namespaceDir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("listing network namespaces: %w", err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names, nil
}

// Do runs fn on a thread that is in the named namespace. What fn starts on
// other goroutines is not.
func Do(name string, fn func() error) error {
	return onOwnThread(func() error {
		handle, err := netns.GetFromName(name)
		if err != nil {
			return fmt.Errorf("opening network namespace %s: %w", name, err)
		}
		defer handle.Close()
		if err := netns.Set(handle); err != nil {
			return fmt.Errorf("entering network namespace %s: %w", name, err)
		}
		return fn()
	})
}

// onOwnThread runs fn on an operating system thread of its own. The goroutine
// ends without unlocking the thread, so that Go destroys it together with
// whatever state fn left it in.
func onOwnThread(fn func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- fn()
	}()
	return <-done
}

// Dialer returns a function that dials from inside the named namespace. It
// takes numeric addresses only: a lookup would happen on another thread.
func Dialer(name string) func(ctx context.Context, network, address string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (conn net.Conn, err error) {
		err = Do(name, func() error {
			conn, err = (&net.Dialer{}).DialContext(ctx, network, address)
			return err
		})
		return conn, err
	}
}
