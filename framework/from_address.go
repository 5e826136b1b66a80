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

// fromRequest is the word that requests by [FromAddress] begin with.
const fromRequest = "from"

// FromAddress turns TCP columns into ones that ask from an address of the source,
// which has to be its own, instead of the one that its kernel would choose.
func FromAddress(address string, columns []matrix.Column) []matrix.Column {
	return asking(columns, "%s from "+address, fromRequest+":"+address)
}

// fromTool asks with curl, for /dial chooses no address.
var fromTool = tool{
	command: func(p Probe) string {
		_, address, _ := strings.Cut(string(p.Request), ":")
		return fmt.Sprintf("curl -sSg -m %.0f --interface %s 'http://%s/envvar?var=%s'",
			dialTimeout.Seconds(), address, net.JoinHostPort(p.Address, strconv.Itoa(p.Port)), identityVariable)
	},
	parse: func(output, exitCode string) matrix.Observation {
		if exitCode != "0" {
			return failed(curlOutcome(exitCode), 1, shorten(output))
		}
		return answered(shorten(output), 1)
	},
}
