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
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/fault"
)

// peerTimeout bounds one run of a peer's specs. Most of them wait 2 minutes for a
// reply before they fail; what has not failed by then is counted as failed.
const peerTimeout = 8 * time.Minute

// PeerResult is what a peer made of one fault in one mode.
type PeerResult struct {
	Fault string `json:"fault"`
	Title string `json:"title"`
	Mode  string `json:"mode"`
	Error string `json:"error,omitempty"`
	// Specs selects the specs that cover the scenario; empty if none does.
	Specs string `json:"specs,omitempty"`
	// Runs is how often they ran, and Detected in how many of these one failed.
	Runs     int `json:"runs"`
	Detected int `json:"detected"`
	// Healthy says that they pass without the fault.
	Healthy bool    `json:"healthy"`
	Seconds float64 `json:"seconds"`
}

// RunPeer tries the faults on a cluster for each mode and lets upstream's specs
// run, several times at once, since each has a namespace of its own.
func RunPeer(ctx context.Context, o *Options) ([]*PeerResult, error) {
	return sideBySide(ctx, o, func(ctx context.Context, t *trial) []*PeerResult {
		var results []*PeerResult
		healthy := map[string]bool{}
		for i, f := range t.faults {
			r := &PeerResult{Fault: f.Name, Title: f.Title, Mode: t.mode, Specs: f.Upstream}
			if f.Upstream != "" {
				t.tryPeer(ctx, f, r, healthy)
			}
			if ctx.Err() != nil {
				break
			}
			results = append(results, r)
			t.say("%d/%d %s: upstream detects it in %s (%.0f s) %s", i+1, len(t.faults), f.Name, r.rate(), r.Seconds, r.Error)
		}
		return results
	})
}

// tryPeer runs the peer's specs with the fault, and without, unless they have
// passed before.
func (t *trial) tryPeer(ctx context.Context, f *fault.Fault, r *PeerResult, healthy map[string]bool) {
	dir := filepath.Join(t.dir, f.Name, "upstream")
	begun := time.Now()
	defer func() { r.Seconds = time.Since(begun).Seconds() }()
	failed, err := t.withFault(ctx, f, dir)
	if err != nil {
		r.Error = err.Error()
		return
	}
	r.Runs = len(failed)
	for _, yes := range failed {
		if yes {
			r.Detected++
		}
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
// runs failed.
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
		return nil, fmt.Errorf("the fault was not in effect: %w", err)
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
	cmd := gently(exec.CommandContext(ctx, program, "--kubeconfig="+c.kubeconfig, "--provider=skeleton",
		"--num-nodes="+strconv.Itoa(nodes), "-ginkgo.no-color", "-ginkgo.focus="+focus, "-ginkgo.timeout="+peerTimeout.String()))
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
	return fmt.Sprintf("%d of %d", r.Detected, r.Runs)
}

// Comparison puts a peer beside this suite, whose results come from the last run
// of its own.
type Comparison struct {
	APIVersion string        `json:"apiVersion"`
	Kind       string        `json:"kind"`
	Results    []*PeerResult `json:"results"`
	Seconds    float64       `json:"seconds"`

	own map[[2]string]*Result
}

// NewComparison makes a comparison with the report of this suite at the path, if
// there is one.
func NewComparison(results []*PeerResult, ownReport string, seconds float64) *Comparison {
	c := &Comparison{APIVersion: apiVersion, Kind: "MutationComparison", Results: results, Seconds: seconds, own: map[[2]string]*Result{}}
	var own Report
	if raw, err := os.ReadFile(ownReport); err == nil && json.Unmarshal(raw, &own) == nil {
		for _, r := range own.Results {
			c.own[[2]string{r.Fault, r.Mode}] = r
		}
	}
	return c
}

// rows are the rows of the table.
func (c *Comparison) rows() [][]string {
	rows := [][]string{{"fault", "mode", "upstream detects", "this suite detects", "this suite localises"}}
	for _, r := range c.Results {
		detects, localises := "?", "?"
		if own := c.own[[2]string{r.Fault, r.Mode}]; own != nil && own.Error == "" {
			detects, localises = word(own.Detected, "yes", "NO"), word(own.Localised, "yes", "NO")
		}
		rows = append(rows, []string{r.Fault, r.Mode, r.rate(), detects, localises})
	}
	return rows
}

// Print writes the table.
func (c *Comparison) Print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range c.rows() {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	return w.Flush()
}

// Write writes the comparison as JSON and as a table for people.
func (c *Comparison) Write(prefix string) error {
	if err := writeJSON(prefix+".json", c); err != nil {
		return err
	}
	var b strings.Builder
	for i, row := range c.rows() {
		writeRow(&b, row)
		if i == 0 {
			writeRow(&b, strings.Split(strings.Repeat("--- ", len(row)-1)+"---", " "))
		}
	}
	if err := os.WriteFile(prefix+".md", []byte(b.String()), 0o644); err != nil { //nolint:gosec // results are for everybody
		return fmt.Errorf("writing the results: %w", err)
	}
	return nil
}
