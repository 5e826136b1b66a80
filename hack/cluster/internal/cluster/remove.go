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

package cluster

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/cgroup"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/network"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

// removeTimeout bounds the wait for processes to die.
const removeTimeout = 30 * time.Second

// traces are what there is of a cluster.
type traces struct {
	group      *cgroup.Group
	namespaces []string
	mounts     []string
	dir        string
}

func findTraces(p Paths, name string) (*traces, error) {
	group, err := cgroup.Cluster(name)
	if err != nil {
		return nil, err
	}
	t := &traces{}
	if group.Exists() {
		t.group = group
	}
	if _, err := os.Lstat(p.Dir); err == nil {
		t.dir = p.Dir
	}
	namespaces, err := network.Namespaces()
	if err != nil {
		return nil, err
	}
	for _, namespace := range namespaces {
		// Without a record the name alone proves nothing.
		if plan.Owns(name, namespace) && (t.dir != "" || network.IsMarked(namespace)) {
			t.namespaces = append(t.namespaces, namespace)
		}
	}
	mounts, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, fmt.Errorf("listing mounts: %w", err)
	}
	defer mounts.Close()
	t.mounts, err = mountsBelow(mounts, p.Dir)
	return t, err
}

// mountsBelow lists the mount points below dir, the innermost first.
func mountsBelow(mountinfo io.Reader, dir string) ([]string, error) {
	var found []string
	scanner := bufio.NewScanner(mountinfo)
	for scanner.Scan() {
		fields := strings.Fields(scanner.Text())
		if len(fields) < 5 {
			continue
		}
		if strings.HasPrefix(fields[4], dir+"/") {
			found = append([]string{fields[4]}, found...)
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("listing mounts: %w", err)
	}
	return found, nil
}

func (t *traces) none() bool {
	return t.group == nil && len(t.namespaces) == 0 && len(t.mounts) == 0 && t.dir == ""
}

// remove removes all traces. It goes on after a failure, to leave as little as
// possible.
func (t *traces) remove() error {
	// Not the caller's context: what it has begun it finishes.
	ctx, cancel := context.WithTimeout(context.Background(), removeTimeout)
	defer cancel()
	var errs []error
	if t.group != nil {
		errs = append(errs, t.group.Kill(ctx))
	}
	for _, mount := range t.mounts {
		if err := unix.Unmount(mount, unix.MNT_DETACH); err != nil {
			errs = append(errs, fmt.Errorf("unmounting %s: %w", mount, err))
		}
	}
	for _, namespace := range t.namespaces {
		errs = append(errs, network.DeleteNamespace(namespace))
	}
	errs = append(errs, network.LeaveDirectory())
	if t.group != nil {
		errs = append(errs, t.group.Remove(ctx))
	}
	if t.dir != "" {
		if err := os.RemoveAll(t.dir); err != nil {
			errs = append(errs, fmt.Errorf("removing state: %w", err))
		}
		_ = os.Remove(filepath.Dir(t.dir)) // succeeds for the last of all
	}
	return errors.Join(errs...)
}
