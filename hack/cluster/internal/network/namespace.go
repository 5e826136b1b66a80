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
	err := onOwnThread(func() error {
		// NewNamed leaves the thread in the new namespace; it is thrown away.
		handle, err := netns.NewNamed(name)
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("network namespace %s exists, and is not ours: remove it, or choose another name", name)
		}
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
	err := netns.DeleteNamed(name)
	// A reboot, or a crash half way, leaves a name without a mount.
	if removeErr := os.Remove(NamespacePath(name)); errors.Is(removeErr, fs.ErrNotExist) {
		return nil
	} else if removeErr == nil {
		return nil
	}
	return fmt.Errorf("deleting network namespace %s: %w", name, err)
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
