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
	"time"

	"github.com/onsi/gomega"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

const (
	// apiOutage is how long the API server is out of order: short enough for
	// those that need it to keep their leases and their nodes.
	apiOutage = 10 * time.Second
	// rulesBack is how long flushed rules may take to come back, once kube-proxy
	// runs: it looks for them, or tries again, every syncPeriod of 30 s.
	rulesBack = 2 * time.Minute
	// nodeBack is how long a node and a pod on it may be away for a reboot.
	nodeBack = 5 * time.Minute
)

// What is programmed goes on serving whatever happens to those that have
// programmed it, and what changes meanwhile is caught up on.
var _ = SIGDescribe("Services on a disturbed cluster", func() {
	f := framework.NewDefaultFramework("disruption")
	f.NamespacePodSecurityLevel = admissionapi.LevelPrivileged

	// CIP-04
	f.It("should go on while kube-proxy is down everywhere and catch up after its restart", f.WithSerial(), f.WithDisruptive(), func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.NeedDisruption()
		proxies := t.KubeProxies(ctx, t.Nodes...)
		b := t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "s1", Group: "steady", Node: 0},
			e2esvc.BackendSpec{Name: "s2", Group: "steady", Node: 1},
			e2esvc.BackendSpec{Name: "old", Group: "moving", Node: 0})
		tcp := e2esvc.ServicePort(80, v1.ProtocolTCP)
		steady := t.CreateService(ctx, "steady", "steady", tcp, e2esvc.OfType(v1.ServiceTypeNodePort), e2esvc.DualStack())
		moving := t.CreateService(ctx, "moving", "moving", tcp, e2esvc.DualStack())
		both := e2esvc.Names(b[:2]...)

		table := t.NewTable(e2esvc.Columns(steady.VIP(), steady.NodePorts(), moving.VIP()))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("steady"), matrix.Connect(both...))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("moving"), matrix.Connect("old"))
		t.Check(ctx, "before", table)

		during := t.NewTable(e2esvc.Columns(steady.VIP(), steady.NodePorts()))
		during.Expect(matrix.AllRows(), matrix.ColumnsOfService("steady"), matrix.ConnectSome(both...))
		during.Leaving(b[2])
		stream := t.Stream(ctx, "while kube-proxy is down and restarts", during)

		proxies.Freeze(ctx)
		t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "new", Group: "moving", Node: 1})
		t.DeleteBackend(ctx, b[2])
		late := t.CreateService(ctx, "late", "steady", tcp, e2esvc.DualStack())
		table = t.NewTable(e2esvc.Columns(steady.VIP(), moving.VIP(), late.VIP()))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("steady"), matrix.Connect(both...))
		// Nobody tells the nodes about the change.
		table.Expect(matrix.AllRows(), matrix.Or(matrix.ColumnsOfService("moving"), matrix.ColumnsOfService("late")), matrix.Fail())
		t.Check(ctx, "kube-proxy down", table)

		proxies.Restart(ctx)
		table = t.NewTable(e2esvc.Columns(steady.VIP(), steady.NodePorts(), moving.VIP(), late.VIP()))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("steady"), matrix.Connect(both...))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("moving"), matrix.Connect("new"))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("late"), matrix.Connect(both...))
		t.Check(ctx, "kube-proxy restarted", table)
		stream.Stop()
	})

	// BEY-39: an unhealthy proxy is one that does not answer, which load
	// balancers take as they take 503.
	f.It("should keep serving on a node whose proxy is unhealthy while its health check fails", f.WithSerial(), f.WithDisruptive(), func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.NeedDisruption()
		proxies := t.KubeProxies(ctx, t.Node(0))
		backends := t.BackendPerNode(ctx, "web")
		web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, v1.ProtocolTCP), e2esvc.ByHand, externally(v1.ServiceExternalTrafficPolicyLocal))
		unhealthy := matrix.And(matrix.ColumnsIn(web.HealthChecks()), matrix.ColumnsOn(t.Node(0).Name))
		check := func(phase string, expect func(*e2esvc.Table)) {
			table := t.NewTable(e2esvc.Columns(web.HealthChecks(), web.NodePorts(), web.VIP()))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.VIP()), matrix.Connect(e2esvc.Names(backends...)...))
			expectHealth(t, table, web, backends)
			expectReceivingNode(t, table, web.NodePorts(), backends)
			expect(table)
			t.Check(ctx, phase, table)
		}

		check("all healthy", func(*e2esvc.Table) {})
		proxies.Freeze(ctx)
		check("unhealthy on one node", func(table *e2esvc.Table) {
			table.Expect(matrix.AllRows(), unhealthy, matrix.Fail())
		})
		proxies.Thaw(ctx)
		check("healthy again", func(*e2esvc.Table) {})
	})

	// CIP-17
	f.It("should get back the rules that were flushed on a node and lose nothing elsewhere", f.WithSerial(), f.WithDisruptive(), func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.NeedDisruption()
		node := t.Node(0)
		proxy := t.KubeProxies(ctx, node)
		backends := t.BackendPerNode(ctx, "web")
		web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, v1.ProtocolTCP), e2esvc.OfType(v1.ServiceTypeNodePort), e2esvc.DualStack())
		own, there := matrix.RowsOn(node.Name), matrix.And(matrix.ColumnsOfKind(matrix.FrontendNodePort), matrix.ColumnsOn(node.Name))
		check := func(phase string, expect func(*e2esvc.Table), options ...e2esvc.CheckOption) {
			table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts()))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect(e2esvc.Names(backends...)...))
			expect(table)
			t.Check(ctx, phase, table, options...)
		}

		check("before", func(*e2esvc.Table) {})
		table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts()))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.ConnectSome(e2esvc.Names(backends...)...))
		table.Expect(matrix.AllRows(), there, matrix.NotProbed())
		stream := t.Stream(ctx, "while rules are flushed and come back", table, e2esvc.Interrupted(own, matrix.AllColumns(), rulesBack))

		// Frozen, so that the rules stay away until they have been missed.
		proxy.Freeze(ctx)
		proxy.FlushRules(ctx)
		check("rules flushed", func(table *e2esvc.Table) {
			services := matrix.Or(matrix.ColumnsOfService("web"), matrix.ColumnsOfRole(matrix.RoleBystander), matrix.ColumnsOfRole(matrix.RoleEmptySibling))
			vips := matrix.And(services, matrix.ColumnsOfKind(matrix.FrontendClusterIP))
			table.Expect(own, vips, matrix.Fail())
			// The node ports of other nodes pass the node by, if its pods ask.
			table.Expect(matrix.AllRows(), matrix.And(services, there), matrix.Fail())
		})
		proxy.Thaw(ctx)
		if t.ProxyMode != "iptables" {
			// In iptables mode kube-proxy looks after its rules, because others
			// flush what is not theirs. In nftables mode its table is its own:
			// it notices with the next change that cannot be made.
			t.CreateService(ctx, "change", "web", e2esvc.ServicePort(80, v1.ProtocolTCP), e2esvc.DualStack())
		}
		check("rules back", func(*e2esvc.Table) {})
		stream.Stop()
	})

	// CIP-05
	f.It("should go on while the API server restarts and change after that", f.WithSerial(), f.WithDisruptive(), func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.NeedDisruption()
		servers := t.APIServers(ctx)
		b := t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0},
			e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1},
			e2esvc.BackendSpec{Name: "own", Group: "second", Node: 2})
		tcp := e2esvc.ServicePort(80, v1.ProtocolTCP)
		web := t.CreateService(ctx, "web", "web", tcp, e2esvc.OfType(v1.ServiceTypeNodePort), e2esvc.DualStack())
		both := matrix.Connect(e2esvc.Names(b[:2]...)...)
		table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts()))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), both.Exactly())
		t.Check(ctx, "before", table)

		table = t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts()))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.ConnectSome(e2esvc.Names(b[:2]...)...))
		stream := t.Stream(ctx, "while the API server is down and restarts", table, e2esvc.Recorded(apiOutage))
		servers.Outage(ctx, apiOutage)
		t.AwaitAPI(ctx, false)
		t.AwaitAPI(ctx, true)
		stream.Stop()

		second := t.CreateService(ctx, "second", "second", tcp, e2esvc.DualStack())
		gomega.Expect(second.Spec.ClusterIPs).NotTo(gomega.ContainElement(gomega.BeElementOf(web.Spec.ClusterIPs)), "the ClusterIPs of a Service made after the restart")
		t.DeleteBackend(ctx, b[1])
		table = t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts(), second.VIP()))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect("b1").Exactly())
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("second"), matrix.Connect("own").Exactly())
		t.Check(ctx, "API server restarted", table)
	})

	// BEY-77: rebooted.
	f.It("should go on while another node reboots and be whole when it is back", f.WithSerial(), f.WithDisruptive(), func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.NeedDisruption()
		t.NeedReboot()
		t.NeedNodes(2)
		node := t.Node(0)
		b := t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "s1", Group: "steady", Node: 1},
			e2esvc.BackendSpec{Name: "s2", Group: "steady", Node: len(t.Nodes) - 1},
			e2esvc.BackendSpec{Name: "away", Group: "there", Node: 0})
		tcp := e2esvc.ServicePort(80, v1.ProtocolTCP)
		steady := t.CreateService(ctx, "steady", "steady", tcp, e2esvc.OfType(v1.ServiceTypeNodePort), e2esvc.DualStack())
		there := t.CreateService(ctx, "there", "there", tcp, e2esvc.DualStack())
		check := func(phase string) {
			table := t.NewTable(e2esvc.Columns(steady.VIP(), steady.NodePorts(), there.VIP()))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("steady"), matrix.Connect(e2esvc.Names(b[:2]...)...))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("there"), matrix.Connect("away"))
			t.Check(ctx, phase, table)
		}

		check("before")
		table := t.NewTable(e2esvc.Columns(steady.VIP(), steady.NodePorts(), there.VIP()))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("steady"), matrix.ConnectSome(e2esvc.Names(b[:2]...)...))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("there"), matrix.ConnectSome("away"))
		table.Leaving(b[2])
		// Its own clients are away too, and so is what it passes on.
		table.Expect(matrix.RowsOn(node.Name), matrix.AllColumns(), matrix.NotProbed())
		table.Expect(matrix.AllRows(), matrix.And(matrix.ColumnsOfKind(matrix.FrontendNodePort), matrix.ColumnsOn(node.Name)), matrix.NotProbed())
		stream := t.Stream(ctx, "while a node reboots", table, e2esvc.Interrupted(matrix.AllRows(), matrix.ColumnsOfService("there"), nodeBack))
		reboot := t.Reboot(ctx, node)
		reboot.AwaitBack(ctx)
		check("back")
		stream.Stop()
	})
})
