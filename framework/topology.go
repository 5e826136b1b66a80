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
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"

	"sigs.k8s.io/service-e2e/matrix"
)

// Topology is what a spec holds in its hand: the nodes, the sources that
// probe, and the backends and Services that the spec creates in its own
// namespace. The sources are shared by all specs of the run, because probing
// does not change them; everything else belongs to the spec and goes away with
// its namespace.
type Topology struct {
	// Nodes are the schedulable nodes, sorted by name.
	Nodes []Node
	// Families are the IP families of the pods and the nodes, the primary
	// one first.
	Families []v1.IPFamily
	// ProxyMode is the mode of kube-proxy, such as iptables; empty if it does not
	// tell, as other Service proxies.
	ProxyMode string

	f       *framework.Framework
	prober  *agnhostProber
	pacer   *pacer
	sources []source
	// backends is never changed in place, see changeBackends.
	backends      []*Backend
	backendsMutex sync.Mutex
	services      []*Service
	// bystander and empty are the controls K3 and K4.
	bystander, empty *Service
	bystanderIPs     []string
	// unsettled is set when a Service has changed and the proxies may not
	// know it yet.
	unsettled bool
	// changed is when the spec last changed a Service.
	changed time.Time
	flows   *flows
	// proxies are those that the spec disturbs.
	proxies []*Process
	// nextSourcePort and flowSets count what [Topology.FixedPort] has given out.
	nextSourcePort, flowSets int
	// selfTested is set once a table of this spec has held the black hole
	// of the probes' self-test (K2), which takes the time limit of a probe.
	selfTested bool
}

// NewTopology returns the topology for one spec. In a parallel run every Ginkgo
// process has pod-network clients of its own, so that what kernels limit per
// destination (see [pacer]) is not shared; the host-network clients and the
// off-cluster client are the same for all.
func NewTopology(_ context.Context, f *framework.Framework) *Topology {
	ginkgo.GinkgoHelper()
	if shared == nil || shared.prober == nil {
		framework.Fail("the suite was not set up: e2esvc.SetupSuite and AttachSuite run before the first spec")
	}
	t := &Topology{
		Nodes: shared.Nodes, Families: shared.families(), ProxyMode: shared.ProxyMode,
		f: f, prober: shared.prober, pacer: shared.pacer, sources: shared.sources(ginkgo.GinkgoParallelProcess()), flows: newFlows(shared.Lifetimes),
	}
	for i := range t.sources {
		t.prober.add(&t.sources[i])
	}
	t.bystander = &Service{Service: shared.Bystander, t: t}
	t.bystanderIPs = shared.BystanderIPs
	t.empty = &Service{Service: shared.Empty, t: t}
	return t
}

// Node returns a node by index. The index wraps around, so that a spec for
// several nodes says where its backends go on a cluster with fewer.
func (t *Topology) Node(index int) Node {
	return t.Nodes[index%len(t.Nodes)]
}

// rows returns the table rows: a pod-network and a host-network client on
// every node, the off-cluster client, and the given backends as clients.
func (t *Topology) rows(backends []*Backend) []matrix.Row {
	var rows []matrix.Row
	for i := range t.sources {
		rows = append(rows, t.sources[i].Row)
	}
	for _, b := range backends {
		rows = append(rows, b.Row())
	}
	return rows
}

// hasExternal tells whether there is an off-cluster client.
func (t *Topology) hasExternal() bool {
	for i := range t.sources {
		if t.sources[i].Row.Kind == matrix.SourceExternal {
			return true
		}
	}
	return false
}

// source returns the source behind a row.
func (t *Topology) source(row string) *source {
	t.prober.mu.Lock()
	defer t.prober.mu.Unlock()
	return t.prober.sources[row]
}

// Answers to [ClientIP], relative to the source that asked.
const (
	// SourceKept is the answer when the destination saw the source's own address.
	SourceKept = "kept"
	// SourceRewritten is the answer when the destination saw another one.
	SourceRewritten = "rewritten"
)

// name returns the short name for an answer: of a backend that says who it
// is, or of what became of the source address on the way. Answers of
// strangers are returned as they are.
func (t *Topology) name(row string, request Request, answer string) string {
	if request == ClientIP {
		host, _, err := net.SplitHostPort(answer)
		switch asked := t.source(row); {
		case err != nil || asked == nil:
			return answer
		case slices.Contains(asked.Addresses, host):
			return SourceKept
		default:
			return SourceRewritten
		}
	}
	if asksRecords(request) {
		return t.nameRecords(answer)
	}
	// A backend may answer before [Topology.CreateBackends] knows that it is
	// ready, and after it is out of the tables.
	if backend, own := strings.CutPrefix(answer, identity(t.f.Namespace.Name, "")); own {
		return backend
	}
	if answer == identity(t.bystander.Namespace, t.bystander.Name) {
		return t.bystander.Name
	}
	return answer
}

// Protocols are the protocols that every scenario is run over. SCTP needs
// parts of the kernel and of the implementation that are optional.
var Protocols = []v1.Protocol{v1.ProtocolTCP, v1.ProtocolUDP}
