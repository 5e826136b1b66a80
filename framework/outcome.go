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
	"strings"

	"sigs.k8s.io/service-e2e/matrix"
)

// errorOutcomes maps what an error text contains to the outcome that it
// stands for. The texts are those of Go's net package, resolver and HTTP
// client as agnhost reports them. The first match wins, so that a name that
// could not be resolved is not mistaken for an address that did not answer.
var errorOutcomes = []struct {
	text    string
	outcome matrix.Outcome
}{
	{"no such host", matrix.NoSuchName},
	{"connection refused", matrix.Refused},
	{"i/o timeout", matrix.TimedOut},
	{"connection timed out", matrix.TimedOut},
	{"Client.Timeout", matrix.TimedOut},
	{"context deadline exceeded", matrix.TimedOut},
	// For UDP, netfilter in the sender's own output path makes sending fail
	// with EPERM, be it a DROP or a REJECT.
	{"operation not permitted", matrix.Prohibited},
	{"no route to host", matrix.Unreachable},
	{"network is unreachable", matrix.Unreachable},
	{"host is down", matrix.Unreachable},
	// Something accepted the connection and then tore it down. This is no
	// refusal: a REJECT rule or a closed port refuses during the handshake.
	{"connection reset", matrix.Unreachable},
	{"broken pipe", matrix.Unreachable},
	{"EOF", matrix.Unreachable},
	{"protocol not available", matrix.Unreachable},
	// The resolver answered, but not with a record or its absence.
	{"server misbehaving", matrix.Unreachable},
}

// classifyError returns the outcome that the text of a failed try stands for.
// A text that it does not know is an error of the probe: it must not satisfy
// any expectation.
func classifyError(text string) matrix.Outcome {
	for _, known := range errorOutcomes {
		if strings.Contains(text, known.text) {
			return known.outcome
		}
	}
	return matrix.Error
}
