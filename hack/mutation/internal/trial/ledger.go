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
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/fault"
)

// key is the same for results of the same trial in different runs.
type key struct {
	mode, fault string
	// run numbers the runs without a fault.
	run int
}

// entry is a result that a ledger can hold.
type entry interface {
	key() key
	// settled reports whether it says all that it should, so that there is no
	// need to try again.
	settled() bool
}

// ledger holds results in a file, which it writes anew after each of them. Those
// of earlier runs stay, until the same is tried again.
type ledger[R entry] struct {
	mu      sync.Mutex
	results []R
	write   func([]R) error
	err     error
}

// openLedger reads the results that earlier runs have left at a path, unless it
// is to be a fresh one. Those of faults that there are no more are left out.
func openLedger[R entry](path string, fresh bool, write func([]R) error) (*ledger[R], error) {
	l := &ledger[R]{write: write}
	if fresh {
		return l, nil
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	var earlier struct {
		APIVersion string `json:"apiVersion"`
		Results    []R    `json:"results"`
	}
	if err == nil {
		err = json.Unmarshal(raw, &earlier)
	}
	if err == nil && earlier.APIVersion != apiVersion {
		err = fmt.Errorf("apiVersion is %q and not %q", earlier.APIVersion, apiVersion)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the results of earlier runs, which a fresh run does without, from %s: %w", path, err)
	}
	l.results = slices.DeleteFunc(earlier.Results, func(r R) bool { return place(r.key().fault) < 0 })
	return l, nil
}

// place is the number of a fault in the library; 0 is for runs without one, and
// -1 for a fault that there is not.
func place(name string) int {
	if name == healthyName {
		return 0
	}
	at := slices.IndexFunc(fault.Library(), func(f *fault.Fault) bool { return f.Name == name })
	if at < 0 {
		return -1
	}
	return at + 1
}

// record adds a result, in place of an earlier one of the same trial, and writes
// all of them.
func (l *ledger[R]) record(r R) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.results = append(slices.DeleteFunc(l.results, func(other R) bool { return other.key() == r.key() }), r)
	slices.SortStableFunc(l.results, func(a, b R) int {
		x, y := a.key(), b.key()
		return cmp.Or(cmp.Compare(x.mode, y.mode), cmp.Compare(place(x.fault), place(y.fault)), cmp.Compare(x.run, y.run))
	})
	if err := l.write(l.results); err != nil {
		l.err = err
	}
}

// forget drops results.
func (l *ledger[R]) forget(drop func(key) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.results = slices.DeleteFunc(l.results, func(r R) bool { return drop(r.key()) })
}

// settled reports whether there is a result of a trial that says all that it should.
func (l *ledger[R]) settled(k key) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(l.results, func(r R) bool { return r.key() == k && r.settled() })
}

// choose returns those of the results that were asked for.
func (l *ledger[R]) choose(o *Options) []R {
	l.mu.Lock()
	defer l.mu.Unlock()
	var chosen []R
	for _, r := range l.results {
		k := r.key()
		wanted := k.fault == healthyName && k.run <= o.Healthy ||
			slices.ContainsFunc(o.Faults, func(f *fault.Fault) bool { return f.Name == k.fault })
		if wanted && slices.Contains(o.Modes, k.mode) {
			chosen = append(chosen, r)
		}
	}
	return chosen
}
