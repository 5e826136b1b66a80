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
	"fmt"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/test/e2e/framework"
	e2epod "k8s.io/kubernetes/test/e2e/framework/pod"
	"k8s.io/utils/ptr"
)

// scratch is the directory that an evictable backend must not fill.
const scratch = "/scratch"

// Evictable gives a backend's pod a volume with so small a limit that
// [Topology.Evict] can exceed it.
func Evictable(pod *v1.Pod) {
	pod.Spec.Volumes = append(pod.Spec.Volumes, v1.Volume{Name: "scratch", VolumeSource: v1.VolumeSource{
		EmptyDir: &v1.EmptyDirVolumeSource{SizeLimit: ptr.To(resource.MustParse("1Mi"))},
	}})
	server := &pod.Spec.Containers[0]
	server.VolumeMounts = append(server.VolumeMounts, v1.VolumeMount{Name: "scratch", MountPath: scratch})
}

// Evict makes the kubelet evict a backend, for writing more than it may to a
// volume, and waits until its pod is done. The pod stays, with its labels and its
// address.
//
// It is done in phase Failed or Succeeded: when the server heeds SIGTERM and exits
// with 0 before the kubelet has written down the eviction, that counts
// (https://github.com/kubernetes/kubernetes/issues/141483). Otherwise a pod that is
// always restarted never ends.
func (t *Topology) Evict(ctx context.Context, b *Backend) {
	ginkgo.GinkgoHelper()
	ginkgo.By("evicting " + b.Name)
	fill := fmt.Sprintf("head -c 4194304 /dev/zero > %s/full", scratch)
	_, _, err := e2epod.ExecShellInPodWithFullOutput(ctx, t.f, b.Pod.Name, fill)
	framework.ExpectNoError(err, "filling the volume of backend %s", b.Name)
	err = e2epod.WaitForPodCondition(ctx, t.f.ClientSet, b.Pod.Namespace, b.Pod.Name, "evicted", t.f.Timeouts.PodStart,
		func(pod *v1.Pod) (bool, error) {
			return podutil.IsPodTerminal(pod), nil
		})
	framework.ExpectNoError(err, "waiting until the kubelet has evicted backend %s", b.Name)
	t.awaitWithdrawn(ctx, b.Pod)
	t.forget(b)
}
