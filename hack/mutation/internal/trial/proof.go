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
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/fault"
)

// proofTimeout bounds one run of all specs.
const proofTimeout = 2 * time.Hour

// Proof says which specs can fail: what each of them made of one fault in one
// mode of kube-proxy.
type Proof struct {
	Fault string `json:"fault"`
	Mode  string `json:"mode"`
	// At is when it was tried.
	At time.Time `json:"at,omitzero"`
	// Error says why it proves nothing.
	Error string `json:"error,omitempty"`
	// Failed are the specs that failed, as they should, and Passed those that the
	// fault went by.
	Failed []string `json:"failed,omitempty"`
	Passed []string `json:"passed,omitempty"`
	// Skipped are specs that did not run, with the reason.
	Skipped map[string]string `json:"skipped,omitempty"`
	Seconds float64           `json:"seconds"`
}

func (p *Proof) key() key { return key{mode: p.Mode, fault: p.Fault} }

func (p *Proof) settled() bool { return p.Error == "" }

// Proofs are those of all faults and modes that were tried.
type Proofs struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Results    []*Proof `json:"results"`
}

// RunProof runs every spec of the suite, or those in focus, with each of the
// faults, whichever specs these are meant for. A spec that passes beside all of
// them is one of which nobody has seen that it can fail.
func RunProof(ctx context.Context, o *Options) (*Proofs, error) {
	path := o.Artifacts + "-proof"
	proofs := func(results []*Proof) *Proofs {
		return &Proofs{APIVersion: apiVersion, Kind: "MutationProof", Results: results}
	}
	l, err := openLedger(path+".json", o.Fresh, func(all []*Proof) error {
		return errors.Join(writeJSON(path+".json", proofs(all)), writeText(path+".md", "# Specs that can fail\n\n"+proofs(all).Markdown()))
	})
	if err != nil {
		return nil, err
	}
	err = sideBySide(ctx, o, l.settled, func(ctx context.Context, t *trial) {
		for i, f := range t.faults {
			p := &Proof{Fault: f.Name, Mode: t.mode, At: time.Now().UTC().Truncate(time.Second)}
			if err := t.prove(ctx, f, p); err != nil {
				p.Error = err.Error()
			}
			if ctx.Err() != nil {
				return
			}
			l.record(p)
			t.say("%d/%d %s: %d specs failed, %d passed, %d were skipped (%.0f s) %s", i+1, len(t.faults), f.Name, len(p.Failed), len(p.Passed), len(p.Skipped), p.Seconds, p.Error)
		}
	})
	return proofs(l.choose(o)), errors.Join(err, l.err)
}

// prove runs every spec with a fault.
func (t *trial) prove(ctx context.Context, f *fault.Fault, p *Proof) (err error) {
	begun := time.Now()
	defer func() { p.Seconds = time.Since(begun).Seconds() }()
	injection, err := fault.Inject(ctx, f, t.client, t.hosts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, injection.Remove(ctx)) }()
	report, err := t.runEverySpec(ctx, filepath.Join(t.dir, f.Name, "every-spec"))
	if err != nil {
		return err
	}
	p.Failed, p.Passed, p.Skipped = report.sorted()
	return injection.Verify(ctx)
}

// runEverySpec runs the whole suite, several specs at once.
func (t *trial) runEverySpec(ctx context.Context, dir string) (*report, error) {
	if err := prepareDir(dir); err != nil {
		return nil, err
	}
	arguments := []string{fmt.Sprintf("--procs=%d", t.Procs), "--no-color", "--timeout=" + proofTimeout.String()}
	if t.Focus != "" {
		arguments = append(arguments, "--focus="+t.Focus)
	}
	arguments = append(arguments, t.Suite, "--",
		"--kubeconfig="+t.kubeconfig, "--report-dir="+dir, "--svc.propagationTimeout="+brokenPropagation.String())
	return runReporting(ctx, dir, t.Ginkgo, arguments...)
}

// unproven returns the specs that have passed in some run and failed in none, and
// how many have failed.
func (p *Proofs) unproven() (passed []string, failed int) {
	noticed, other := map[string]bool{}, map[string]bool{}
	for _, result := range p.Results {
		for _, name := range result.Failed {
			noticed[name] = true
		}
		for _, name := range result.Passed {
			other[name] = true
		}
	}
	for name := range noticed {
		delete(other, name)
	}
	return slices.Sorted(maps.Keys(other)), len(noticed)
}

// OK reports whether every spec that ran has failed once.
func (p *Proofs) OK() bool {
	passed, failed := p.unproven()
	return len(passed) == 0 && failed > 0
}

// Print writes the counts, and names the specs that have never failed.
func (p *Proofs) Print(out io.Writer) error {
	_, err := io.WriteString(out, p.Markdown())
	return err
}

// Markdown is what Print writes.
func (p *Proofs) Markdown() string {
	var b strings.Builder
	writeRow(&b, []string{"fault", "mode", "specs failed", "passed", "skipped", "seconds"})
	writeRow(&b, slices.Repeat([]string{"---"}, 6))
	for _, r := range p.Results {
		writeRow(&b, []string{r.Fault, r.Mode, fmt.Sprint(len(r.Failed)), fmt.Sprint(len(r.Passed)), fmt.Sprint(len(r.Skipped)), fmt.Sprintf("%.0f", r.Seconds)})
	}
	passed, failed := p.unproven()
	fmt.Fprintf(&b, "\n%d specs have failed by at least one of these faults.", failed)
	if len(passed) > 0 {
		fmt.Fprintf(&b, " %d have passed beside all of them:\n\n", len(passed))
		for _, name := range passed {
			fmt.Fprintf(&b, "- %s\n", name)
		}
	} else {
		b.WriteString("\n")
	}
	return b.String()
}
