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
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"

	"sigs.k8s.io/service-e2e/matrix"
)

// HealthCheck asks a healthCheckNodePort, as the load balancer outside does. The
// answers are [Health].
const HealthCheck Request = "health"

// Health is the answer of a healthCheckNodePort: the HTTP status and how many
// endpoints of the Service the node says it has (KEP-1669; kube-proxy's
// pkg/proxy/healthcheck). It is 200 if there are any, else 503.
func Health(localEndpoints int) string {
	status := 503
	if localEndpoints > 0 {
		status = 200
	}
	return healthAnswer(strconv.Itoa(status), localEndpoints)
}

func healthAnswer(status string, localEndpoints int) string {
	return fmt.Sprintf("%s:%d", status, localEndpoints)
}

// healthCheckTool asks with curl, because /dial does not tell the HTTP status. To start
// curl takes more of a machine than to ask a dozen times. What is wrong is told on
// standard output too, for that is how it stays with its try.
var healthCheckTool = tool{
	quick: true,
	marks: true,
	command: func(p Probe) string {
		url := fmt.Sprintf(" http://%s/healthz", net.JoinHostPort(p.Address, strconv.Itoa(p.Port)))
		return fmt.Sprintf(`curl -s -m %.0f -H 'Connection: close' -w '\n%%{errormsg}\n%%{http_code}%s%%{exitcode}\n'`,
			dialTimeout.Seconds(), escapedExitMark) + strings.Repeat(url, max(1, p.Tries))
	},
	parse: func(output, exitCode string) matrix.Observation {
		if exitCode != "0" {
			return failed(curlOutcome(exitCode), 1, shorten(output))
		}
		at := max(0, strings.LastIndex(output, "\n"))
		status := strings.TrimSpace(output[at:])
		// Implementations agree on the names but for upper and lower case.
		var health struct {
			LocalEndpoints *int `json:"localEndpoints"`
		}
		if err := json.Unmarshal([]byte(output[:at]), &health); err != nil || health.LocalEndpoints == nil {
			return answered(status+":?", 1)
		}
		return answered(healthAnswer(status, *health.LocalEndpoints), 1)
	},
}

// curlOutcome returns what an exit code of curl stands for.
func curlOutcome(exitCode string) matrix.Outcome {
	switch exitCode {
	case "6":
		return matrix.NoSuchName
	case "7":
		return matrix.Refused
	case "28":
		return matrix.TimedOut
	case "52", "55", "56":
		return matrix.Unreachable // accepted, and then torn down
	default:
		return matrix.Error
	}
}
