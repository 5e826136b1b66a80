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

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"k8s.io/klog/v2"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/fault"
	"sigs.k8s.io/service-e2e/hack/mutation/internal/trial"
)

// peerUpstream is the peer that is scored in place of this suite.
const peerUpstream = "upstream"

// errScore ends the program without a message: the table has said it.
var errScore = errors.New("not every fault was detected and recovered from")

// errUnproven is the same for specs.
var errUnproven = errors.New("not every spec has been seen to fail")

func main() {
	if len(os.Args) == 4 && os.Args[1] == fault.VerbForwardDNS {
		fmt.Fprintln(os.Stderr, "error:", fault.ForwardDNS(os.Args[2], os.Args[3]))
		os.Exit(1)
	}
	// Watches that end with their cluster are no news.
	klog.SetOutput(io.Discard)
	klog.LogToStderr(false)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	err := run(ctx, os.Args[1:], os.Stdout)
	interrupted := ctx.Err() != nil
	stop()
	switch {
	case interrupted:
		fmt.Fprintln(os.Stderr, "error: interrupted")
		os.Exit(130) // as a shell reports SIGINT
	case errors.Is(err, flag.ErrHelp):
	case err != nil:
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var (
		o              = trial.Options{Out: out}
		modes, pattern string
		subset, peer   string
		publish        string
		again, list    bool
		prove          bool
	)
	flags := flag.NewFlagSet("mutation", flag.ContinueOnError)
	flags.StringVar(&o.Name, "name", "svc-mut", "what the names of the clusters begin with; the mode follows, if there are several")
	flags.StringVar(&modes, "modes", "iptables,nftables", "modes of kube-proxy, with a cluster for each")
	flags.StringVar(&pattern, "faults", "", "regular expression that selects faults by name")
	flags.StringVar(&subset, "subset", "", "quick: only the sample that belongs to every test run")
	flags.StringVar(&peer, "peer", "", "upstream: score upstream's suite instead")
	flags.IntVar(&o.Healthy, "healthy", 0, "how often to run the specs without a fault first, to count false alarms")
	flags.IntVar(&o.Runs, "runs", 3, "how often the peer's specs run for each fault")
	flags.StringVar(&o.Cluster, "cluster", "_output/cluster", "program that brings clusters up and takes them down")
	flags.StringVar(&o.Kubeconfig, "kubeconfig", "", "try on this embedded cluster, which is up, and in this one of the modes only")
	flags.StringVar(&o.Suite, "suite", "_output/svc.test", "this suite's program")
	flags.BoolVar(&prove, "prove", false, "run every spec with each of the faults, and name those that pass")
	flags.StringVar(&o.Ginkgo, "ginkgo", "_output/ginkgo", "Ginkgo's program, which runs several specs at once, with --prove")
	flags.IntVar(&o.Procs, "procs", 4, "how many specs run at once, with --prove")
	flags.StringVar(&o.Focus, "focus", "", "regular expression that selects specs by name, with --prove")
	flags.StringVar(&o.Upstream, "upstream", "", "upstream's e2e.test")
	flags.StringVar(&o.Artifacts, "artifacts", "_artifacts", "directory for the results")
	flags.BoolVar(&o.Resume, "resume", false, "try only what the results of earlier runs lack")
	flags.BoolVar(&o.Fresh, "fresh", false, "forget the results of earlier runs; else those stay of what is not tried now")
	flags.StringVar(&publish, "publish", "", "write the results that there are into this document, and do nothing else")
	flags.BoolVar(&again, "again", false, "judge the reports of the last run once more, by the diagnosis that this program has")
	flags.BoolVar(&list, "list", false, "list the faults that are selected, and do nothing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return fmt.Errorf("--faults: %w", err)
	}
	if subset != "" && subset != "quick" {
		return fmt.Errorf("--subset=%s: the only subset is quick", subset)
	}
	if peer != "" && peer != peerUpstream {
		return fmt.Errorf("--peer=%s: the only peer is %s", peer, peerUpstream)
	}
	o.Modes = strings.Split(modes, ",")
	if o.Kubeconfig != "" && len(o.Modes) != 1 {
		return errors.New("--kubeconfig is for a cluster that has one of the --modes: say which")
	}
	o.Faults = fault.Select(fault.Library(), expression, subset == "quick")
	if list {
		return printList(out, o.Faults)
	}
	if len(o.Faults) == 0 && o.Healthy == 0 {
		return fmt.Errorf("no fault is called anything like %q; --list shows all", pattern)
	}
	if o.Resume && o.Fresh {
		return errors.New("--resume and --fresh contradict each other")
	}
	begun := time.Now()
	dir := filepath.Join(o.Artifacts, "mutation")
	if o.Artifacts, err = filepath.Abs(dir); err != nil {
		return err
	}
	if publish != "" {
		return trial.Publish(o.Artifacts, publish)
	}
	if peer == peerUpstream {
		return comparePeer(ctx, &o)
	}
	if prove {
		return proveSpecs(ctx, &o)
	}
	if again {
		return trial.NewReport(trial.Again(&o), 0).PrintNotes(out)
	}
	o.Faults = untestable(out, o.Faults)
	results, err := trial.Run(ctx, &o)
	report := trial.NewReport(results, time.Since(begun).Seconds())
	if len(results) > 0 {
		fmt.Fprintln(out)
		err = errors.Join(err, report.Print(out))
		report.PrintCounts(out)
	}
	if err == nil && !report.OK() {
		err = errScore
	}
	return err
}

// untestable returns the faults without those for which there is no spec, and
// names these.
func untestable(out io.Writer, all []*fault.Fault) []*fault.Fault {
	var testable []*fault.Fault
	for _, f := range all {
		if f.Focus == "" {
			fmt.Fprintf(out, "%s: there is no spec yet that could notice\n", f.Name)
			continue
		}
		testable = append(testable, f)
	}
	return testable
}

// printList prints what is known about faults.
func printList(out io.Writer, all []*fault.Fault) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, f := range all {
		fmt.Fprintf(w, "%s\t%s\n", f.Name, f.Title)
	}
	return w.Flush()
}

// proveSpecs shows which specs can fail.
func proveSpecs(ctx context.Context, o *trial.Options) error {
	proofs, err := trial.RunProof(ctx, o)
	if proofs == nil || len(proofs.Results) == 0 {
		return err
	}
	fmt.Fprintln(o.Out)
	err = errors.Join(err, proofs.Print(o.Out))
	if err == nil && !proofs.OK() {
		err = errUnproven
	}
	return err
}

// comparePeer scores upstream's suite.
func comparePeer(ctx context.Context, o *trial.Options) error {
	comparison, err := trial.RunPeer(ctx, o)
	if comparison == nil || len(comparison.Results) == 0 {
		return err
	}
	fmt.Fprintln(o.Out)
	return errors.Join(err, comparison.Print(o.Out))
}
