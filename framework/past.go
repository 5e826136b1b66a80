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
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"

	"sigs.k8s.io/service-e2e/matrix"
)

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

// past is what earlier tables have seen of a frontend. What did not happen has the
// zero time.
type past struct {
	// by is when each backend has last answered.
	by map[string]time.Time
	// closed tells whether it was to fail when it was probed last.
	closed bool
	// refused is when it has last refused.
	refused time.Time
	// astray is when something was last sent there over TCP, was not refused, and
	// nobody was there.
	astray time.Time
	// answered is when somebody has last answered over UDP, and spread when more
	// than one backend has.
	answered, spread time.Time
}

// remember takes note of what was seen of the frontend.
func (p *past) remember(column matrix.Column, expected matrix.Expectation, seen matrix.Observation, now time.Time) {
	p.closed = !expected.Positive()
	for name := range seen.Answers {
		p.by[name] = now
	}
	if seen.Outcomes[matrix.Refused] > 0 {
		p.refused = now
	}
	if v1.Protocol(column.Protocol) != v1.ProtocolUDP {
		// A table that says why nothing comes back, such as by a policy, is of a
		// frontend that is there: its proxy drops the packet, which leaves no trace.
		if expected.Equal(matrix.Fail()) && isLost(column, seen) {
			p.astray = now
		}
		return
	}
	if seen.Connects() > 0 {
		p.answered = now
	}
	if len(seen.Answers) > 1 {
		p.spread = now
	}
}

// isLost tells whether tries over TCP were neither answered nor refused, and may be
// taken up by a later one.
func isLost(column matrix.Column, seen matrix.Observation) bool {
	return seen.Outcomes[matrix.TimedOut]+seen.Outcomes[matrix.Unreachable] > 0 &&
		v1.Protocol(column.Protocol) != v1.ProtocolUDP && translated(column.Kind) && !fromChosenPort(column)
}

// misleading returns when there was last a flow that leads elsewhere than a new one,
// by what is expected of it; the zero time if there was none. Of the Service something
// may have been deleted.
func (p *past) misleading(column matrix.Column, expected matrix.Expectation, deleted bool, serving []string) time.Time {
	switch {
	case !expected.Positive() && !p.answered.IsZero() && (deleted || column.Kind == matrix.FrontendNodePort):
		return p.answered
	case expected.KeepsToOne() && !p.spread.IsZero():
		return p.spread
	case column.Role != matrix.RoleSubject || v1.Protocol(column.Protocol) != v1.ProtocolUDP:
		return time.Time{}
	}
	var last time.Time
	for name, answered := range p.by {
		if slices.Contains(serving, name) && !expected.Allows(name) && answered.After(last) {
			last = answered
		}
	}
	return last
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
