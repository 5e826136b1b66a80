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
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sigs.k8s.io/service-e2e/matrix"
)

func TestFromAddress(t *testing.T) {
	plain := []matrix.Column{{Name: "loopback:80/TCP", Address: "::1", Port: 80}}
	column := FromAddress("fd00::11", plain)[0]
	if plain[0].Request != "" {
		t.Error("the columns have been changed")
	}
	asked := toolOf(Request(column.Request))
	if asked == nil {
		t.Fatalf("%q has no tool", column.Request)
	}
	command := asked.command(Probe{Address: column.Address, Port: column.Port, Request: Request(column.Request)})
	if want := "--interface fd00::11 'http://[::1]:80/envvar?var=" + identityVariable + "'"; !strings.Contains(command, want) {
		t.Errorf("got %s, want %s", command, want)
	}
	for _, tc := range []struct {
		output, exitCode string
		want             matrix.Observation
	}{
		{"ns/b1", "0", answered("ns/b1", 1)},
		{"curl: (7) Failed to connect", "7", failed(matrix.Refused, 1, "curl: (7) Failed to connect")},
		{"curl: (45) bind failed", "45", failed(matrix.Error, 1, "curl: (45) bind failed")},
	} {
		if diff := cmp.Diff(tc.want, asked.parse(tc.output, tc.exitCode)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}

func TestFromPort(t *testing.T) {
	plain := []matrix.Column{{Name: "VIP:80/TCP", Address: "10.96.0.9", Port: 80}, {Name: "NP/TCP", Address: "172.18.0.11", Port: 30080}}
	seen := map[int]string{}
	for _, column := range FromPort(plain) {
		asked := toolOf(Request(column.Request))
		if asked == nil {
			t.Fatalf("%q has no tool", column.Request)
		}
		command := asked.command(Probe{Address: column.Address, Port: column.Port, Request: Request(column.Request)})
		_, options, _ := strings.Cut(command, "--local-port ")
		var first, last int
		if _, err := fmt.Sscanf(options, "%d-%d ", &first, &last); err != nil || last < first {
			t.Errorf("%s: %v", command, err)
		}
		for port := first; port <= last; port++ {
			if seen[port] != "" {
				t.Errorf("%s and %s both ask from port %d", seen[port], column.Name, port)
			}
			seen[port] = column.Name
		}
	}
}
