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
	"slices"
	"time"

	"github.com/onsi/gomega"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// graceOfLast is how long a terminating endpoint goes on serving in specs that
// check several tables meanwhile.
const graceOfLast = 2 * time.Minute

// A load balancer learns from the healthCheckNodePort which nodes have ready
// endpoints of a Service with externalTrafficPolicy Local (KEP-1669). None of
// these specs needs a provider of load balancers.
var _ = SIGDescribe("Services healthCheckNodePort", func() {
	f := framework.NewDefaultFramework("health-check")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	// ETP-05, BEY-38
	f.It("should tell every source how many ready endpoints each node has", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.NeedNodes(2)
		b := t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0},
			e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 0, Gated: true, NotReady: true},
			e2esvc.BackendSpec{Name: "b3", Group: "web", Node: 1, Gated: true, NotReady: true})
		// Two Services whose endpoints are on different nodes do not mix.
		web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, v1.ProtocolTCP), e2esvc.ByHand, externally(v1.ServiceExternalTrafficPolicyLocal))
		third := t.CreateService(ctx, "third", "", e2esvc.ServicePort(80, v1.ProtocolTCP), e2esvc.SelectingOnly("b3"), e2esvc.ByHand, externally(v1.ServiceExternalTrafficPolicyLocal))
		check := func(phase string, ready ...*e2esvc.Backend) {
			table := t.NewTable(e2esvc.Columns(web.HealthChecks(), web.NodePorts(), third.HealthChecks()))
			expectHealth(t, table, web, ready)
			expectReceivingNode(t, table, web.NodePorts(), ready)
			expectHealth(t, table, third, slices.DeleteFunc(slices.Clone(ready), func(b *e2esvc.Backend) bool { return b.Name != "b3" }))
			t.Check(ctx, phase, table)
		}

		check("one ready endpoint", b[0])
		t.SetReady(ctx, b[1], true)
		check("two on that node", b[0], b[1])
		t.SetReady(ctx, b[2], true)
		t.DeleteBackend(ctx, b[0])
		t.DeleteBackend(ctx, b[1])
		check("moved to another node", b[2])
	})

	// ETP-03, BEY-40
	f.It("should be there while externalTrafficPolicy is Local and ignore source ranges", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0})
		create := func(name string, tweaks ...func(*v1.Service)) *e2esvc.Service {
			return t.CreateService(ctx, name, "web", e2esvc.ServicePort(80, v1.ProtocolTCP), append(tweaks, externally(v1.ServiceExternalTrafficPolicyLocal))...)
		}
		web, other := create("web", e2esvc.ByHand, openTo(rangesOfNobody...)), create("other", e2esvc.ByHand)
		plain := create("plain", e2esvc.OfType(v1.ServiceTypeNodePort))
		gomega.Expect(plain.Spec.HealthCheckNodePort).To(gomega.BeZero(), "a NodePort Service has no healthCheckNodePort")
		health := web.HealthChecks()
		check := func(phase string) {
			table := t.NewTable(e2esvc.Columns(health, web.NodePorts(), other.HealthChecks(), other.NodePorts()))
			expectHealth(t, table, other, b1)
			expectReceivingNode(t, table, other.NodePorts(), b1)
			if web.Spec.ExternalTrafficPolicy == v1.ServiceExternalTrafficPolicyLocal {
				expectHealth(t, table, web, b1)
				expectReceivingNode(t, table, web.NodePorts(), b1)
			} else {
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect("b1"))
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(health), matrix.Refuse())
			}
			t.Check(ctx, phase, table)
		}

		check("Local")
		web.Update(ctx, externally(v1.ServiceExternalTrafficPolicyCluster))
		check("Cluster")
		web.Update(ctx, externally(v1.ServiceExternalTrafficPolicyLocal))
		health = web.HealthChecks()
		check("Local again")
	})

	for _, protocol := range e2esvc.Protocols {
		// ETP-02, BEY-48
		f.It(fmt.Sprintf("should fail where endpoints only terminate although those still serve over %s", protocol), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			t.NeedNodes(2)
			b := t.CreateBackends(ctx,
				e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Grace: graceOfLast},
				e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1},
				e2esvc.BackendSpec{Name: "b3", Group: "web", Node: 1, Grace: graceOfLast})
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol), e2esvc.ByHand, externally(v1.ServiceExternalTrafficPolicyLocal))
			// ready are the endpoints that count, usable those that each node
			// uses: its terminating ones if it has no other. Its own clients,
			// which the policy need not apply to, get the ready ones only.
			check := func(phase string, ready, usable []*e2esvc.Backend) {
				table := t.NewTable(e2esvc.Columns(web.HealthChecks(), web.NodePorts()))
				expectReceivingNode(t, table, web.NodePorts(), usable)
				expectHealth(t, table, web, ready)
				t.Check(ctx, phase, table)
			}
			stream := func(phase string, expected ...string) *e2esvc.Stream {
				table := t.NewTable(web.NodePorts())
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.NotProbed())
				outside := matrix.Or(matrix.RowsOfKind(matrix.SourceExternal), matrix.And(matrix.RowsOfKind(matrix.SourceHost), matrix.Not(matrix.RowsOn(t.Node(0).Name))))
				table.Expect(outside, matrix.And(matrix.ColumnsOfService("web"), matrix.ColumnsOn(t.Node(0).Name)), matrix.ConnectSome(expected...))
				return t.Stream(ctx, phase, table)
			}

			check("all ready", b, b)
			during := stream("while the only one on its node terminates", "b1")
			t.Terminate(ctx, b[0])
			check("only terminating on one node", b[1:], b)
			t.Terminate(ctx, b[2])
			check("terminating beside ready on the other", b[1:2], b[:2])
			during.Stop()
		})
	}
})

// expectHealth says what the health checks of a Service answer on each node.
func expectHealth(t *e2esvc.Topology, table *e2esvc.Table, service *e2esvc.Service, ready []*e2esvc.Backend) {
	for _, node := range t.Nodes {
		table.Expect(matrix.AllRows(), matrix.And(matrix.ColumnsIn(service.HealthChecks()), matrix.ColumnsOn(node.Name)),
			matrix.Connect(e2esvc.Health(len(backendsOn(node, ready)))))
	}
}
