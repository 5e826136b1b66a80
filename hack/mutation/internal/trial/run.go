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

package trial

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/fault"
)

// Options are what is tried, and with what.
type Options struct {
	// Name is what the clusters' names begin with; the mode follows, if there
	// are several.
	Name  string
	Modes []string
	// Faults are tried in this order, in every mode in which they make sense.
	Faults []*fault.Fault
	// Healthy is how often the suite runs without any fault, before all else.
	Healthy int
	// Cluster, Suite and Upstream are the programs.
	Cluster, Suite, Upstream string
	// Runs is how often upstream's specs are run for each fault.
	Runs int
	// Artifacts is the directory for the results.
	Artifacts string
	Out       io.Writer
}

// brokenDir is where the suite's results with a fault are, below the fault's.
const brokenDir = "broken"

// clusterName is the name of the cluster for a mode.
func (o *Options) clusterName(mode string) string {
	if len(o.Modes) == 1 {
		return o.Name
	}
	return o.Name + "-" + mode
}

// Run tries the faults on a cluster for each mode, side by side, and returns the
// results of what was tried, in the order of modes and faults. The error says
// what kept it from trying the rest.
func Run(ctx context.Context, o *Options) ([]*Result, error) {
	return sideBySide(ctx, o, func(ctx context.Context, t *trial) []*Result {
		results := t.healthy(ctx)
		for i, f := range t.faults {
			if ctx.Err() != nil {
				break
			}
			r := t.try(ctx, f)
			if ctx.Err() == nil {
				results = append(results, r)
				t.say("%d/%d %s", i+1, len(t.faults), r)
			}
		}
		return results
	})
}

// trial is what is tried in one mode.
type trial struct {
	*Options
	*cluster
	faults []*fault.Fault
	dir    string
	say    func(format string, args ...any)
	before state
}

// sideBySide brings a cluster up for each mode, does something with all of them
// at the same time, and takes them down.
func sideBySide[R any](ctx context.Context, o *Options, do func(context.Context, *trial) []R) ([]R, error) {
	var (
		wg       sync.WaitGroup
		printing sync.Mutex
		results  = make([][]R, len(o.Modes))
		errs     = make([]error, len(o.Modes))
		begun    = time.Now()
	)
	for i, mode := range o.Modes {
		say := func(format string, args ...any) {
			printing.Lock()
			defer printing.Unlock()
			fmt.Fprintf(o.Out, "[%5.0fs] %s: %s\n", time.Since(begun).Seconds(), mode, fmt.Sprintf(format, args...))
		}
		wg.Go(func() { results[i], errs[i] = onCluster(ctx, o, mode, say, do) })
	}
	wg.Wait()
	var all []R
	for _, some := range results {
		all = append(all, some...)
	}
	return all, errors.Join(errs...)
}

// onCluster does something with a cluster of one mode.
func onCluster[R any](ctx context.Context, o *Options, mode string, say func(string, ...any), do func(context.Context, *trial) []R) (results []R, err error) {
	t := &trial{Options: o, dir: filepath.Join(o.Artifacts, mode), say: say}
	for _, f := range o.Faults {
		if f.In(mode) {
			t.faults = append(t.faults, f)
		}
	}
	// The kubeconfig is not for those who look at the results.
	private, err := os.MkdirTemp("", "mutation-")
	if err != nil {
		return nil, fmt.Errorf("preparing the trials: %w", err)
	}
	defer os.RemoveAll(private)
	name := o.clusterName(mode)
	say("bringing up the cluster %s", name)
	t.cluster, err = bringUp(ctx, o.Cluster, name, mode, private)
	defer func() { err = errors.Join(err, t.down(ctx)) }()
	if err != nil {
		return nil, err
	}
	results = do(ctx, t)
	return results, context.Cause(ctx)
}

// healthyName is what runs without a fault are called.
const healthyName = "none"

// healthy runs the specs of the chosen faults without any fault, as often as
// wanted; all specs, if no fault is chosen.
func (t *trial) healthy(ctx context.Context) []*Result {
	var results []*Result
	var focus []string
	for _, f := range t.faults {
		focus = append(focus, f.Focus)
	}
	if len(focus) == 0 {
		focus = []string{"."} // nothing but health is of interest: all specs
	}
	for i := range t.Healthy {
		r := &Result{Fault: healthyName, Title: "Nothing is broken", Mode: t.mode}
		begun := time.Now()
		report, err := runSuite(ctx, t.Suite, t.cluster, union(focus), filepath.Join(t.dir, fmt.Sprintf("%s-%d", healthyName, i+1)), healedPropagation)
		if ctx.Err() != nil {
			return results
		}
		if err != nil {
			r.Error = err.Error()
		} else {
			r.FailedSpecs, _ = report.failed()
			r.Detected = len(r.FailedSpecs) > 0
			r.Innocent = len(report.diagnosis().Findings) == 0
			r.Recovered = !r.Detected
		}
		r.DetectSeconds = time.Since(begun).Seconds()
		t.say("healthy run %d/%d: %d false alarms, %.0f s %s", i+1, t.Healthy, len(r.FailedSpecs), r.DetectSeconds, r.Error)
		results = append(results, r)
	}
	return results
}

// union returns an expression that matches what any of the given ones does.
func union(expressions []string) string {
	var all []string
	seen := map[string]bool{}
	for _, e := range expressions {
		if !seen[e] {
			seen[e] = true
			all = append(all, e)
		}
	}
	return strings.Join(all, "|")
}

// try injects a fault, runs the suite, heals the cluster, and runs it again.
func (t *trial) try(ctx context.Context, f *fault.Fault) *Result {
	r := &Result{Fault: f.Name, Title: f.Title, Mode: t.mode}
	dir := filepath.Join(t.dir, f.Name)
	if err := t.baseline(ctx); err != nil {
		r.Error = err.Error()
		return r
	}
	report, err := t.broken(ctx, f, dir, r)
	if err != nil {
		r.Error = err.Error()
	} else {
		r.judge(f, report)
	}
	if ctx.Err() == nil {
		t.heal(ctx, f, dir, r)
	}
	return r
}

// baseline takes note of the state of the cluster while nothing is wrong.
func (t *trial) baseline(ctx context.Context) error {
	if t.before != nil {
		return nil
	}
	state, err := settledState(ctx, t.cluster)
	t.before = state
	return err
}

// broken injects the fault, runs the suite, and removes the fault again.
func (t *trial) broken(ctx context.Context, f *fault.Fault, dir string, r *Result) (_ *report, err error) {
	begun := time.Now()
	injection, err := fault.Inject(ctx, f, t.client, t.hosts)
	if err != nil {
		return nil, err
	}
	r.InjectSeconds = time.Since(begun).Seconds()
	defer func() { err = errors.Join(err, injection.Remove(ctx)) }()
	begun = time.Now()
	report, err := runSuite(ctx, t.Suite, t.cluster, f.Focus, filepath.Join(dir, brokenDir), brokenPropagation)
	if err != nil {
		return nil, err
	}
	r.DetectSeconds = time.Since(begun).Seconds()
	if err := injection.Verify(ctx); err != nil {
		return nil, fmt.Errorf("the fault was not in effect: %w", err)
	}
	return report, nil
}

// heal finds out whether the cluster is well again.
func (t *trial) heal(ctx context.Context, f *fault.Fault, dir string, r *Result) {
	begun := time.Now()
	healed, err := runSuite(ctx, t.Suite, t.cluster, f.Focus, filepath.Join(dir, "healed"), healedPropagation)
	if err == nil {
		if failed, _ := healed.failed(); len(failed) > 0 {
			err = fmt.Errorf("still failing: %s", strings.Join(failed, ", "))
		}
	}
	if err == nil {
		err = awaitState(ctx, t.cluster, t.before)
	}
	r.RecoverSeconds = time.Since(begun).Seconds()
	r.Recovered = err == nil
	if err != nil {
		r.Trouble = err.Error()
	}
}

// Again judges the reports that an earlier run has left by the diagnosis that
// this program makes of their tables. It is for those who work on that.
func Again(o *Options) []*Result {
	var results []*Result
	for _, mode := range o.Modes {
		for _, f := range o.Faults {
			report, err := readReport(filepath.Join(o.Artifacts, mode, f.Name, brokenDir))
			if err != nil {
				continue // was not tried
			}
			report.Diagnosis = nil
			r := &Result{Fault: f.Name, Title: f.Title, Mode: mode}
			r.judge(f, report)
			results = append(results, r)
		}
	}
	return results
}
