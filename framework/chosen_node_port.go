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

	"github.com/onsi/ginkgo/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	e2eservice "k8s.io/kubernetes/test/e2e/framework/service"
)

const (
	// unlikelyAllocated is how many node ports there are at the beginning of
	// the default range that the allocator hands out only when all others are
	// gone (KEP-3668).
	unlikelyAllocated = 86
	// chosenNodePorts is how many of these, the last ones, are there for
	// [Topology.ChooseNodePorts].
	chosenNodePorts = 48
	// chosenPerProcess is how many of them a Ginkgo process has to itself, as
	// long as there are not more processes than that makes.
	chosenPerProcess = 4
)

// ChooseNodePorts returns node ports that nobody has, for a spec that wants to say
// which it gets: one that gives a port back and takes it again, for instance. The
// allocator gives them to nobody else, and neither does another spec of the run.
func (t *Topology) ChooseNodePorts(ctx context.Context, count int) []int32 {
	ginkgo.GinkgoHelper()
	used := t.usedNodePorts(ctx)
	first := unlikelyAllocated - chosenNodePorts
	mine := (ginkgo.GinkgoParallelProcess() - 1) * chosenPerProcess
	var ports []int32
	for i := 0; i < chosenNodePorts && len(ports) < count; i++ {
		port := int32(e2eservice.NodePortRange.Base + first + (mine+i)%chosenNodePorts)
		if !used[port] {
			ports = append(ports, port)
		}
	}
	if len(ports) < count {
		framework.Failf("all but %d of the node ports from %d to %d are in use; the spec needs %d",
			len(ports), e2eservice.NodePortRange.Base+first, e2eservice.NodePortRange.Base+unlikelyAllocated-1, count)
	}
	return ports
}

// usedNodePorts returns the node ports that Services have.
func (t *Topology) usedNodePorts(ctx context.Context) map[int32]bool {
	ginkgo.GinkgoHelper()
	services, err := t.f.ClientSet.CoreV1().Services(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	framework.ExpectNoError(err, "listing the node ports in use")
	used := map[int32]bool{}
	for _, service := range services.Items {
		used[service.Spec.HealthCheckNodePort] = true
		for _, port := range service.Spec.Ports {
			used[port.NodePort] = true
		}
	}
	return used
}
