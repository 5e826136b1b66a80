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

package cluster

import (
	"os"
	"path/filepath"
	"slices"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

const (
	defaultStateRoot = "/var/lib/service-e2e"
	stateRootEnv     = "SERVICE_E2E_STATE"
)

// DefaultStateRoot is where clusters keep their state unless told otherwise.
func DefaultStateRoot() string {
	if root := os.Getenv(stateRootEnv); root != "" {
		return root
	}
	return defaultStateRoot
}

// Paths are the places of one cluster's state.
type Paths struct {
	// Dir holds everything else.
	Dir string
}

// PathsOf returns the places of the state of the named cluster.
func PathsOf(stateRoot, name string) Paths {
	return Paths{Dir: filepath.Join(stateRoot, name)}
}

// Kubeconfig is the administrator's kubeconfig.
func (p Paths) Kubeconfig() string { return filepath.Join(p.Dir, "kubeconfig") }

// Bin holds all programs of the cluster, and this one as Self.
func (p Paths) Bin() string { return filepath.Join(p.Dir, "bin") }

// Self is a copy of this program that lives as long as the cluster.
func (p Paths) Self() string { return filepath.Join(p.Bin(), "cluster") }

// CNI holds the plugins of the pod network.
func (p Paths) CNI() string { return filepath.Join(p.Dir, "cni") }

// PKI holds keys and certificates of the control plane.
func (p Paths) PKI() string { return filepath.Join(p.Dir, "pki") }

// Logs holds one file for each component.
func (p Paths) Logs() string { return filepath.Join(p.Dir, "logs") }

// Host is the directory of a host.
func (p Paths) Host(short string) string { return filepath.Join(p.Dir, "hosts", short) }

// Log is the log file of a component on a host.
func (p Paths) Log(short, component string) string {
	return filepath.Join(p.Logs(), componentName(short, component)+".log")
}

// HostLog is the log file of a host's process 1.
func (p Paths) HostLog(short string) string { return filepath.Join(p.Logs(), short+".log") }

func (p Paths) state() string { return filepath.Join(p.Dir, "cluster.json") }

// componentName tells components of different hosts apart. Those of which
// there is one are called by their own name.
func componentName(short, component string) string {
	if slices.Contains([]string{plan.ControlPlane, plan.External, ""}, short) {
		return component
	}
	return short + "-" + component
}
