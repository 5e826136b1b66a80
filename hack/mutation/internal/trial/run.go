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
	"slices"
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
	// Kubeconfig is of a cluster that is there; if empty, clusters are brought up.
	Kubeconfig string
	// Faults are tried in this order, in every mode in which they make sense.
	Faults []*fault.Fault
	// Healthy is how often the suite runs without any fault, before all else.
	Healthy int
	// Cluster, Suite, Ginkgo and Upstream are the programs.
	Cluster, Suite, Ginkgo, Upstream string
	// Procs is how many specs run at once when all of them do.
	Procs int
	// Focus is a regular expression of those of them that are meant; empty for all.
	Focus string
	// Runs is how often upstream's specs are run for each fault.
	Runs int
	// Artifacts is the directory for what each run leaves. The results are in
	// files beside it that begin with the same name.
	Artifacts string
	// Resume leaves out what earlier runs have results of, Fresh forgets these.
	Resume, Fresh bool
	Out           io.Writer
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
// results, in the order of modes and faults. Each is written as soon as it is
// known. The error says what kept it from trying the rest.
func Run(ctx context.Context, o *Options) ([]*Result, error) {
	l, err := openLedger(o.Artifacts+".json", o.Fresh, func(all []*Result) error {
		return NewReport(all, seconds(all)).Write(o.Artifacts)
	})
	if err != nil {
		return nil, err
	}
	if o.Healthy > 0 && !o.Resume {
		l.forget(func(k key) bool { return k.fault == healthyName && slices.Contains(o.Modes, k.mode) })
	}
	err = sideBySide(ctx, o, l.settled, func(ctx context.Context, t *trial) {
		t.healthy(ctx, l)
		tried := 0
		for _, batch := range batches(t.faults) {
			t.tryAll(ctx, batch, l, &tried)
		}
	})
	return l.choose(o), errors.Join(err, l.err)
}

// trial is what is tried in one mode.
type trial struct {
	*Options
	*cluster
	faults []*fault.Fault
	// runs are the numbers of the runs without a fault.
	runs   []int
	dir    string
	say    func(format string, args ...any)
	before state
}

// sideBySide brings a cluster up for each mode, does something with all of them
// at the same time, and takes them down. What is settled is left out, if a run is
// resumed, and so is a cluster for which nothing is left.
func sideBySide(ctx context.Context, o *Options, settled func(key) bool, do func(context.Context, *trial)) error {
	var (
		wg       sync.WaitGroup
		printing sync.Mutex
		errs     = make([]error, len(o.Modes))
		begun    = time.Now()
	)
	for i, mode := range o.Modes {
		say := func(format string, args ...any) {
			printing.Lock()
			defer printing.Unlock()
			fmt.Fprintf(o.Out, "[%5.0fs] %s: %s\n", time.Since(begun).Seconds(), mode, fmt.Sprintf(format, args...))
		}
		t := &trial{Options: o, dir: filepath.Join(o.Artifacts, mode), say: say}
		t.faults, t.runs = o.todo(mode, settled)
		if len(t.faults)+len(t.runs) == 0 {
			say("there are results of everything")
			continue
		}
		wg.Go(func() { errs[i] = t.onCluster(ctx, mode, do) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// todo returns the faults to try in a mode, and the numbers of the runs without
// one.
func (o *Options) todo(mode string, settled func(key) bool) (faults []*fault.Fault, runs []int) {
	done := func(k key) bool { return o.Resume && settled(k) }
	for _, f := range o.Faults {
		if f.In(mode) && !done(key{mode, f.Name, 0}) {
			faults = append(faults, f)
		}
	}
	for i := 1; i <= o.Healthy; i++ {
		if !done(key{mode, healthyName, i}) {
			runs = append(runs, i)
		}
	}
	return faults, runs
}

// onCluster does something with a cluster of one mode.
func (t *trial) onCluster(ctx context.Context, mode string, do func(context.Context, *trial)) (err error) {
	// The kubeconfig is not for those who look at the results.
	private, err := os.MkdirTemp("", "mutation-")
	if err != nil {
		return fmt.Errorf("preparing the trials: %w", err)
	}
	defer os.RemoveAll(private)
	if t.Kubeconfig != "" {
		t.cluster = &cluster{name: "of " + t.Kubeconfig, mode: mode, found: true, kubeconfig: t.Kubeconfig}
		err = t.connect()
	} else {
		name := t.clusterName(mode)
		t.say("bringing up the cluster %s", name)
		t.cluster, err = bringUp(ctx, t.Cluster, name, mode, private)
	}
	defer func() { err = errors.Join(err, t.down(ctx)) }()
	if err != nil {
		return err
	}
	do(ctx, t)
	return context.Cause(ctx)
}

// healthyName is what runs without a fault are called.
const healthyName = "none"

// healthy runs the specs of the chosen faults without any fault, as often as
// wanted; all specs, if no fault is chosen.
func (t *trial) healthy(ctx context.Context, l *ledger[*Result]) {
	var focus []string
	for _, f := range t.Faults {
		focus = append(focus, f.Focus)
	}
	if len(focus) == 0 {
		focus = []string{"."} // nothing but health is of interest: all specs
	}
	for _, i := range t.runs {
		begun := time.Now()
		r := &Result{Fault: healthyName, Title: "Nothing is broken", Mode: t.mode, Run: i, At: begun.UTC().Truncate(time.Second)}
		report, err := runSuite(ctx, t.Suite, t.cluster, union(focus), filepath.Join(t.dir, fmt.Sprintf("%s-%d", healthyName, i)), healedPropagation)
		if ctx.Err() != nil {
			return
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
		t.say("healthy run %d/%d: %d false alarms, %.0f s %s", i, t.Healthy, len(r.FailedSpecs), r.DetectSeconds, r.Error)
		l.record(r)
	}
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

// try injects a fault, runs the suite, heals the cluster, and waits until it is as
// it was.
func (t *trial) try(ctx context.Context, f *fault.Fault) *Result {
	r := &Result{Fault: f.Name, Title: f.Title, Mode: t.mode, At: time.Now().UTC().Truncate(time.Second)}
	if err := t.baseline(ctx); err != nil {
		r.Error = err.Error()
		return r
	}
	report, err := t.broken(ctx, f, filepath.Join(t.dir, f.Name), r)
	if err != nil {
		r.Error = err.Error()
	} else {
		r.judge(f, report)
		r.Pending = true
	}
	begun := time.Now()
	if err := awaitState(ctx, t.cluster, t.before); err != nil {
		r.Trouble, r.Pending = err.Error(), false
	}
	r.RecoverSeconds = time.Since(begun).Seconds()
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
