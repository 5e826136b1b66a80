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

package fault

import (
	"slices"

	"sigs.k8s.io/service-e2e/matrix"
)

// Fault is one way to break a cluster.
type Fault struct {
	// Name is short, unique, and stable.
	Name string
	// Title says what is broken, in a line.
	Title string
	// Bugs are reports of the real bugs that it stands for, as owner/repo#number.
	Bugs []string
	// How says how it is brought about.
	How string
	// Modes are the modes of kube-proxy in which it makes sense; none means all.
	Modes []string
	// Focus selects the specs of this suite that have to notice.
	Focus string
	// Upstream selects the specs of upstream's suite that cover the same
	// scenario. Empty means that there is none.
	Upstream string
	// Quick says that it belongs to the sample of every test run.
	Quick bool
	// Expect is what a perfect diagnosis says: one of these.
	Expect []Expectation
	// means is how it gets into a cluster. Each injection has its own.
	means func() means
}

// Expectation is what the first finding of a perfect diagnosis says.
type Expectation struct {
	Culprit matrix.Culprit
	// Faults are the acceptable words for it.
	Faults []matrix.Fault
	// Node is the node that has to be named, as the clients', as that whose
	// proxy handles the traffic, or as that of the frontend. Nodes are called
	// node-1, node-2, ... here.
	Node string
	// Coordinates are further ones that have to be named.
	Coordinates matrix.Coordinates
}

// In reports whether the fault makes sense in a mode of kube-proxy.
func (f *Fault) In(mode string) bool {
	return len(f.Modes) == 0 || slices.Contains(f.Modes, mode)
}
