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
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"sigs.k8s.io/service-e2e/matrix"
)

// PodClient is a pod that runs agnhost netexec and can make probes.
type PodClient struct {
	Namespace, Pod string
	// Port is where its HTTP server listens.
	Port int
}

// NewPodProber returns a prober for programs that bring their own pods, such
// as the benchmark. Its sources are the pods, each under the pod's own name.
func NewPodProber(client clientset.Interface, config *rest.Config, pods ...PodClient) Prober {
	prober := newAgnhostProber(client, config)
	for _, pod := range pods {
		prober.add(&source{Row: matrix.Row{Name: pod.Pod}, Namespace: pod.Namespace, Pod: pod.Pod, Port: pod.Port})
	}
	return prober
}
