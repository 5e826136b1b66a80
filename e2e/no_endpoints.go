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

package e2e

import (
	"context"
	"fmt"
	"time"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"

	"sigs.k8s.io/service-e2e/e2e/findings"
	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

var _ = SIGDescribe("Services without endpoints", func() {
	f := framework.NewDefaultFramework("no-endpoints")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		// NOEP-01, OLD-04
		f.It(fmt.Sprintf("should refuse every source until a backend is ready and after it is gone over %s", protocol), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.OfType(v1.ServiceTypeNodePort))
			check := func(phase string, expected matrix.Expectation, options ...e2esvc.CheckOption) {
				table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts()))
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), expected)
				t.Check(ctx, phase, table, options...)
			}

			check("no endpoints", matrix.Refuse(), e2esvc.Hold(holdAfterRemoval))
			b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0})[0]
			check("b1 ready", matrix.Connect("b1"))
			t.DeleteBackend(ctx, b1)
			check("b1 gone", matrix.Refuse())
		})
	}

	// NOEP-01: from refused to served, as those see it that do not stop asking. Hosts
	// are told at once that they are refused, and nothing limits that: a try that
	// hears nothing was neither refused nor served.
	f.It("should lead no connection astray that begins while they get their first one", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Gated: true})[0]
		web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, v1.ProtocolTCP))
		hosts := matrix.RowsOfKind(matrix.SourceHost)
		table := t.NewTable(web.VIP())
		table.Expect(matrix.AllRows(), matrix.AllColumns(), matrix.NotProbed())
		table.Expect(hosts, matrix.ColumnsOfService("web"), matrix.Connect("b1"))
		table.KnownFailure(findings.TCPFirstEndpoint, hosts, matrix.ColumnsOfService("web"), matrix.Implementation())
		stream := t.Stream(ctx, "while the only endpoint comes and goes", table, e2esvc.Every(firstEndpointPause),
			e2esvc.Refusable(hosts, matrix.ColumnsOfService("web")))
		const rounds = 3
		for round := range rounds {
			for _, ready := range []bool{false, true} {
				t.SetReady(ctx, b1, ready)
				expected := matrix.Refuse()
				if ready {
					expected = matrix.Connect("b1")
				}
				table := t.NewTable(web.VIP())
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), expected)
				t.Check(ctx, fmt.Sprintf("b1 ready %v, %d", ready, round+1), table)
			}
		}
		// The finding is about tries that time out, and about few of them: one a
		// round, and one more when a client comes upon the port of that again.
		expectLosses(stream.Stop(), web.VIP(), "b1", 2*rounds)
	})

	// NOEP-01: whoever was refused may ask again, from whichever port. A kernel gives
	// one that it has given before after a while.
	f.It("should be reached from the source port that they were refused from", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, v1.ProtocolTCP), e2esvc.OfType(v1.ServiceTypeNodePort))
		frontends := e2esvc.Columns(web.VIP(), web.NodePorts())
		fromPort := e2esvc.FromPort(frontends)
		t.Check(ctx, "no endpoints", insideTable(t, fromPort, matrix.Refuse()))
		t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0})
		t.Check(ctx, "b1 ready", insideTable(t, frontends, matrix.Connect("b1")))
		t.Check(ctx, "b1 ready, from the same ports", insideTable(t, fromPort, matrix.Connect("b1")), e2esvc.AtOnce())
	})

	// NOEP-02
	f.It("should refuse when the only pod was evicted, whether it publishes unready pods or not", early, func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Pod: e2esvc.Evictable})[0]
		create := func(name string, publish bool) *e2esvc.Service {
			return t.CreateService(ctx, name, "web", e2esvc.ServicePort(80, v1.ProtocolTCP), e2esvc.WithPort(e2esvc.ServicePort(80, v1.ProtocolUDP)), publishing(publish))
		}
		strict, published := create("strict", false), create("published", true)
		check := func(phase string, expected matrix.Expectation) {
			table := t.NewTable(e2esvc.Columns(strict.VIP(), published.VIP()))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("strict", "published"), expected)
			t.Check(ctx, phase, table, e2esvc.Hold(holdAfterRemoval))
		}
		expectNoEndpoint := func(of *e2esvc.Service) {
			slices, err := f.ClientSet.DiscoveryV1().EndpointSlices(of.Namespace).List(ctx, metav1.ListOptions{
				LabelSelector: discoveryv1.LabelServiceName + "=" + of.Name,
			})
			framework.ExpectNoError(err, "listing the EndpointSlices of Service %s", of.Name)
			for _, slice := range slices.Items {
				for _, endpoint := range slice.Endpoints {
					if endpoint.TargetRef != nil && endpoint.TargetRef.UID == b1.Pod.UID {
						framework.Failf("EndpointSlice %s of Service %s lists the evicted pod %s", slice.Name, of.Name, b1.Pod.Name)
					}
				}
			}
		}

		check("before", matrix.Connect("b1"))
		t.Evict(ctx, b1)
		check("b1 evicted", matrix.Refuse())
		t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1})
		check("b2 ready", matrix.Connect("b2").Exactly())
		expectNoEndpoint(strict)
		expectNoEndpoint(published)
	})
})

// inside are the clients that can be asked for source ports, which the off-cluster
// one cannot.
var inside = matrix.Not(matrix.RowsOfKind(matrix.SourceExternal))

// insideTable returns a table of what the clients in the cluster see of some frontends.
func insideTable(t *e2esvc.Topology, columns []matrix.Column, expected matrix.Expectation) *e2esvc.Table {
	table := t.NewTable(columns)
	table.Expect(matrix.AllRows(), matrix.ColumnsIn(columns), matrix.NotProbed())
	table.Expect(inside, matrix.ColumnsIn(columns), expected)
	return table
}

// expectLosses fails the spec if a try of these columns neither timed out nor reached
// the backend, or if more than so many of a cell timed out.
func expectLosses(report *matrix.Report, columns []matrix.Column, backend string, most int) {
	ginkgo.GinkgoHelper()
	selected := matrix.ColumnsIn(columns)
	for r, row := range report.Rows {
		for c, column := range report.Columns {
			if !selected.Matches(column) {
				continue
			}
			seen := report.At(r, c).Observed
			lost := seen.Outcomes[matrix.TimedOut]
			if other := seen.Tries() - lost - seen.Answers[backend]; lost > most || other > 0 {
				framework.Failf("%s -> %s: %d tries timed out, want %d at most, and %d neither did that nor reached %s", row.Name, column.Name, lost, most, other, backend)
			}
		}
	}
}

// firstEndpointPause is the time from one connection of a client to the next while
// a Service gets its first endpoint: about as long as kube-proxy may take from one
// of its transactions to the next.
const firstEndpointPause = 50 * time.Millisecond
