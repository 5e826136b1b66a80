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
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "k8s.io/api/core/v1"

	"sigs.k8s.io/service-e2e/matrix"
)

func TestFixedPort(t *testing.T) {
	topology := &Topology{}
	columns := []matrix.Column{{Name: "web VIP:80/UDP", Address: "10.96.0.4", Port: 80}, {Name: "web NP/UDP@n1", Address: "10.0.0.1", Port: 30000}}
	seen := map[string]bool{}
	for _, column := range append(topology.FixedPort(columns), topology.FixedPort(columns)...) {
		if seen[column.Request] || seen[column.Name] {
			t.Errorf("%q and %q are not unique", column.Name, column.Request)
		}
		seen[column.Request], seen[column.Name] = true, true
		if !hasFixedPort(column) || toolOf(Request(column.Request)) == nil {
			t.Errorf("%q has no fixed port", column.Request)
		}
	}
	if hasFixedPort(columns[0]) {
		t.Error("the columns have been changed")
	}
}

func TestFixedPortCommand(t *testing.T) {
	for address, want := range map[string]string{
		"10.96.0.4":     "socat -t0 UDP4:10.96.0.4:80,sourceport=12345 ",
		"fd00:10:96::4": "socat -t0 UDP6:[fd00:10:96::4]:80,sourceport=12345 ",
	} {
		command := fixedPortTool.command(Probe{Address: address, Port: 80, Protocol: v1.ProtocolUDP, Request: "sourceport:12345"})
		if !strings.Contains(command, want) || !strings.Contains(command, "envvar "+identityVariable) {
			t.Errorf("got %s, want %s", command, want)
		}
	}
}

func TestFixedPortReply(t *testing.T) {
	for name, tc := range map[string]struct {
		output, exitCode string
		want             matrix.Observation
	}{
		"answer":                       {"ns/b1\n", "0", answered("ns/b1", 1)},
		"empty":                        {"", "0", answered(unidentified, 1)},
		"refused":                      {"2026/11/21 16:15:21 socat[273] E read(5, 0x561f2c2c0000, 8192): Connection refused\n", "1", failed(matrix.Refused, 1, "")},
		"refused, which ends the wait": {"2026/11/21 16:15:21 socat[273] E read(5, 0x561f2c2c0000, 8192): Connection refused\nno answer\n", "1", failed(matrix.Refused, 1, "")},
		"silence":                      {"no answer\n2026/11/21 16:15:22 socat[278] E waitpid(): child 279 exited with status 1\n", "1", failed(matrix.TimedOut, 1, "")},
		"silence, and no exit code":    {"no answer\n", "0", failed(matrix.TimedOut, 1, "")},
		"no way":                       {"2026/11/21 16:15:22 socat[278] E read(5, 0x0, 8192): No route to host\n", "1", failed(matrix.Unreachable, 1, "")},
		"own filter": {"2026/11/21 16:15:22 socat[278] E write(5, 0x0, 14): Operation not permitted\n", "1",
			failed(matrix.Prohibited, 1, "")},
		"port taken": {"2026/11/21 16:15:22 socat[278] E bind(5, {AF=2 0.0.0.0:12345}, 16): Address already in use\n", "1", failed(matrix.Error, 1, "")},
	} {
		t.Run(name, func(t *testing.T) {
			got := fixedPortTool.parse(tc.output, tc.exitCode)
			got.LastError = ""
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
