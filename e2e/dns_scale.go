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
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

const (
	// manyServices is how many Services there are at once. Upstream's spec
	// has 10000, which is about the scale of the API; a wrong or missing record
	// among many shows with fewer.
	manyServices = 500
	// sampledServices is how many of them are looked up and reached.
	sampledServices = 20
)

var _ = SIGDescribe("Services in large numbers", func() {
	// The usual limit of 20 requests a second is meant for people.
	f := framework.NewFramework("dns-scale", framework.Options{ClientQPS: 200, ClientBurst: 200}, nil)
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	// DNS-13
	f.It("should each be resolved and reached", f.WithSlow(), f.WithSerial(), func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.CreateBackends(ctx,
			e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0},
			e2esvc.BackendSpec{Name: "b2", Group: "web", Node: 1})
		var names, reached []matrix.Column
		var samples []*e2esvc.Service
		record := e2esvc.AddressRecord(t.Families[0])
		for i := range manyServices {
			service := t.CreateService(ctx, fmt.Sprintf("web-%03d", i), "web", e2esvc.ServicePort(80, v1.ProtocolTCP))
			if i%(manyServices/sampledServices) == 0 {
				samples = append(samples, service)
				names = append(names, t.DNS(service.Name, t.DNSName(service.Name), record))
				reached = append(reached, service.VIP()...)
			}
		}
		expect := func() *e2esvc.Table {
			table := t.NewTable(e2esvc.Columns(names, reached))
			table.Expect(matrix.AllRows(), matrix.ColumnsIn(reached), matrix.Connect("b1", "b2"))
			for i, service := range samples {
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(names[i:i+1]), matrix.Connect(e2esvc.VIPRecord(service.Name)))
			}
			return table
		}

		t.Check(ctx, fmt.Sprintf("%d Services", manyServices), expect())

		last := len(samples) - 1
		samples[last].Delete(ctx)
		table := expect()
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(names[last:]), matrix.NoName())
		table.Expect(matrix.AllRows(), matrix.ColumnsIn(reached[last:]), matrix.Fail())
		t.Check(ctx, "one deleted", table, e2esvc.Hold(holdAfterRemoval))
	})
})
