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

	v1 "k8s.io/api/core/v1"

	"sigs.k8s.io/service-e2e/matrix"
)

// Probe is one question, asked from one source to one destination.
type Probe struct {
	// Source is the name of the table row that asks.
	Source string
	// Address is an IP address or a DNS name.
	Address string
	Port    int
	// Protocol is TCP, UDP or SCTP.
	Protocol v1.Protocol
	// Request is what the destination is asked. Empty asks who it is.
	Request Request
	// Tries is how often to ask, each time from a fresh source port.
	Tries int
}

// Request is a question that agnhost netexec answers over each protocol.
type Request string

const (
	// WhoAreYou asks the backend for its identity (see [Backend]).
	WhoAreYou Request = ""
	// ClientIP asks the backend for the source address that it sees.
	ClientIP Request = "clientip"
)

// Prober makes probes.
type Prober interface {
	// Probe makes p.Tries attempts and returns what was seen, one entry per
	// try. A try that could not be made, because the way to the source is
	// broken, is counted as [matrix.Error]. The error is not nil only if ctx
	// ended or the source is unknown; the observation is incomplete then.
	Probe(ctx context.Context, p Probe) (matrix.Observation, error)
	// ProbeAll makes several probes of one source, one after another, for less
	// than as many calls of Probe would cost. It returns what was seen by the
	// first of them, up to one that takes long or could not be made. All after that
	// are to be made by Probe, and so is that one itself unless late is set, which
	// waits for what it sees: no try that was made is lost sight of because it
	// took long. The error is that of Probe.
	ProbeAll(ctx context.Context, source string, probes []Probe) (seen []matrix.Observation, late Pending, err error)
}

// Pending waits for what a probe sees that takes long. It sees nothing if the way to the
// source has broken meanwhile; the probe is to be made by [Prober].Probe then. The error
// is that of Probe.
type Pending func() (matrix.Observation, error)
