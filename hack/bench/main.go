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
	"syscall"
	"time"

	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"

	e2esvc "sigs.k8s.io/service-e2e/framework"
)

// What the prober must reach, as multiples of the best rate of exec.
const (
	wantSingle  = 20
	wantCounted = 70
)

func main() {
	var (
		kubeconfig string
		slice      time.Duration
		rounds     int
	)
	flag.StringVar(&kubeconfig, "kubeconfig", os.Getenv("KUBECONFIG"), "kubeconfig of the cluster (default $KUBECONFIG)")
	flag.DurationVar(&slice, "slice", 4*time.Second, "how long each way probes in each round")
	flag.IntVar(&rounds, "rounds", 3, "how often each way has its turn")
	flag.Parse()
	// Tunnels that close while they are idle are no news.
	klog.SetOutput(io.Discard)
	klog.LogToStderr(false)

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Stdout, kubeconfig, slice, rounds)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer, kubeconfig string, slice time.Duration, rounds int) (err error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return fmt.Errorf("loading kubeconfig: %w", err)
	}
	config.QPS = -1 // no limit; it is the cluster that we measure
	client, err := clientset.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	bed, err := newTestbed(ctx, client)
	if bed != nil {
		defer func() { err = errors.Join(err, bed.delete(context.WithoutCancel(ctx))) }()
	}
	if err != nil {
		return err
	}
	prober := bed.prober(client, config)
	if err := bed.waitForService(ctx, dialProbe(bed, prober, 1)); err != nil {
		return err
	}
	fmt.Fprintf(out, "Probing %s from %d clients, %d rounds of %v each, in turn\n", bed.target(), len(bed.clients), rounds, slice)
	return measureAll(ctx, out, ways(bed, prober, client, config), slice, rounds)
}

// measureAll lets every way have its turn in every round, so that whatever
// else the machine does hits all of them alike.
func measureAll(ctx context.Context, out io.Writer, all []*way, slice time.Duration, rounds int) error {
	for _, w := range all { // opens connections, fills caches
		if err := w.measure(ctx, time.Second); err != nil {
			return err
		}
		w.result = result{}
	}
	for range rounds {
		for _, w := range all {
			if err := w.measure(ctx, slice); err != nil {
				return err
			}
		}
	}
	return report(out, all)
}

// ways are the competitors.
func ways(bed *testbed, prober e2esvc.Prober, client clientset.Interface, config *rest.Config) []*way {
	byExec := execProbe(bed, client, config)
	all := []*way{
		{kind: viaExec, workers: 1, tries: 1, probe: byExec},
		{kind: viaExec, workers: 4, tries: 1, probe: byExec},
		{kind: viaExec, workers: 16, tries: 1, probe: byExec},
	}
	for _, workers := range []int{1, 4, 16} {
		all = append(all, &way{kind: viaSingle, workers: workers, tries: 1, probe: dialProbe(bed, prober, 1)})
	}
	// As many as it takes to tell 3 backends apart, see package matrix.
	const tries = 45
	for _, workers := range []int{1, 2} { // for each source
		all = append(all, &way{kind: viaCounted, workers: workers * len(bed.clients), tries: tries, probe: dialProbe(bed, prober, tries)})
	}
	return all
}
