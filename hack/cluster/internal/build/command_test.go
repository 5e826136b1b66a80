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
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestGist(t *testing.T) {
	for _, tc := range []struct{ name, log, want string }{
		{"download", "+ go list\ngo: downloading a v1\ngo: a@v1: dial tcp: lookup proxy.golang.org: no such host\nmore\n", "go: a@v1: dial tcp: lookup proxy.golang.org: no such host"},
		{"compile", "a/b\na/c\n# a/c\n../c/x.go:3:4: undefined: y\n../c/x.go:5:4: undefined: z\n", "../c/x.go:3:4: undefined: y"},
		{"link", "a\n/link: running gcc failed: exit status 1\n/usr/bin/ld: cannot find -lseccomp\ncollect2: ld\n", "/link: running gcc failed: exit status 1"},
		{"apt", "Err:1 http://x\nE: Failed to fetch http://x\nE: more\n", "E: Failed to fetch http://x"},
		{"else", "something\nlast words  \n\n", "last words"},
		{"nothing", "+ go build\n", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := gist(strings.NewReader(tc.log)); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestFailureIsOneLine(t *testing.T) {
	log := filepath.Join(t.TempDir(), "x.log")
	out, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	err = run(t.Context(), out, "/", nil, "sh", "-c", "echo noise; echo 'x.go:1:2: wrong' >&2; echo more; exit 3")
	got := failure("x", log, err).Error()
	if want := "building x failed: x.go:1:2: wrong (exit status 3; full log: " + log + ")"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	err = failure("x", log, run(t.Context(), out, "/", nil, "no-such-command"))
	if !strings.Contains(err.Error(), "no-such-command is not installed") {
		t.Errorf("got %v", err)
	}
}

func TestRunStopsWholeFamilies(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	pidFile := filepath.Join(t.TempDir(), "pid")
	done := make(chan error, 1)
	go func() {
		var log bytes.Buffer
		done <- run(ctx, &log, "/", []string{"PID_FILE=" + pidFile}, "sh", "-c", `sleep 60 & echo $! >"$PID_FILE.new"; mv "$PID_FILE.new" "$PID_FILE"; wait`)
	}()
	pid := 0
	waitFor(t, func() bool {
		content, err := os.ReadFile(pidFile)
		if err != nil {
			return false
		}
		pid = atoi(t, strings.TrimSpace(string(content)))
		return true
	})
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that it was cancelled", err)
	}
	waitFor(t, func() bool { return !alive(pid) })
}

// alive tells a running process from one that is gone, or dead and not yet
// reaped by whoever adopted it.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(filepath.Join("/proc", itoa(pid), "stat"))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func waitFor(t *testing.T, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !condition(); {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain")
		}
		<-time.After(5 * time.Millisecond)
	}
}
