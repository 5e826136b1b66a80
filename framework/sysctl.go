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
	"sync"

	"sigs.k8s.io/service-e2e/matrix"
)

// sysctlRequest is the request for the value of a setting of a source's kernel.
const sysctlRequest = "sysctl"

// Sysctl returns the column that asks a source for a setting of its kernel, by
// its path below /proc/sys. The answer is the value; NX is for a kernel without
// that setting.
func (t *Topology) Sysctl(label, path string) matrix.Column {
	return matrix.Column{
		Name:    label,
		Kind:    matrix.FrontendOther,
		Role:    matrix.RoleSubject,
		Address: path,
		Request: sysctlRequest,
	}
}

// sysctlTool reads it.
var sysctlTool = tool{
	command: func(p Probe) string { return "cat " + quoted("/proc/sys/"+p.Address) },
	parse: func(output, exitCode string) matrix.Observation {
		if exitCode != "0" {
			return failed(matrix.NoSuchName, 1, shorten(output))
		}
		return answered(shorten(output), 1)
	},
}

// askSysctl returns the values of a setting of the kernels of sources, in their order;
// empty for one that does not tell.
func askSysctl(ctx context.Context, prober Prober, sources []source, path string) []string {
	values := make([]string, len(sources))
	var wg sync.WaitGroup
	for i, s := range sources {
		wg.Go(func() {
			seen, err := prober.Probe(ctx, Probe{Source: s.Row.Name, Address: path, Request: sysctlRequest, Tries: 1})
			for value := range seen.Answers {
				if err == nil {
					values[i] = value
				}
			}
		})
	}
	wg.Wait()
	return values
}
