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

package framework

import (
	"context"
	"fmt"
	"sync"
	"time"

	"sigs.k8s.io/service-e2e/matrix"
)

// FakeProber is a scripted [Prober] for unit tests of what is built on probers.
type FakeProber struct {
	// Respond returns the observation of one single try; attempt counts
	// the tries of this source and destination from 0.
	Respond func(p Probe, attempt int) matrix.Observation

	mu       sync.Mutex
	attempts map[string]int
	calls    []Probe
	batches  [][]Probe
}

var _ Prober = &FakeProber{}

// Probe implements [Prober].
func (f *FakeProber) Probe(ctx context.Context, p Probe) (matrix.Observation, error) {
	var seen matrix.Observation
	f.mu.Lock()
	f.calls = append(f.calls, p)
	f.mu.Unlock()
	for range p.Tries {
		if err := ctx.Err(); err != nil {
			return seen, err
		}
		seen = seen.Merge(f.Respond(p, f.nextAttempt(p)))
	}
	return seen, ctx.Err()
}

// ProbeAll implements [Prober].
func (f *FakeProber) ProbeAll(ctx context.Context, _ string, probes []Probe) ([]matrix.Observation, Pending, error) {
	f.mu.Lock()
	f.batches = append(f.batches, probes)
	f.mu.Unlock()
	var seen []matrix.Observation
	for _, p := range probes {
		answer := make(chan matrix.Observation, 1)
		go func() {
			if one, err := f.Probe(ctx, p); err == nil {
				answer <- one
			}
		}()
		select {
		case one := <-answer:
			seen = append(seen, one)
		case <-time.After(patience):
			return seen, func() (matrix.Observation, error) {
				select {
				case one := <-answer:
					return one, nil
				case <-ctx.Done():
					return matrix.Observation{}, ctx.Err()
				}
			}, nil
		case <-ctx.Done():
			return seen, nil, ctx.Err()
		}
	}
	return seen, nil, nil
}

func (f *FakeProber) nextAttempt(p Probe) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.attempts == nil {
		f.attempts = map[string]int{}
	}
	key := fmt.Sprintf("%s>%s:%d/%s?%s", p.Source, p.Address, p.Port, p.Protocol, p.Request)
	f.attempts[key]++
	return f.attempts[key] - 1
}

// Calls returns the probes that were asked for so far, in order of arrival.
func (f *FakeProber) Calls() []Probe {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]Probe(nil), f.calls...)
}

// Batches returns the probes that were asked for together so far, in order of arrival.
func (f *FakeProber) Batches() [][]Probe {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([][]Probe(nil), f.batches...)
}
