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
	"net"
	"strings"

	"sigs.k8s.io/service-e2e/matrix"
)

// environmentRequest is the word that requests for environment variables begin
// with.
const environmentRequest = "env"

// Environment returns the column that asks a source for the environment variables
// by which a Service is known to pods that were created after it. The answers are
// [SRVRecord]; if there are none it is NX.
func (t *Topology) Environment(service string) matrix.Column {
	variable := strings.ToUpper(strings.ReplaceAll(service, "-", "_"))
	return matrix.Column{
		Name:    service + " env",
		Kind:    matrix.FrontendOther,
		Role:    matrix.RoleSubject,
		Address: variable + "_SERVICE_HOST",
		Request: environmentRequest + ":" + variable,
	}
}

// environmentTool asks with printenv.
var environmentTool = tool{
	command: func(p Probe) string {
		_, variable, _ := strings.Cut(string(p.Request), ":")
		return "printenv " + quoted(variable+"_SERVICE_HOST") + " " + quoted(variable+"_SERVICE_PORT")
	},
	parse: func(output, exitCode string) matrix.Observation {
		values := strings.Fields(output)
		switch {
		case exitCode == "0" && len(values) == 2:
			return answered(Records(net.JoinHostPort(values[0], values[1])), 1)
		case exitCode == "1" && len(values) == 0:
			return failed(matrix.NoSuchName, 1, "there are no such environment variables")
		default:
			return failed(matrix.Error, 1, "environment variables: "+shorten(output))
		}
	},
}
