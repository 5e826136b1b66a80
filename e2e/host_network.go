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

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

var _ = SIGDescribe("Services host network", func() {
	f := framework.NewDefaultFramework("host-network")
	f.NamespacePodSecurityLevel = admissionapi.LevelPrivileged

	for _, protocol := range e2esvc.Protocols {
		// HNET-01, DS-13, OLD-12
		f.It(fmt.Sprintf("should reach endpoints on the host network from every source over %s", protocol), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			ports := e2esvc.HostPorts()
			var specs []e2esvc.BackendSpec
			for i := range t.Nodes {
				specs = append(specs, e2esvc.BackendSpec{Name: fmt.Sprintf("b%d", i+1), Group: "web", Node: i, Ports: ports, HostNetwork: true})
			}
			backends := t.CreateBackends(ctx, specs...)
			port := e2esvc.Targeting(e2esvc.ServicePort(80, protocol), intstr.FromInt(ports.Of(protocol)))
			web := t.CreateService(ctx, "web", "web", port, e2esvc.OfType(v1.ServiceTypeNodePort), e2esvc.DualStack())

			table := t.NewTable(e2esvc.Columns(web.VIP(), web.NodePorts()), e2esvc.FromBackends(backends...))
			table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect(e2esvc.Names(backends...)...))
			t.Check(ctx, "backend on every node", table)
		})
	}

	// HNET-02
	f.It("should tell pods apart that share a hostPort by address and protocol", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		hostPort := e2esvc.HostPorts().HTTP
		address := t.Node(0).Address(t.Families[0])
		backends := t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "loopback", Node: 0, Tweak: onHostPort(v1.ProtocolTCP, e2esvc.Loopback(t.Families[0]), hostPort)},
			e2esvc.BackendSpec{Name: "tcp", Node: 0, Tweak: onHostPort(v1.ProtocolTCP, address, hostPort)},
			e2esvc.BackendSpec{Name: "udp", Node: 0, Tweak: onHostPort(v1.ProtocolUDP, address, hostPort)})
		overTCP, own := t.HostPort(hostPort, v1.ProtocolTCP)
		overUDP, _ := t.HostPort(hostPort, v1.ProtocolUDP)
		onFirst := matrix.ColumnsOn(t.Node(0).Name)
		ownFrom := e2esvc.FromAddress(address, own)
		check := func(phase string, tcp matrix.Expectation) {
			table := t.NewTable(e2esvc.Columns(overTCP, overUDP, own, ownFrom))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(overTCP, overUDP, own), matrix.Refuse())
			table.Expect(matrix.AllRows(), matrix.And(matrix.ColumnsIn(overTCP), onFirst), tcp)
			table.Expect(matrix.AllRows(), matrix.And(matrix.ColumnsIn(overUDP), onFirst), matrix.Connect("udp"))
			if t.Families[0] == v1.IPv4Protocol {
				table.Expect(hostOf(t.Node(0)), matrix.ColumnsIn(own), matrix.Connect("loopback"))
			} else {
				// Nothing that comes from the loopback address leaves it: Linux has
				// route_localnet for IPv4 only.
				table.Expect(hostOf(t.Node(0)), matrix.ColumnsIn(own), matrix.Implementation())
			}
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(ownFrom), matrix.NotProbed())
			table.Expect(hostOf(t.Node(0)), matrix.ColumnsIn(ownFrom), matrix.Connect("loopback"))
			t.Check(ctx, phase, table)
		}

		check("three pods", matrix.Connect("tcp"))
		t.DeleteBackend(ctx, backends[1])
		check("one of them deleted", matrix.Refuse())
	})

	// HNET-03. Not in parallel: a spec that speaks SCTP may make a kernel load the
	// module.
	f.It("should not make a node load SCTP for a pod with an SCTP hostPort", f.WithSerial(), func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		module := e2esvc.Columns(e2esvc.KernelModule("sctp"))
		hosts := matrix.RowsOfKind(matrix.SourceHost)
		before := t.NewTable(module)
		before.Expect(hosts, matrix.ColumnsIn(module), matrix.ConnectSome(e2esvc.ModuleLoaded, e2esvc.ModuleAbsent))
		before.Expect(matrix.Not(hosts), matrix.ColumnsIn(module), matrix.NotProbed())
		report := t.Check(ctx, "before", before)

		t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0, Tweak: func(_ *e2esvc.Backend, c *v1.Container) {
			c.Ports = []v1.ContainerPort{{HostPort: int32(e2esvc.HostPorts().HTTP), ContainerPort: 5060, Protocol: v1.ProtocolSCTP}}
		}})
		web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, v1.ProtocolTCP))
		after := t.NewTable(e2esvc.Columns(module, web.VIP()))
		after.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect("b1"))
		after.Expect(matrix.Not(hosts), matrix.ColumnsIn(module), matrix.NotProbed())
		for r, row := range report.Rows {
			for answer := range report.At(r, 0).Observed.Answers {
				after.Expect(matrix.RowNamed(row.Name), matrix.ColumnsIn(module), matrix.Connect(answer))
			}
		}
		t.Check(ctx, "pod with an SCTP hostPort", after)
	})
})

// onHostPort gives a backend's port for a protocol a port of its node.
func onHostPort(protocol v1.Protocol, address string, port int) func(*e2esvc.Backend, *v1.Container) {
	return func(b *e2esvc.Backend, c *v1.Container) {
		c.Ports = []v1.ContainerPort{{HostIP: address, HostPort: int32(port), ContainerPort: int32(b.Ports.Of(protocol)), Protocol: protocol}}
	}
}
