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

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// A further range of ClusterIPs, by IP family: TEST-NET-3 (RFC 5737) and a part
// of the prefix for documentation (RFC 3849), which no cluster uses by itself.
var (
	furtherRange  = map[v1.IPFamily]string{v1.IPv4Protocol: "203.0.113.0/28", v1.IPv6Protocol: "2001:db8:cb00::/64"}
	inFurther     = map[v1.IPFamily]string{v1.IPv4Protocol: "203.0.113.5", v1.IPv6Protocol: "2001:db8:cb00::5"}
	freeInFurther = map[v1.IPFamily]string{v1.IPv4Protocol: "203.0.113.9", v1.IPv6Protocol: "2001:db8:cb00::9"}
)

// Serial: while the range is there, Services of others may get an address of it,
// and then it cannot be removed.
var _ = SIGDescribe("Services in several ServiceCIDRs", func() {
	f := framework.NewDefaultFramework("service-cidr")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	// CIP-19
	f.It("should be served in each of them", f.WithSerial(), f.WithDisruptive(), func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.NeedDisruption()
		family := t.Families[0]
		backends := t.BackendPerNode(ctx, "web")
		tcp, udp := e2esvc.ServicePort(80, v1.ProtocolTCP), e2esvc.WithPort(e2esvc.ServicePort(80, v1.ProtocolUDP))
		create := func(name string, tweaks ...func(*v1.Service)) *e2esvc.Service {
			return t.CreateService(ctx, name, "web", tcp, append(tweaks, udp, e2esvc.OfType(v1.ServiceTypeNodePort))...)
		}
		// Before the further range is there: the API server takes the ranges in no order,
		// and with an address of that one this Service would keep it from being deleted.
		usual := create("usual")
		t.CreateServiceCIDR(ctx, "service-e2e-further", furtherRange[family])
		further := create("further", e2esvc.WithClusterIP(inFurther[family]))
		free := e2esvc.AtAddress(further.VIP(), "free address of the range", freeInFurther[family])
		all := matrix.Connect(e2esvc.Names(backends...)...)

		table := t.NewTable(e2esvc.Columns(usual.VIP(), further.VIP(), further.NodePorts(), free))
		table.Expect(matrix.AllRows(), matrix.Or(matrix.ColumnsOfService("usual"), matrix.ColumnsOfService("further")), all)
		// kube-proxy drops it in nftables mode, and lets it pass in iptables mode.
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(free), matrix.Implementation())
		t.Check(ctx, "a Service in each range", table)

		further.Delete(ctx)
		gone := further.VIP()
		table = t.NewTable(e2esvc.Columns(usual.VIP(), gone))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("usual"), all)
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(gone), matrix.Fail())
		t.Check(ctx, "that of the further range deleted", table, e2esvc.Hold(holdAfterRemoval))
	})
})
