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
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"time"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/fault"
)

const (
	// peerTimeout bounds one run of a peer's specs. Most of them wait 2 minutes
	// for a reply before they fail; what has not ended by then is counted as failed.
	peerTimeout = 8 * time.Minute
	// peerGrace is how much longer the peer may take to clean up behind itself.
	peerGrace = 2 * time.Minute
	// peerNamespaces selects the namespaces of a peer's runs.
	peerNamespaces = "e2e-run"
)

// PeerResult is what a peer made of one fault in one mode.
type PeerResult struct {
	Fault string `json:"fault"`
	Title string `json:"title"`
	Mode  string `json:"mode"`
	// At is when it was tried.
	At time.Time `json:"at,omitzero"`
	// Error says why the trial proves nothing.
	Error string `json:"error,omitempty"`
	// Specs selects the specs that cover the scenario; empty if none does.
	Specs string `json:"specs,omitempty"`
	// Runs is how often they ran, and Detected in how many of these one failed.
	Runs     int `json:"runs"`
	Detected int `json:"detected"`
	// Unmet says that nothing of what the specs have sent came by the fault, so
	// that they could not notice it.
	Unmet bool `json:"unmet,omitempty"`
	// Healthy says that they pass without the fault.
	Healthy bool    `json:"healthy"`
	Seconds float64 `json:"seconds"`
}

func (r *PeerResult) key() key { return key{mode: r.Mode, fault: r.Fault} }

func (r *PeerResult) settled() bool { return r.Error == "" }

// RunPeer tries the faults on a cluster for each mode and lets upstream's specs
// run, several times at once, since each has a namespace of its own. The results
// are put beside those that this suite has left.
func RunPeer(ctx context.Context, o *Options) (*Comparison, error) {
	path := o.Artifacts + "-upstream"
	compare := func(results []*PeerResult) *Comparison { return NewComparison(results, o.Artifacts+".json") }
	l, err := openLedger(path+".json", o.Fresh, func(all []*PeerResult) error { return compare(all).Write(path) })
	if err != nil {
		return nil, err
	}
	err = sideBySide(ctx, o, l.settled, func(ctx context.Context, t *trial) {
		healthy := map[string]bool{}
		for i, f := range t.faults {
			r := &PeerResult{Fault: f.Name, Title: f.Title, Mode: t.mode, Specs: f.Upstream, At: time.Now().UTC().Truncate(time.Second)}
			if f.Upstream != "" {
				t.tryPeer(ctx, f, r, healthy)
			}
			if ctx.Err() != nil {
				return
			}
			l.record(r)
			t.say("%d/%d %s: upstream detects it in %s (%.0f s) %s", i+1, len(t.faults), f.Name, r.rate(), r.Seconds, r.Error)
		}
	})
	return compare(l.choose(o)), errors.Join(err, l.err)
}

// tryPeer runs the peer's specs with the fault, and without, unless they have
// passed before.
func (t *trial) tryPeer(ctx context.Context, f *fault.Fault, r *PeerResult, healthy map[string]bool) {
	dir := filepath.Join(t.dir, f.Name, "upstream")
	begun := time.Now()
	defer func() { r.Seconds = time.Since(begun).Seconds() }()
	// What other runs have left would change under the eyes of the fault.
	err := awaitNoNamespaces(ctx, t.cluster, peerNamespaces, peerTimeout)
	var failed []bool
	if err == nil {
		failed, err = t.withFault(ctx, f, dir)
	}
	r.Runs = len(failed)
	for _, yes := range failed {
		if yes {
			r.Detected++
		}
	}
	if r.Unmet = errors.Is(err, fault.ErrUnmet) && r.Detected == 0; err != nil && !r.Unmet {
		r.Error = err.Error()
		return
	}
	if !healthy[f.Upstream] {
		failed, err := runPeer(ctx, t.Upstream, t.cluster, f.Upstream, filepath.Join(dir, "healed"))
		if err != nil {
			r.Error = err.Error()
			return
		}
		healthy[f.Upstream] = !failed
	}
	if r.Healthy = healthy[f.Upstream]; !r.Healthy {
		r.Error = "its specs fail without the fault, too"
	}
}

// withFault runs the peer's specs while the fault is in, and returns which of the
// runs failed. It returns this beside fault.ErrUnmet, too.
func (t *trial) withFault(ctx context.Context, f *fault.Fault, dir string) (failed []bool, err error) {
	injection, err := fault.Inject(ctx, f, t.client, t.hosts)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, injection.Remove(ctx)) }()
	failed = make([]bool, t.Runs)
	errs := make([]error, t.Runs)
	var wg sync.WaitGroup
	for i := range t.Runs {
		wg.Go(func() {
			failed[i], errs[i] = runPeer(ctx, t.Upstream, t.cluster, f.Upstream, filepath.Join(dir, strconv.Itoa(i+1)))
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	if err := injection.Verify(ctx); err != nil {
		return failed, fmt.Errorf("the fault was not in effect: %w", err)
	}
	return failed, nil
}

// ran is what Ginkgo says in the end.
var ran = regexp.MustCompile(`(\d+) Passed \| (\d+) Failed`)

// runPeer runs upstream's specs, and tells whether any failed.
func runPeer(ctx context.Context, program string, c *cluster, focus, dir string) (bool, error) {
	if err := prepareDir(dir); err != nil {
		return false, err
	}
	path := filepath.Join(dir, "e2e.log")
	log, err := os.Create(path)
	if err != nil {
		return false, fmt.Errorf("running the peer: %w", err)
	}
	defer log.Close()
	bounded, cancel := context.WithTimeout(ctx, peerTimeout+peerGrace)
	defer cancel()
	cmd := gently(exec.CommandContext(bounded, program, "--kubeconfig="+c.kubeconfig, "--provider=skeleton", "--num-nodes="+strconv.Itoa(nodes),
		"-ginkgo.no-color", "-ginkgo.fail-fast", "-ginkgo.focus="+focus, "-ginkgo.timeout="+peerTimeout.String()))
	// It leaves folders behind where temporary files go.
	temporary, err := os.MkdirTemp("", "peer-")
	if err != nil {
		return false, fmt.Errorf("running the peer: %w", err)
	}
	defer os.RemoveAll(temporary)
	cmd.Env = append(os.Environ(), "TMPDIR="+temporary)
	cmd.Stdout, cmd.Stderr = log, log
	runErr := cmd.Run()
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return false, fmt.Errorf("reading what the peer said: %w", err)
	}
	passed, failed, err := counts(string(raw))
	if err != nil || passed+failed == 0 {
		return false, fmt.Errorf("no spec of the peer ran, see %s: %w", path, errors.Join(runErr, err))
	}
	return failed > 0, nil
}

// counts reads from Ginkgo's output how many specs passed and failed.
func counts(output string) (passed, failed int, err error) {
	found := ran.FindStringSubmatch(output)
	if found == nil {
		return 0, 0, errors.New("it does not say how many specs passed")
	}
	passed, err = strconv.Atoi(found[1])
	if err == nil {
		failed, err = strconv.Atoi(found[2])
	}
	return passed, failed, err
}

// rate says in how many runs the peer detected the fault.
func (r *PeerResult) rate() string {
	switch {
	case r.Specs == "":
		return "no spec"
	case r.Error != "":
		return "?"
	}
	text := fmt.Sprintf("%d of %d", r.Detected, r.Runs)
	if r.Unmet {
		text += " (unmet)"
	}
	return text
}
