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
	"strings"

	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/feature"
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// minimumBandwidth is what each transfer has to reach, in megabits per second: 10
// megabytes per second, which is little for a network of today and the limit that
// upstream's iperf2 spec and k8s-service-validator have.
const minimumBandwidth = 80

var _ = SIGDescribe("Services bandwidth", feature.NetworkingPerformance, func() {
	f := framework.NewDefaultFramework("bandwidth")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	// CIP-18, OLD-09, OLD-10. Nothing else may run meanwhile. How much slower the
	// ClusterIP is than the pod's own address is for the reader to judge.
	f.It("should be enough between all nodes by ClusterIP and by the address of the pod", f.WithSlow(), f.WithSerial(), func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		var specs []e2esvc.BackendSpec
		for i := range t.Nodes {
			specs = append(specs, e2esvc.BackendSpec{Name: fmt.Sprintf("b%d", i+1), Group: "web", Node: i, Pod: e2esvc.MeasuringBandwidth(t.Families...)})
		}
		backends := t.CreateBackends(ctx, specs...)
		web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, v1.ProtocolTCP))
		none := t.CreateService(ctx, "none", "nobody", e2esvc.BandwidthPort(80))
		var byIP, byVIP []matrix.Column
		for _, b := range backends {
			one := t.CreateService(ctx, b.Name, "", e2esvc.BandwidthPort(80), e2esvc.SelectingOnly(b.Name))
			byVIP = append(byVIP, one.VIP()...)
			byIP = append(byIP, e2esvc.BandwidthOf(b, t.Families[0]))
		}
		columns := e2esvc.Columns(byVIP, byIP)

		// First of all, that it is these pods which are reached, and that the
		// controls hold.
		table := t.NewTable(e2esvc.Columns(web.VIP(), none.VIP()))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), matrix.Connect(e2esvc.Names(backends...)...))
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("none"), matrix.Refuse())
		t.Check(ctx, "before", table)

		measured := t.MeasureBandwidth(ctx, "bandwidth", minimumBandwidth, columns)
		if below := measured.Below(minimumBandwidth); len(below) > 0 {
			framework.Failf("%d of %d transfers did not reach %d Mbit/s:\n%s\n%s",
				len(below), len(measured.Rows)*len(columns), minimumBandwidth, strings.Join(below, "\n"), measured)
		}
		// What measures nothing must not pass for a measurement.
		nothing := t.MeasureBandwidth(ctx, "no endpoints", 0, none.VIP())
		if below := nothing.Below(1); len(below) != len(nothing.Rows) {
			framework.Failf("a transfer to a Service without endpoints was measured:\n%s", nothing)
		}
	})
})
