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
	"net"
	"strconv"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	e2eskipper "k8s.io/kubernetes/test/e2e/framework/skipper"
	admissionapi "k8s.io/pod-security-admission/api"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// Whether node ports are there on a node's loopback address is up to the Service
// proxy: kube-proxy's iptables mode has them on 127.0.0.1 unless it is told not to
// (--iptables-localhost-nodeports), nftables mode behind a feature gate, and no
// kernel has them on ::1. What is promised is that nodes agree, and that it is the
// node port of the Service which is there, if anything is.
var _ = SIGDescribe("Services loopback node ports", func() {
	f := framework.NewDefaultFramework("loopback")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		// NP-05, AFF-13, BEY-43
		f.It(fmt.Sprintf("should be the same on all nodes and nowhere in pods over %s", protocol), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			names := e2esvc.Names(t.BackendPerNode(ctx, "web")...)
			create := func(name string, tweaks ...func(*v1.Service)) *e2esvc.Service {
				return t.CreateService(ctx, name, "web", e2esvc.ServicePort(80, protocol), append(tweaks, e2esvc.OfType(v1.ServiceTypeNodePort), e2esvc.DualStack())...)
			}
			loose, sticky := create("loose"), create("sticky", clientIP(time.Hour))
			local := create("local", externally(v1.ServiceExternalTrafficPolicyLocal), e2esvc.SelectingOnly(names[0]))
			columns := e2esvc.Columns(loose.Loopbacks(), sticky.Loopbacks(), local.Loopbacks())
			hosts := matrix.RowsOfKind(matrix.SourceHost)
			newTable := func() *e2esvc.Table {
				// Node ports on the nodes' own addresses show that these are
				// Services that work.
				table := t.NewTable(e2esvc.Columns(columns, loose.NodePorts()))
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(loose.NodePorts()), matrix.Connect(names...))
				// A pod's loopback address is the pod's.
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(columns), matrix.Refuse())
				table.Expect(hosts, matrix.ColumnsIn(columns), matrix.Implementation())
				return table
			}

			report := t.Check(ctx, "which there are", newTable())
			table := newTable()
			for _, service := range []*e2esvc.Service{loose, sticky} {
				expected := matrix.Connect(names...)
				if service == sticky {
					expected = matrix.Pinned(names...)
				}
				for _, column := range service.Loopbacks() {
					if anyConnected(report, hosts, column) {
						table.Expect(hosts, matrix.ColumnNamed(column.Name), expected)
					} else {
						table.Expect(hosts, matrix.ColumnNamed(column.Name), matrix.Fail())
					}
				}
			}
			for _, column := range local.Loopbacks() {
				if anyConnected(report, hosts, column) {
					// Where there is no endpoint it is up to the proxy whether
					// the policy applies to a node's own clients.
					table.Expect(hostOf(t.Node(0)), matrix.ColumnNamed(column.Name), matrix.Connect(names[0]))
				}
			}
			t.Check(ctx, "alike on all nodes", table)
		})
	}

	// NP-06: what such node ports are used for most.
	f.It("should let every node pull an image from a registry behind one of them", func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 1, Pod: t.ServingImages(ctx)})
		web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, v1.ProtocolTCP), e2esvc.OfType(v1.ServiceTypeNodePort))
		registry := t.CreateService(ctx, "registry", "web", e2esvc.RegistryPort(80), e2esvc.OfType(v1.ServiceTypeNodePort))
		hosts := matrix.RowsOfKind(matrix.SourceHost)
		table := t.NewTable(web.Loopbacks())
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Refuse())
		table.Expect(hosts, matrix.ColumnsOfService("web"), matrix.Implementation())
		report := t.Check(ctx, "which there are", table)
		if !anyConnected(report, hosts, web.Loopbacks()[0]) {
			e2eskipper.Skipf("needs node ports on the loopback address, which the Service proxy does not have here")
		}

		unallocated := t.UnallocatedNodePort(ctx, v1.ProtocolTCP)[0]
		at := func(port int) string { return net.JoinHostPort(e2esvc.Loopback(t.Families[0]), strconv.Itoa(port)) }
		for _, node := range t.Nodes {
			address := at(int(registry.Spec.Ports[0].NodePort))
			if trouble := t.Pull(ctx, node, address); trouble != "" {
				framework.Failf("node %s cannot pull an image from the registry at %s, a node port of Service registry: %s", node.Name, address, trouble)
			}
			if t.Pull(ctx, node, at(unallocated.Port)) == "" {
				framework.Failf("node %s says it has pulled an image from port %d, where nobody should be", node.Name, unallocated.Port)
			}
		}
	})
})

// anyConnected tells whether a column was answered to any of the rows.
func anyConnected(report *matrix.Report, rows matrix.RowSelector, column matrix.Column) bool {
	for c := range report.Columns {
		if report.Columns[c].Name != column.Name {
			continue
		}
		for r, row := range report.Rows {
			if rows.Matches(row) && report.At(r, c).Observed.Connects() > 0 {
				return true
			}
		}
	}
	return false
}
