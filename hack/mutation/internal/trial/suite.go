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
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"sigs.k8s.io/service-e2e/matrix"
)

const (
	// brokenPropagation is how long the suite waits for a change where a fault
	// keeps it from ever being seen. Changes of one Service take a second.
	brokenPropagation = 6 * time.Second
	// healedPropagation is the suite's own default.
	healedPropagation = time.Minute
	// suiteTimeout bounds one run of a few specs.
	suiteTimeout = 15 * time.Minute
)

// report is what is needed of the suite's service-report.json.
type report struct {
	Specs []struct {
		Name, State, Reason string
		Phases              []struct {
			Table *matrix.Report
		}
	}
	Diagnosis *matrix.Diagnosis
}

// failed returns the names of the specs that failed, and how many passed.
func (r *report) failed() (failed []string, passed int) {
	failed, names, _ := r.sorted()
	return failed, len(names)
}

// sorted returns the names of the specs that failed and of those that passed, and
// of those that did not run the reasons.
func (r *report) sorted() (failed, passed []string, skipped map[string]string) {
	skipped = map[string]string{}
	for _, spec := range r.Specs {
		switch spec.State {
		case "passed":
			passed = append(passed, spec.Name)
		case "skipped", "pending":
			skipped[spec.Name] = spec.Reason
		default:
			failed = append(failed, spec.Name)
		}
	}
	return failed, passed, skipped
}

// diagnosis returns the suite's own diagnosis of the run; where it made none,
// that which this program makes of all tables.
func (r *report) diagnosis() *matrix.Diagnosis {
	if r.Diagnosis != nil {
		return r.Diagnosis
	}
	var tables []*matrix.Report
	for _, spec := range r.Specs {
		for _, phase := range spec.Phases {
			tables = append(tables, phase.Table)
		}
	}
	return matrix.Diagnose(tables...)
}

// runSuite runs the specs that the focus selects, and leaves its results in the
// directory. That specs fail is no error.
func runSuite(ctx context.Context, program string, c *cluster, focus, dir string, propagation time.Duration) (*report, error) {
	if err := prepareDir(dir); err != nil {
		return nil, err
	}
	return runReporting(ctx, dir, program, "--kubeconfig="+c.kubeconfig, "--report-dir="+dir,
		"-ginkgo.no-color", "-ginkgo.focus="+focus, "-ginkgo.timeout="+suiteTimeout.String(),
		"--svc.propagationTimeout="+propagation.String())
}

// runReporting runs a program that leaves the suite's report in a directory, and
// reads that. That specs fail is no error.
func runReporting(ctx context.Context, dir, program string, arguments ...string) (*report, error) {
	log, err := os.Create(filepath.Join(dir, "e2e.log"))
	if err != nil {
		return nil, fmt.Errorf("running the suite: %w", err)
	}
	defer log.Close()
	cmd := gently(exec.CommandContext(ctx, program, arguments...))
	cmd.Stdout, cmd.Stderr = log, log
	runErr := cmd.Run()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	r, err := readReport(dir)
	if err != nil {
		return nil, fmt.Errorf("the suite left no report that can be read, see %s: %w", log.Name(), errors.Join(runErr, err))
	}
	if failed, passed := r.failed(); len(failed)+passed == 0 {
		return nil, fmt.Errorf("no spec ran: none was selected, or all were skipped, see %s", log.Name())
	}
	return r, nil
}

// readReport reads the report that the suite has left in a directory.
func readReport(dir string) (*report, error) {
	raw, err := os.ReadFile(filepath.Join(dir, "service-report.json"))
	if err != nil {
		return nil, err
	}
	r := &report{}
	return r, json.Unmarshal(raw, r)
}
