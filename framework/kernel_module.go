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

	"sigs.k8s.io/service-e2e/matrix"
)

// kernelModuleRequest is the word that requests by [KernelModule] begin with.
const kernelModuleRequest = "module"

// Answers to [KernelModule].
const (
	ModuleLoaded = "loaded"
	ModuleAbsent = "not-loaded"
)

// KernelModule returns the column that asks the sources whether the kernel of
// their node has loaded a module. The answers are [ModuleLoaded] and
// [ModuleAbsent]; one that is part of the kernel itself counts as absent.
func KernelModule(module string) matrix.Column {
	return matrix.Column{
		Name:    "module " + module,
		Kind:    matrix.FrontendOther,
		Role:    matrix.RoleSubject,
		Address: module,
		Request: kernelModuleRequest + ":" + module,
	}
}

// kernelModuleTool reads /proc/modules, which a container has too. Without any
// module there is no such file.
var kernelModuleTool = tool{
	command: func(p Probe) string {
		_, module, _ := strings.Cut(string(p.Request), ":")
		return "grep -qs " + quoted("^"+module+" ") + " /proc/modules && echo " + ModuleLoaded + " || echo " + ModuleAbsent
	},
	parse: func(output, exitCode string) matrix.Observation {
		if answer := strings.TrimSpace(output); exitCode == "0" && (answer == ModuleLoaded || answer == ModuleAbsent) {
			return answered(answer, 1)
		}
		return failed(matrix.Error, 1, shorten(output))
	},
}
