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
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// keepEntries is how many results of one step stay in the cache: the current
// one and one more, for those who go to and fro between two checkouts.
const keepEntries = 2

// cache is the directory of results.
type cache struct {
	dir string
}

// openCache finds the cache and makes its fixed folders.
func openCache(dir string) (*cache, error) {
	if dir == "" {
		dir = os.Getenv("SERVICE_E2E_CACHE")
	}
	if dir == "" {
		base, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("finding the cache directory (set SERVICE_E2E_CACHE): %w", err)
		}
		dir = filepath.Join(base, "service-e2e")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("finding the cache directory: %w", err)
	}
	for _, sub := range []string{"log", "tmp"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o755); err != nil {
			return nil, fmt.Errorf("making the cache directory: %w", err)
		}
	}
	return &cache{dir: dir}, nil
}

// entry is where the result of a step with this key is, or will be.
func (c *cache) entry(name, key string) string {
	return filepath.Join(c.dir, name+"-"+key)
}

// log is where the output of a step goes.
func (c *cache) log(name string) string {
	return filepath.Join(c.dir, "log", name+".log")
}

// has tells whether a result exists, and marks it as used, so that prune
// spares it.
func (c *cache) has(name, key string) bool {
	entry := c.entry(name, key)
	if _, err := os.Stat(entry); err != nil {
		return false
	}
	now := time.Now()
	_ = os.Chtimes(entry, now, now) // may belong to someone else
	return true
}

// publish lets fill write into a fresh directory, which becomes the entry when
// fill succeeds and vanishes when it fails.
func (c *cache) publish(name, key string, fill func(dir string) error) (err error) {
	dir, err := os.MkdirTemp(filepath.Join(c.dir, "tmp"), name+"-")
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, os.RemoveAll(dir)) // of nothing, after the rename
	}()
	if err := os.Chmod(dir, 0o755); err != nil {
		return err
	}
	if err := fill(dir); err != nil {
		return err
	}
	entry := c.entry(name, key)
	if err := os.Rename(dir, entry); err != nil {
		return err
	}
	return c.prune(name)
}

var keyPattern = regexp.MustCompile(`^[0-9a-f]{16}$`)

// prune removes all but the entries of a step that were used last, and those
// from which programs run: a cluster may be up.
func (c *cache) prune(name string) error {
	all, err := os.ReadDir(c.dir)
	if err != nil {
		return err
	}
	type aged struct {
		path string
		used time.Time
	}
	var entries []aged
	for _, e := range all {
		key, ok := strings.CutPrefix(e.Name(), name+"-")
		if !ok || !keyPattern.MatchString(key) {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		entries = append(entries, aged{filepath.Join(c.dir, e.Name()), info.ModTime()})
	}
	sort.Slice(entries, func(i, j int) bool { return entries[i].used.After(entries[j].used) })
	if len(entries) <= keepEntries {
		return nil
	}
	running := runningPrograms()
	for _, old := range entries[keepEntries:] {
		within := func(program string) bool { return strings.HasPrefix(program, old.path+"/") }
		if slices.ContainsFunc(running, within) {
			continue
		}
		if err := os.RemoveAll(old.path); err != nil {
			return err
		}
	}
	return nil
}

// runningPrograms are the paths of the programs of all processes that we may
// look at.
func runningPrograms() []string {
	links, _ := filepath.Glob("/proc/[0-9]*/exe")
	var programs []string
	for _, link := range links {
		if program, err := os.Readlink(link); err == nil {
			programs = append(programs, program)
		}
	}
	return programs
}

// lock keeps other builds out of the cache until the returned function is
// called. If one is at work, it says so and waits.
func (c *cache) lock(ctx context.Context, say func(string)) (func(), error) {
	file, err := os.OpenFile(filepath.Join(c.dir, "lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, fmt.Errorf("locking the cache: %w", err)
	}
	for told := false; ; {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR) {
			file.Close()
			return nil, fmt.Errorf("locking the cache: %w", err)
		}
		if !told {
			told = true
			holder, _ := io.ReadAll(file)
			say(fmt.Sprintf("waiting for another build in %s (process %s)", c.dir, strings.TrimSpace(string(holder))))
		}
		select {
		case <-ctx.Done():
			file.Close()
			return nil, ctx.Err()
		case <-time.After(200 * time.Millisecond):
		}
	}
	if err := file.Truncate(0); err == nil {
		_, _ = file.WriteAt([]byte(strconv.Itoa(os.Getpid())+"\n"), 0)
	}
	// Whoever left something here is dead, as the lock was free.
	c.sweep()
	return func() { file.Close() }, nil
}

// sweep removes what killed builds left behind.
func (c *cache) sweep() {
	left, _ := filepath.Glob(filepath.Join(c.dir, "tmp", "*"))
	for _, path := range left {
		_ = os.RemoveAll(path)
	}
}

// durations are how long steps took when they were last made from nothing.
type durations map[string]time.Duration

// durations reads the measurements; without any, estimates start from defaults.
func (c *cache) durations() durations {
	known := durations{}
	if content, err := os.ReadFile(filepath.Join(c.dir, "durations.json")); err == nil {
		_ = json.Unmarshal(content, &known)
	}
	return known
}

// saveDurations is best effort: a lost measurement costs accuracy only.
func (c *cache) saveDurations(known durations) {
	content, err := json.MarshalIndent(known, "", "  ")
	if err != nil {
		return
	}
	temporary := filepath.Join(c.dir, "tmp", "durations.json")
	if os.WriteFile(temporary, append(content, '\n'), 0o644) == nil {
		_ = os.Rename(temporary, filepath.Join(c.dir, "durations.json"))
	}
}
