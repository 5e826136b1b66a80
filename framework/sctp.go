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
	"strings"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	e2eskipper "k8s.io/kubernetes/test/e2e/framework/skipper"

	"sigs.k8s.io/service-e2e/matrix"
)

// WithSCTP are the ports of a backend that serves SCTP too.
var WithSCTP = Ports{HTTP: httpPort, UDP: udpPort, SCTP: sctpPort}

// NeedSCTP skips the spec if a client cannot even open an SCTP socket: the
// kernel of its node lacks SCTP, or the module sctp is not loaded and pods may
// not cause that.
func (t *Topology) NeedSCTP(ctx context.Context) {
	ginkgo.GinkgoHelper()
	for i := range t.sources {
		row := t.sources[i].Row
		if row.Kind == matrix.SourceExternal {
			continue
		}
		loopback := map[v1.IPFamily]string{v1.IPv4Protocol: "127.0.0.1", v1.IPv6Protocol: "::1"}[t.Families[0]]
		seen, err := t.prober.Probe(ctx, Probe{Source: row.Name, Address: loopback, Port: closedPort, Protocol: v1.ProtocolSCTP, Tries: 1})
		framework.ExpectNoError(err, "trying SCTP from %s", row.Name)
		if reason := missingSCTP(seen.LastError); reason != "" {
			e2eskipper.Skipf("needs SCTP, which the kernel of %s lacks (module sctp): %s", row.Node, reason)
		}
	}
}

// missingSCTP returns what an error says if it says that there is no SCTP.
func missingSCTP(text string) string {
	for _, lack := range []string{"protocol not supported", "socket type not supported", "protocol not available"} {
		if strings.Contains(text, lack) {
			return lack
		}
	}
	return ""
}
