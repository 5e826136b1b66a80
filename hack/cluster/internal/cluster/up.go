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
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/build"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/dataplane"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

// settleTimeout is how long a cluster that should be running may take to
// become healthy before it is given up: process 1 of a host restarts what has
// died.
const settleTimeout = 20 * time.Second

// UpOptions say what Up is to bring up, and how.
type UpOptions struct {
	plan.Options
	// StateRoot is the directory of the state of all clusters.
	StateRoot string
	// Kubeconfig is where to write another copy of the kubeconfig, if anywhere.
	Kubeconfig string
	// APIServerPort is the port on loopback; 0 for any that is free.
	APIServerPort int
	// KeepOnFailure leaves what has come up for inspection.
	KeepOnFailure bool
	// Build says how to build what is missing.
	Build build.Options
	// Out takes the summary that follows success.
	Out io.Writer
}

// Up brings a cluster up. If it is up already, that is all; if it is damaged,
// it is brought up anew.
func Up(ctx context.Context, o UpOptions, progress *Progress) error {
	c, err := plan.New(o.Options)
	if err != nil {
		return err
	}
	if err := requireRoot(); err != nil {
		return err
	}
	unlock, err := lock(o.Name)
	if err != nil {
		return err
	}
	defer unlock()
	p := PathsOf(o.StateRoot, o.Name)

	running, err := reuse(ctx, p, o, progress)
	if err != nil {
		return err
	}
	if !running {
		if err := bringUp(ctx, p, c, o, progress); err != nil {
			return err
		}
	}
	if err := export(p, o.Kubeconfig); err != nil {
		return err
	}
	explain(o.Out, p, o)
	return nil
}

// reuse reports whether the cluster is up as it is wanted. Otherwise it has
// removed whatever was there, unless that is a cluster with other options.
func reuse(ctx context.Context, p Paths, o UpOptions, progress *Progress) (bool, error) {
	found, err := findTraces(p, o.Name)
	if err != nil || found.none() {
		return false, err
	}
	s, err := readState(p)
	if err != nil {
		return false, err
	}
	if s != nil && s.Ready {
		problem, err := settle(ctx, p, s, progress)
		if err != nil {
			return false, err
		}
		if problem == nil {
			if differences := s.Differences(o.Options); differences != nil {
				return false, fmt.Errorf("cluster %s is running with %s: take it down first, or choose another --name",
					o.Name, strings.Join(differences, ", "))
			}
			progress.Say("cluster %s is already running", o.Name)
			return true, nil
		}
		progress.Say("cluster %s is damaged (%s: %s): starting anew", o.Name, problem.Name, problem.Problem)
	} else {
		progress.Say("removing what is left of an earlier cluster %s", o.Name)
	}
	if err := found.remove(); err != nil { //nolint:contextcheck // what it begins it finishes, interrupted or not
		return false, fmt.Errorf("removing what is left of cluster %s: %w", o.Name, err)
	}
	return false, nil
}

// settle waits a while for the cluster to be healthy, and returns the first
// component that is not. It does not wait for what will not come back.
func settle(ctx context.Context, p Paths, s *state, progress *Progress) (*Component, error) {
	c, err := plan.New(s.Options)
	if err != nil {
		return nil, err
	}
	deadline := time.Now().Add(settleTimeout)
	for said := false; ; said = true {
		all := inspect(ctx, p, c, s)
		problem := firstUnhealthy(all)
		if problem == nil || problem.unattended || time.Now().After(deadline) {
			return problem, nil
		}
		if !said {
			progress.Say("waiting for %s: %s", problem.Name, problem.Problem)
		}
		if err := sleep(ctx, 500*time.Millisecond); err != nil {
			return nil, err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}

func bringUp(ctx context.Context, p Paths, c *plan.Cluster, o UpOptions, progress *Progress) error {
	if err := checkMachine(ctx, c); err != nil {
		return err
	}
	artifacts, err := build.Ensure(ctx, o.Build)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return err
	}
	if err := dataplane.For(c).Missing(c); err != nil {
		return err
	}
	b := &creation{paths: p, plan: c, options: o, artifacts: artifacts, progress: progress}
	err = b.run(ctx)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if _, statErr := os.Stat(p.Dir); statErr == nil && o.KeepOnFailure {
		return fmt.Errorf("%w (kept for inspection in %s)", err, p.Dir)
	}
	if ctx.Err() == nil {
		err = rescueLogs(p, o.Name, err)
	}
	return errors.Join(err, removeAll(p, o.Name)) //nolint:contextcheck // what came up goes, interrupted or not
}

// rescueLogs saves the logs from being removed with the cluster, and tells
// about it in the error.
func rescueLogs(p Paths, name string, err error) error {
	files, listErr := logFiles(p)
	files = slices.DeleteFunc(files, func(file string) bool {
		info, statErr := os.Stat(file)
		return statErr != nil || info.Size() == 0
	})
	if listErr != nil || len(files) == 0 {
		return err
	}
	dir, mkErr := os.MkdirTemp("", "service-e2e-"+name+"-logs-")
	if mkErr != nil {
		return err
	}
	for _, file := range files {
		if raw, readErr := os.ReadFile(file); readErr == nil {
			_ = os.WriteFile(filepath.Join(dir, filepath.Base(file)), raw, 0o600)
		}
	}
	if blamed, ok := errors.AsType[*componentError](err); ok {
		return fmt.Errorf("%w (log: %s)", err, filepath.Join(dir, filepath.Base(blamed.Log)))
	}
	return fmt.Errorf("%w (logs: %s)", err, dir)
}

func removeAll(p Paths, name string) error {
	found, err := findTraces(p, name)
	if err != nil {
		return err
	}
	return found.remove()
}
