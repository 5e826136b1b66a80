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

// forwardedZone is one that nobody else has (RFC 6761 section 6.5).
const forwardedZone = "service-e2e.example."

// outsideAddress is what its name server says, an address of nobody's.
var outsideAddress = map[v1.IPFamily]string{v1.IPv4Protocol: "192.0.2.77", v1.IPv6Protocol: "2001:db8::77"}

// The cluster's DNS is changed for a while, and its pods are restarted.
var _ = SIGDescribe("Services ExternalName by a forwarded zone", func() {
	f := framework.NewDefaultFramework("dns-forward")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	// EXN-02
	f.It("should lead to what the name server of the zone says while it is forwarded there", f.WithSerial(), f.WithDisruptive(), func(ctx context.Context) {
		t := e2esvc.NewTopology(ctx, f)
		t.NeedDisruption()
		const target = "target." + forwardedZone
		address := outsideAddress[t.Families[0]]
		record := e2esvc.AddressRecord(t.Families[0])
		server := t.CreateNameServer(ctx, map[string]string{target: address})
		// Where the cluster's DNS asks in vain outside, the C library finds nothing or
		// gets no answer in time, and cannot tell these apart; dig can. That it finds
		// nothing holds all the same: see below.
		unknown, notFound := matrix.Fail(), matrix.Implementation()
		if t.ResolvesOutside(ctx) {
			unknown, notFound = matrix.NoName(), matrix.NoName()
		}
		t.CreateService(ctx, "alias", "nobody", e2esvc.ServicePort(80, v1.ProtocolTCP), aliasOf(target))
		alias := aliasQueries(t, "alias")
		queries := e2esvc.Columns(t.DNS("target", target, record), t.DNS("target", target, record+"/tcp"))
		lookup := e2esvc.Columns(t.Lookup("target", target))
		cname := target[:len(target)-1]
		check := func(phase string, forwarded bool) {
			table := t.NewTable(e2esvc.Columns(alias.all(), queries, lookup))
			if forwarded {
				alias.expect(table, cname, address)
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(queries, lookup), matrix.Connect(address))
			} else {
				// The alias is there, but leads nowhere; how a server says that
				// is its own affair.
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(alias.alias, alias.address), matrix.Implementation())
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(queries), unknown)
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(alias.lookup, lookup), notFound)
			}
			report := t.Check(ctx, phase, table)
			if forwarded {
				return
			}
			lookups := matrix.ColumnsIn(alias.lookup, lookup)
			for r, row := range report.Rows {
				for c, column := range report.Columns {
					if seen := report.At(r, c).Observed; lookups.Matches(column) && seen.Failures() < seen.Tries() {
						framework.Failf("%s -> %s found an address in phase %q: %v", row.Name, column.Name, phase, seen.Answers)
					}
				}
			}
		}

		check("not forwarded", false)
		t.ForwardZone(ctx, forwardedZone, server)
		check("forwarded", true)
		t.ForwardNothing(ctx)
		check("not forwarded any more", false)
	})
})
