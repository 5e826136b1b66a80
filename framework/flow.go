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
	"strconv"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"

	"sigs.k8s.io/service-e2e/matrix"
)

// flowLifetime is how long connection tracking keeps a UDP exchange of one
// request and one answer (Linux: nf_conntrack_udp_timeout, 30 s).
const flowLifetime = 31 * time.Second

// attemptTimeout is the setting by which connection tracking keeps a TCP connection
// that began and was not answered, in seconds, below /proc/sys. Linux has 120.
const attemptTimeout = "net/netfilter/nf_conntrack_tcp_timeout_syn_sent"

// attemptLifetime asks the nodes' host-network clients for that, and returns the
// longest time, or Linux's own if one of them cannot tell.
func attemptLifetime(ctx context.Context, prober Prober, hosts []source) time.Duration {
	longest := time.Duration(0)
	for _, value := range askSysctl(ctx, prober, hosts, attemptTimeout) {
		seconds, err := strconv.Atoi(value)
		if err != nil {
			seconds = 120
		}
		longest = max(longest, time.Duration(seconds)*time.Second)
	}
	return longest + time.Second // more than a second counts as one
}

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
type flows struct {
	// attempt is how long a TCP connection that nobody answers is remembered.
	attempt  time.Duration
	answered map[frontend]time.Time
	// by is the same by the name of the backend, and of TCP frontends too.
	by map[frontend]map[string]time.Time
	// spread is when more than one backend has last answered a source.
	spread map[frontend]time.Time
	// deleted holds the addresses of Services of which something was deleted.
	deleted map[string]bool
	// closed are the frontends, TCP ones too, that were to fail when they were
	// probed last.
	closed map[frontend]bool
	// refused is when a source was last refused by a frontend.
	refused map[frontend]time.Time
	// astray is when a source last sent to a TCP frontend that was not there, and
	// was not refused.
	astray map[frontend]time.Time
}

func newFlows(attempt time.Duration) flows {
	return flows{attempt: attempt, answered: map[frontend]time.Time{}, by: map[frontend]map[string]time.Time{}, spread: map[frontend]time.Time{}, deleted: map[string]bool{}, closed: map[frontend]bool{}, refused: map[frontend]time.Time{}, astray: map[frontend]time.Time{}}
}

// frontend is one as seen from a source, by the name of its row.
type frontend struct {
	source   string
	address  string
	port     int
	protocol v1.Protocol
}

func frontendOf(row matrix.Row, column matrix.Column) frontend {
	return frontend{row.Name, column.Address, column.Port, v1.Protocol(column.Protocol)}
}

// delete takes note that something was deleted of the Service with these addresses.
func (f flows) delete(addresses []string) {
	for _, address := range addresses {
		f.deleted[address] = true
	}
}

// translated tells whether a Service proxy translates what is sent to frontends of a kind.
func translated(kind matrix.FrontendKind) bool {
	switch kind {
	case matrix.FrontendClusterIP, matrix.FrontendNodePort, matrix.FrontendLoopback, matrix.FrontendLoadBalancer, matrix.FrontendExternalIP:
		return true
	default:
		return false
	}
}

// remember takes note of the frontends that have answered.
func (f flows) remember(verdict *matrix.Comparison, now time.Time) {
	rows, columns := verdict.Size()
	for c := range columns {
		column := verdict.Column(c)
		if column.Role != matrix.RoleSubject || hasFixedPort(column) {
			continue
		}
		for r := range rows {
			at := frontendOf(verdict.Row(r), column)
			cell := verdict.At(r, c)
			seen := cell.Observed
			if seen.Tries() > 0 {
				f.closed[at] = !cell.Expected.Positive()
			}
			if seen.Outcomes[matrix.Refused] > 0 {
				f.refused[at] = now
			}
			for name := range seen.Answers {
				if f.by[at] == nil {
					f.by[at] = map[string]time.Time{}
				}
				f.by[at][name] = now
			}
			if at.protocol != v1.ProtocolUDP {
				// A table that says why nothing comes back, such as by a policy, is
				// of a frontend that is there: its proxy drops the packet, which
				// leaves no trace.
				lost := seen.Outcomes[matrix.TimedOut] + seen.Outcomes[matrix.Unreachable]
				if lost > 0 && cell.Expected.Equal(matrix.Fail()) && translated(column.Kind) && !fromChosenPort(column) {
					f.astray[at] = now
				}
				continue
			}
			if seen.Connects() > 0 {
				f.answered[at] = now
			}
			if len(seen.Answers) > 1 {
				f.spread[at] = now
			}
		}
	}
}

// remaining returns how long it takes until no flow is left to a UDP frontend
// that the table expects to fail, or to choose anew, and no attempt at a TCP frontend
// that was not there and that it expects to answer or to refuse. The backends that
// serve are given by name.
func (f flows) remaining(table *matrix.Table, serving []string, now time.Time) time.Duration {
	var longest time.Duration
	rows, columns := table.Size()
	for c := range columns {
		column := table.Column(c)
		if hasFixedPort(column) {
			continue // it is the flow that is asked for
		}
		for r := range rows {
			at := frontendOf(table.Row(r), column)
			last, answered := f.answered[at]
			stale := answered && (column.Kind == matrix.FrontendNodePort || f.deleted[column.Address])
			switch e := table.Expected(r, c); {
			case !table.Probed(r, c):
			case !f.astray[at].IsZero() && (e.Positive() || e.Equal(matrix.Refuse())):
				longest = max(longest, f.attempt-now.Sub(f.astray[at]))
			case stale && !e.Positive():
				longest = max(longest, flowLifetime-now.Sub(last))
			case e.KeepsToOne() && !f.spread[at].IsZero():
				longest = max(longest, flowLifetime-now.Sub(f.spread[at]))
			case column.Role == matrix.RoleSubject && at.protocol == v1.ProtocolUDP:
				for name, last := range f.by[at] {
					if slices.Contains(serving, name) && !e.Allows(name) {
						longest = max(longest, flowLifetime-now.Sub(last))
					}
				}
			}
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
func (f flows) bereaved(table *matrix.Table, serving []string) bool {
	found := false
	rows, columns := table.Size()
	for c := range columns {
		for r := range rows {
			backends := f.by[frontendOf(table.Row(r), table.Column(c))]
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
func (f flows) opened(table *matrix.Table) bool {
	found := false
	rows, columns := table.Size()
	for c := range columns {
		for r := range rows {
			at := frontendOf(table.Row(r), table.Column(c))
			if table.Probed(r, c) && f.closed[at] && table.Expected(r, c).Positive() {
				delete(f.closed, at)
				found = true
			}
		}
	}
	return found
}

// awaitForgotten waits until the remaining time is over, or ctx is. Until then it
// calls keep often enough for flows that are used each time to be remembered.
func (f flows) awaitForgotten(ctx context.Context, table *matrix.Table, serving []string, keep func(context.Context)) {
	remaining := f.remaining(table, serving, time.Now())
	if remaining <= 0 {
		return
	}
	framework.Logf("Waiting %.0fs until the nodes have forgotten earlier flows", remaining.Seconds())
	for end := time.Now().Add(remaining); time.Now().Before(end) && ctx.Err() == nil; {
		keep(ctx)
		sleep(ctx, min(time.Until(end), flowLifetime/3))
	}
}
