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
	"math/rand/v2"
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

// fromPortRequest is the word that requests by [FromPort] begin with.
const fromPortRequest = "fromPort"

// portsInUse is how many ports past the first one a try may take, because those of
// earlier tries are in TIME_WAIT.
const portsInUse = 40

// FromPort turns TCP columns into ones that ask from one and the same source port
// until a try has connected, and then from the next one, because the first stays in
// use for a minute. Each column has ports of its own.
func FromPort(columns []matrix.Column) []matrix.Column {
	first := rand.IntN(sourcePorts)
	var all []matrix.Column
	for i, column := range columns {
		port := firstSourcePort + (first+i*portsInUse)%sourcePorts
		all = append(all, asking([]matrix.Column{column}, "%s from one port", fmt.Sprintf("%s:%d-%d", fromPortRequest, port, port+portsInUse-1))...)
	}
	return all
}

// fromChosenPort tells whether a column is one of [FromPort], whose ports no kernel
// gives to other connections.
func fromChosenPort(column matrix.Column) bool {
	return strings.HasPrefix(string(column.Request), fromPortRequest+":")
}

var (
	fromTool     = curlFrom("--interface")
	fromPortTool = curlFrom("--local-port")
)

// curlFrom returns the tool that asks with curl, for /dial chooses neither address nor
// port. The option takes what is behind the first word of the request.
func curlFrom(option string) tool {
	return tool{
		command: func(p Probe) string {
			_, value, _ := strings.Cut(string(p.Request), ":")
			return fmt.Sprintf("curl -sSg -m %.0f %s %s 'http://%s/envvar?var=%s'",
				dialTimeout.Seconds(), option, value, net.JoinHostPort(p.Address, strconv.Itoa(p.Port)), identityVariable)
		},
		parse: func(output, exitCode string) matrix.Observation {
			if exitCode != "0" {
				return failed(curlOutcome(exitCode), 1, shorten(output))
			}
			return answered(shorten(output), 1)
		},
	}
}
