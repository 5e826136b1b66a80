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
	"net"
	"strconv"
	"strings"

	"sigs.k8s.io/service-e2e/matrix"
)

// APIServer asks a Kubernetes API server for its version, without credentials. If
// it is one that answers, whatever it allows, the answer is [IsAPIServer].
const APIServer Request = "apiserver"

// IsAPIServer is the answer of an API server.
const IsAPIServer = "apiserver"

// AskingAPIServer turns columns into ones that speak to an API server.
func AskingAPIServer(columns []matrix.Column) []matrix.Column {
	return asking(columns, "%s", string(APIServer))
}

// apiServerTool asks with curl. Certificates are not the question here.
var apiServerTool = tool{
	command: func(p Probe) string {
		return fmt.Sprintf("curl -sSk -m %.0f https://%s/version", dialTimeout.Seconds(), net.JoinHostPort(p.Address, strconv.Itoa(p.Port)))
	},
	parse: func(output, exitCode string) matrix.Observation {
		switch {
		case exitCode != "0":
			return failed(curlOutcome(exitCode), 1, shorten(output))
		case strings.Contains(output, `"gitVersion"`), strings.Contains(output, `"kind": "Status"`):
			return answered(IsAPIServer, 1)
		default:
			return answered(shorten(output), 1)
		}
	},
}
