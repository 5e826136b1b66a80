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

	v1 "k8s.io/api/core/v1"

	"sigs.k8s.io/service-e2e/matrix"
)

// pingRequest asks for an ICMP echo.
const pingRequest = "ping"

// IsAlive is the answer of an address that echoes.
const IsAlive = "alive"

// Pinging turns columns into ones that send an ICMP echo request to their address;
// the port does not matter. The answer is [IsAlive].
func Pinging(columns []matrix.Column) []matrix.Column {
	return asking(columns, "ping %s", pingRequest)
}

// pingTool asks with ping, whose exit code tells that somebody has answered.
var pingTool = tool{
	command: func(p Probe) string {
		version := 4
		if ipFamily(p.Address) == v1.IPv6Protocol {
			version = 6
		}
		return fmt.Sprintf("ping -%d -n -c 1 -W 1 %s 2>&1", version, p.Address)
	},
	parse: func(output, exitCode string) matrix.Observation {
		lower := strings.ToLower(output)
		switch {
		case exitCode == "0":
			return answered(IsAlive, 1)
		case strings.Contains(lower, "port unreachable"), strings.Contains(lower, "connection refused"):
			return failed(matrix.Refused, 1, shorten(output))
		case strings.Contains(lower, "unreachable"), strings.Contains(lower, "time to live exceeded"):
			return failed(matrix.Unreachable, 1, shorten(output))
		case exitCode == "1" && strings.Contains(lower, "100% packet loss"):
			return failed(matrix.TimedOut, 1, "no echo")
		default:
			return failed(matrix.Error, 1, shorten(output))
		}
	},
}
