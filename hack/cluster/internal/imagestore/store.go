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
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/build"
)

// Names in the cache of the build: a prefix, and then the key of a result.
const (
	prefix   = "node-images-"
	lockName = prefix + "lock"
)

var resultName = regexp.MustCompile("^" + prefix + "[0-9a-f]{16}$")

// Ensure returns the directory of a containerd that has all images. It takes
// some ten seconds if that is not in the cache yet.
func Ensure(ctx context.Context, a *build.Artifacts, say func(string)) (string, error) {
	cache := filepath.Dir(a.BinDir)
	dir := filepath.Join(cache, prefix+key(a))
	if exists(dir) {
		return dir, nil
	}
	unlock, err := lock(filepath.Join(cache, lockName))
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(dir) {
		return dir, nil // someone else was faster
	}
	prune(cache)
	say("importing images, once for all nodes and clusters")
	temporary := filepath.Join(cache, prefix+"new")
	if err := importAll(ctx, a, temporary); err != nil {
		return "", errors.Join(fmt.Errorf("importing images: %w", err), os.RemoveAll(temporary))
	}
	if err := os.Rename(filepath.Join(temporary, "root"), dir); err != nil {
		return "", fmt.Errorf("importing images: %w", err)
	}
	return dir, os.RemoveAll(temporary)
}

// exists tells whether there is a result, and marks it as used, so that prune
// spares it.
func exists(dir string) bool {
	if _, err := os.Stat(dir); err != nil {
		return false
	}
	now := time.Now()
	_ = os.Chtimes(dir, now, now) // may belong to someone else
	return true
}

// prune removes all results but the one that was used last, for those who go to
// and fro between two checkouts, and what an import left that was killed.
func prune(cache string) {
	all, _ := filepath.Glob(filepath.Join(cache, prefix+"*"))
	newest := ""
	var used time.Time
	for _, path := range all {
		info, err := os.Stat(path)
		if err == nil && resultName.MatchString(filepath.Base(path)) && info.ModTime().After(used) {
			newest, used = path, info.ModTime()
		}
	}
	for _, path := range all {
		if path != newest && filepath.Base(path) != lockName {
			_ = os.RemoveAll(path)
		}
	}
}

// key changes with everything that the result depends on: all of it lies in
// directories that are named after their content.
func key(a *build.Artifacts) string {
	hash := sha256.New()
	fmt.Fprintln(hash, a.BinDir)
	for _, image := range a.Images {
		fmt.Fprintln(hash, image.Name, image.Tar)
	}
	return fmt.Sprintf("%x", hash.Sum(nil)[:8])
}

func lock(path string) (func(), error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("locking the image store: %w", err)
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		f.Close()
		return nil, fmt.Errorf("locking the image store: %w", err)
	}
	return func() { f.Close() }, nil
}

func importAll(ctx context.Context, a *build.Artifacts, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	socket, config := filepath.Join(dir, "sock"), filepath.Join(dir, "config.toml")
	content := fmt.Sprintf(`version = 3
root = %q
state = %q
oom_score = 0
disabled_plugins = ['io.containerd.grpc.v1.cri', 'io.containerd.cri.v1.images', 'io.containerd.cri.v1.runtime']
[grpc]
  address = %q
[ttrpc]
  address = %q
`, filepath.Join(dir, "root"), filepath.Join(dir, "state"), socket, socket+".ttrpc")
	if err := os.WriteFile(config, []byte(content), 0o644); err != nil {
		return err
	}
	// The kernel ends containerd when the thread ends that started it.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var log strings.Builder
	daemon := exec.Command(filepath.Join(a.BinDir, "containerd"), "--config", config, "--log-level", "warn")
	daemon.Stderr = &log
	daemon.SysProcAttr = &syscall.SysProcAttr{
		Pdeathsig: unix.SIGKILL, Setsid: true, Cloneflags: unix.CLONE_NEWNS,
		Unshareflags: unix.CLONE_NEWNS, // makes its mounts private
	}
	if err := daemon.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- daemon.Wait() }()
	err := func() error {
		if err := waitForSocket(ctx, socket); err != nil {
			return err
		}
		for _, image := range a.Images {
			if err := importOne(ctx, a, socket, image); err != nil {
				return err
			}
		}
		return nil
	}()
	// It must finish by itself, or its databases may be incomplete.
	_ = daemon.Process.Signal(unix.SIGTERM)
	select {
	case <-ended: //nolint:errcheck // it was told to end, and may complain about that
	case <-time.After(10 * time.Second):
		_ = daemon.Process.Kill()
		err = errors.Join(err, errors.New("containerd does not stop"))
	}
	if err != nil {
		return fmt.Errorf("%w\n%s", err, strings.TrimSpace(log.String()))
	}
	return nil
}

func importOne(ctx context.Context, a *build.Artifacts, socket string, image build.Image) error {
	cmd := exec.CommandContext(ctx, filepath.Join(a.BinDir, "ctr"), "--address", socket,
		"--namespace", "k8s.io", "images", "import", "--snapshotter", "overlayfs", image.Tar)
	if out, err := cmd.CombinedOutput(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("%s: %w: %s", image.Name, err, strings.TrimSpace(string(out)))
	}
	return nil
}

func waitForSocket(ctx context.Context, path string) error {
	deadline := time.Now().Add(20 * time.Second)
	for {
		conn, err := net.Dial("unix", path)
		if err == nil {
			return conn.Close()
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("waiting for containerd: %w", err)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
