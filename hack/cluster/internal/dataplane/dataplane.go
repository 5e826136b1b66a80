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

package dataplane

import (
	"sigs.k8s.io/service-e2e/hack/cluster/internal/host"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/pki"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

// DataPlane is an implementation of the pod network and of Services.
type DataPlane interface {
	// Files returns the files that a node needs, by path.
	Files(c *plan.Cluster, node plan.Node, authority *pki.Authority) (map[string]string, error)
	// Services returns the programs that run on a node.
	Services(c *plan.Cluster, node plan.Node, logFile func(string) string) []host.Service
	// Missing says what the machine's kernel lacks for it; nil if nothing.
	Missing(c *plan.Cluster) error
}

// For returns the data plane that the options of the cluster ask for.
func For(*plan.Cluster) DataPlane {
	return kubeProxy{}
}
