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
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	v1 "k8s.io/api/core/v1"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/kubectl/pkg/cmd/exec"

	e2esvc "sigs.k8s.io/service-e2e/framework"
)

// The kinds of ways to probe.
const (
	viaExec    = "exec'd agnhost connect"
	viaSingle  = "prober, single tries"
	viaCounted = "prober, counted tries"
)

// way is one way of probing, and what was measured of it.
type way struct {
	kind    string
	workers int
	// tries is how many probes one call of probe makes.
	tries int
	// probe makes the probes from one of the clients.
	probe  func(ctx context.Context, client int) error
	result result
}

type result struct {
	probes  int
	elapsed time.Duration
	// calls holds how long each call took.
	calls []time.Duration
}

// rate returns probes per second.
func (r *result) rate() float64 {
	if r.elapsed == 0 {
		return 0
	}
	return float64(r.probes) / r.elapsed.Seconds()
}

// median returns how long the call in the middle took.
func (r *result) median() time.Duration {
	if len(r.calls) == 0 {
		return 0
	}
	slices.Sort(r.calls)
	return r.calls[len(r.calls)/2]
}

// measure probes for about as long as slice, with all workers at a time, each
// from another client as far as there are. A failed probe ends it: a rate of
// failures means nothing.
func (w *way) measure(ctx context.Context, slice time.Duration) error {
	var (
		group  sync.WaitGroup
		mu     sync.Mutex
		failed error
		over   atomic.Bool
	)
	begun := time.Now()
	timer := time.AfterFunc(slice, func() { over.Store(true) })
	defer timer.Stop()
	for worker := range w.workers {
		group.Go(func() {
			for !over.Load() {
				before := time.Now()
				err := w.probe(ctx, worker)
				took := time.Since(before)
				mu.Lock()
				if err != nil {
					failed = fmt.Errorf("%s: %w", w.kind, err)
					over.Store(true)
				} else {
					w.result.probes += w.tries
					w.result.calls = append(w.result.calls, took)
				}
				mu.Unlock()
			}
		})
	}
	group.Wait()
	w.result.elapsed += time.Since(begun)
	return failed
}

// execProbe probes the way network policy suites do: one exec for each probe,
// through the API server and the kubelet, by the very code that kubectl and
// upstream's framework use.
func execProbe(bed *testbed, client clientset.Interface, config *rest.Config) func(context.Context, int) error {
	return func(ctx context.Context, number int) error {
		request := client.CoreV1().RESTClient().Post().
			Resource("pods").Namespace(bed.namespace).Name(bed.client(number)).SubResource("exec").
			VersionedParams(&v1.PodExecOptions{
				Command: []string{"/agnhost", "connect", "--protocol=tcp", "--timeout=1s", bed.target()},
				Stdout:  true,
				Stderr:  true,
			}, scheme.ParameterCodec)
		var stdout, stderr bytes.Buffer
		executor := exec.DefaultRemoteExecutor{}
		if err := executor.ExecuteWithContext(ctx, request.URL(), config, nil, &stdout, &stderr, false, nil); err != nil {
			return fmt.Errorf("%w: %s%s", err, stdout.String(), stderr.String())
		}
		return nil
	}
}

// dialProbe probes with this project's prober.
func dialProbe(bed *testbed, prober e2esvc.Prober, tries int) func(context.Context, int) error {
	return func(ctx context.Context, number int) error {
		seen, err := prober.Probe(ctx, e2esvc.Probe{
			Source: bed.client(number), Address: bed.address, Port: port, Protocol: v1.ProtocolTCP, Tries: tries,
		})
		if err != nil {
			return err
		}
		if got := seen.Answers[backend]; got != tries {
			return fmt.Errorf("%d of %d tries were answered by the backend, last error: %s", got, tries, seen.LastError)
		}
		return nil
	}
}
