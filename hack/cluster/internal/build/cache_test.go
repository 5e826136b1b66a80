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
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func itoa(n int) string { return strconv.Itoa(n) }

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func newTestCache(t *testing.T) *cache {
	t.Helper()
	c, err := openCache(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// nothingTemporary checks that no half-made result is left.
func nothingTemporary(t *testing.T, c *cache) {
	t.Helper()
	left, err := os.ReadDir(filepath.Join(c.dir, "tmp"))
	if err != nil {
		t.Fatal(err)
	}
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestOpenCacheHonoursTheEnvironment(t *testing.T) {
	want := filepath.Join(t.TempDir(), "cache")
	t.Setenv("SERVICE_E2E_CACHE", want)
	c, err := openCache("")
	if err != nil || c.dir != want {
		t.Errorf("got %+v, %v; want %s", c, err, want)
	}
}

func TestPublish(t *testing.T) {
	c := newTestCache(t)
	const key = "0123456789abcdef"
	failed := errors.New("failed")
	err := c.publish("x", key, func(dir string) error {
		writeFiles(t, dir, map[string]string{"half": ""})
		return failed
	})
	if !errors.Is(err, failed) || c.has("x", key) {
		t.Errorf("a failed step: got %v, and an entry: %t", err, c.has("x", key))
	}
	nothingTemporary(t, c)
	if err := c.publish("x", key, func(dir string) error {
		writeFiles(t, dir, map[string]string{"whole": ""})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(c.entry("x", key), "whole")); err != nil || !c.has("x", key) {
		t.Errorf("a finished step has no entry: %v", err)
	}
	nothingTemporary(t, c)
}

func TestPruneKeepsWhatWasUsedLast(t *testing.T) {
	c := newTestCache(t)
	keys := []string{"0000000000000000", "1111111111111111", "2222222222222222"}
	others := []string{c.entry("x-y", keys[0]), c.entry("x-y", keys[1]), c.entry("x-y", keys[2]), filepath.Join(c.dir, "x-notes")}
	for _, other := range others {
		if err := os.Mkdir(other, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	empty := func(string) error { return nil }
	for i, key := range keys[:2] {
		if err := c.publish("x", key, empty); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(time.Duration(i-10) * time.Minute)
		if err := os.Chtimes(c.entry("x", key), then, then); err != nil {
			t.Fatal(err)
		}
	}
	if !c.has("x", keys[0]) { // which also makes it the younger one
		t.Fatal("the first entry is gone")
	}
	if err := c.publish("x", keys[2], empty); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false, true} {
		if got := c.has("x", keys[i]); got != want {
			t.Errorf("entry %d: got %t, want %t", i, got, want)
		}
	}
	for _, other := range others {
		if _, err := os.Stat(other); err != nil {
			t.Errorf("what belongs to others is gone: %v", err)
		}
	}
}

func TestPruneSparesRunningPrograms(t *testing.T) {
	c := newTestCache(t)
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(sleep)
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{"0000000000000000", "1111111111111111", "2222222222222222", "3333333333333333"}
	for i, key := range keys {
		if err := c.publish("x", key, func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "sleep"), program, 0o755)
		}); err != nil {
			t.Fatal(err)
		}
		then := time.Now().Add(time.Duration(i-10) * time.Minute)
		if err := os.Chtimes(c.entry("x", key), then, then); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			cmd := exec.CommandContext(t.Context(), filepath.Join(c.entry("x", key), "sleep"), "60")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait()
			})
		}
	}
	for i, want := range []bool{true, false, true, true} {
		if got := c.has("x", keys[i]); got != want {
			t.Errorf("entry %d: got %t, want %t", i, got, want)
		}
	}
}

func TestLock(t *testing.T) {
	c := newTestCache(t)
	writeFiles(t, c.dir, map[string]string{"tmp/x-123/half": ""})
	said := make(chan string, 10)
	unlock, err := c.lock(t.Context(), func(line string) { said <- line })
	if err != nil {
		t.Fatal(err)
	}
	nothingTemporary(t, c)

	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan error, 1)
	go func() {
		unlock, err := c.lock(ctx, func(line string) { said <- line })
		if err == nil {
			unlock()
		}
		second <- err
	}()
	if line := <-said; !strings.Contains(line, "process "+itoa(os.Getpid())) {
		t.Errorf("got %q, want it to name the process that builds", line)
	}
	cancel()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("waiting ended with %v", err)
	}

	unlock()
	unlock, err = c.lock(t.Context(), func(line string) { t.Errorf("a free lock says %q", line) })
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestDurationsSurvive(t *testing.T) {
	c := newTestCache(t)
	if got := c.durations(); len(got) != 0 {
		t.Errorf("got %v from nowhere", got)
	}
	c.saveDurations(durations{"kube": time.Minute})
	if got := c.durations()["kube"]; got != time.Minute {
		t.Errorf("got %s", got)
	}
	writeFiles(t, c.dir, map[string]string{"durations.json": "{broken"})
	if got := c.durations(); len(got) != 0 {
		t.Errorf("got %v from a broken file", got)
	}
}
