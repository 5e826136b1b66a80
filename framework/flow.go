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
	"slices"
	"sync"
	"time"

	"k8s.io/kubernetes/test/e2e/framework"

	"sigs.k8s.io/service-e2e/matrix"
)

// flows remembers when a UDP frontend last answered which source.
//
// As long as a node tracks the flow of an answered datagram, one more from the
// same source port goes the same way. kube-proxy removes the flows of endpoints
// that go away, but not those of a Service or a port that is deleted
// (kubernetes/kubernetes#141371), nor those to a node port when the last
// endpoint goes. Each probe has a source port that the kernel has chosen, which
// now and then is one of an earlier probe. A table that says what new flows do
// has to be probed after such old ones are forgotten. The same holds for a table
// that expects session affinity to choose, which it does for new flows only, and
// for one in which a backend is passed over that still serves: it terminates, or
// a traffic policy or a hint prefers others. kube-proxy leaves its flows alone on
// purpose, as those over TCP.
//
// Over TCP it is failures that are remembered. What begins at a frontend that is not
// there yet leaves its node untranslated, and so will what has the same source port
// later, when the frontend is there (kube-proxy removes such flows over UDP only).
type flows struct {
	lifetimes

	mu   sync.Mutex // streams go on while tables are checked
	past map[frontend]*past
	// deleted holds the addresses of Services of which something was deleted.
	deleted map[string]bool
}

func newFlows(remembered lifetimes) *flows {
	return &flows{lifetimes: remembered, past: map[frontend]*past{}, deleted: map[string]bool{}}
}

// pastOf returns what is known of a frontend, to who holds the lock.
func (f *flows) pastOf(row matrix.Row, column matrix.Column) *past {
	at := frontendOf(row, column)
	if f.past[at] == nil {
		f.past[at] = &past{by: map[string]time.Time{}}
	}
	return f.past[at]
}

// delete takes note that something was deleted of the Service with these addresses.
func (f *flows) delete(addresses []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, address := range addresses {
		f.deleted[address] = true
	}
}

// remember takes note of what a table has seen.
func (f *flows) remember(verdict *matrix.Comparison, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	rows, columns := verdict.Size()
	for c := range columns {
		column := verdict.Column(c)
		if column.Role != matrix.RoleSubject || hasFixedPort(column) {
			continue
		}
		for r := range rows {
			if cell := verdict.At(r, c); cell.Observed.Tries() > 0 {
				f.pastOf(verdict.Row(r), column).remember(column, cell.Expected, cell.Observed, now)
			}
		}
	}
}

// notice takes note of what a stream has just seen of a frontend that is expected to
// be there: it may be interrupted.
func (f *flows) notice(row matrix.Row, column matrix.Column, seen matrix.Observation) {
	if !isLost(column, seen) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pastOf(row, column).astray = time.Now()
}

// refused returns when a frontend has last refused.
func (f *flows) refused(row matrix.Row, column matrix.Column) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.pastOf(row, column).refused
}

// remaining returns how long it takes until no flow is left to a UDP frontend
// that the table expects to fail, or to choose anew, and no attempt at a TCP frontend
// that was not there and that it expects to answer or to refuse. The backends that
// serve are given by name.
func (f *flows) remaining(table *matrix.Table, serving []string, now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	var longest time.Duration
	rows, columns := table.Size()
	for c := range columns {
		column := table.Column(c)
		if hasFixedPort(column) {
			continue // it is the flow that is asked for
		}
		for r := range rows {
			if !table.Probed(r, c) {
				continue
			}
			p, e := f.pastOf(table.Row(r), column), table.Expected(r, c)
			if e.Positive() || e.Equal(matrix.Refuse()) {
				longest = max(longest, p.astray.Add(f.Attempt).Sub(now))
			}
			longest = max(longest, p.misleading(column, e, f.deleted[column.Address], serving).Add(f.Exchange).Sub(now))
		}
	}
	return longest
}

// bereaved tells whether a table has frontends that were answered by a backend
// which does not serve any more, and forgets about it. Until the Service proxies
// have heard of that, what is sent there goes where nobody is, and so will later
// what has the same source port: over UDP for as long as the node tracks a flow to
// the backend, which is until its proxy removes that; over TCP for the 120 s that
// are given to a connection that nobody answers.
func (f *flows) bereaved(table *matrix.Table, serving []string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := false
	rows, columns := table.Size()
	for c := range columns {
		for r := range rows {
			backends := f.pastOf(table.Row(r), table.Column(c)).by
			for name := range backends {
				if !slices.Contains(serving, name) && !table.Expected(r, c).Allows(name) {
					delete(backends, name)
					found = true
				}
			}
		}
	}
	return found
}

// opened tells whether a table has frontends that are to connect and were to fail
// when they were probed last, and forgets about it. In iptables mode kube-proxy
// first removes the rule that refuses and then adds those that translate, in two
// transactions: a connection that begins in between leaves its node untranslated,
// and so will every later one from the same source port for 120 s
// (nf_conntrack_tcp_timeout_syn_sent).
func (f *flows) opened(table *matrix.Table) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	found := false
	rows, columns := table.Size()
	for c := range columns {
		for r := range rows {
			p := f.pastOf(table.Row(r), table.Column(c))
			if p.closed && table.Probed(r, c) && table.Expected(r, c).Positive() {
				p.closed = false
				found = true
			}
		}
	}
	return found
}

// awaitForgotten waits until there is nothing left that a table could be misled by, or
// ctx is over, but no longer than a proxy may take to end an interruption under which
// streams get lost again and again. Until then it calls keep often enough for flows
// that are used each time to be remembered.
func (f *flows) awaitForgotten(ctx context.Context, table *matrix.Table, serving []string, keep func(context.Context)) {
	remaining := f.remaining(table, serving, time.Now())
	if remaining <= 0 {
		return
	}
	framework.Logf("Waiting %.0fs until the nodes have forgotten earlier flows", remaining.Seconds())
	for end := time.Now().Add(remaining + Timeouts.Propagation); remaining > 0 && time.Now().Before(end) && ctx.Err() == nil; {
		keep(ctx)
		sleep(ctx, min(remaining, f.Exchange/3))
		remaining = f.remaining(table, serving, time.Now())
	}
}
