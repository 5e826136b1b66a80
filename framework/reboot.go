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
	"strings"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	e2eskipper "k8s.io/kubernetes/test/e2e/framework/skipper"
)

// Reboot is a node that is being rebooted.
type Reboot struct {
	t    *Topology
	node Node
	// before are the containers of our pods on the node, by pod.
	before map[string]string
}

// NeedReboot skips the spec if nobody says how to reboot a node.
func (t *Topology) NeedReboot() {
	ginkgo.GinkgoHelper()
	if clusterExtension().NodeReboot == "" {
		e2eskipper.Skipf("needs to know how to reboot a node, which the kubeconfig does not tell")
	}
}

// Reboot reboots a node as a power failure does, and returns when it boots. With
// it go the sources on it, and the backends, until [Reboot.AwaitBack].
func (t *Topology) Reboot(ctx context.Context, node Node) *Reboot {
	ginkgo.GinkgoHelper()
	r := &Reboot{t: t, node: node, before: map[string]string{}}
	pods, err := r.pods(ctx)
	framework.ExpectNoError(err, "listing the pods on %s", node.Name)
	for i := range pods {
		r.before[pods[i].Name] = containerOf(&pods[i])
	}
	ginkgo.By("rebooting " + node.Name)
	_, err = runCommand(ctx, append(strings.Fields(clusterExtension().NodeReboot), node.Name))
	framework.ExpectNoError(err, "rebooting %s", node.Name)
	return r
}

// pods returns the pods of the run's and the spec's own namespace on the node.
func (r *Reboot) pods(ctx context.Context) ([]v1.Pod, error) {
	var pods []v1.Pod
	for _, namespace := range []string{sharedNamespace(shared.Run), r.t.f.Namespace.Name} {
		list, err := r.t.f.ClientSet.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{FieldSelector: "spec.nodeName=" + r.node.Name})
		if err != nil {
			return nil, err
		}
		pods = append(pods, list.Items...)
	}
	return pods, nil
}

// containerOf returns the ID of the container of a pod that has one.
func containerOf(pod *v1.Pod) string {
	if len(pod.Status.ContainerStatuses) == 0 {
		return ""
	}
	return pod.Status.ContainerStatuses[0].ContainerID
}

// AwaitBack waits until all pods of the node run anew and are ready, and makes
// their new addresses known.
func (r *Reboot) AwaitBack(ctx context.Context) {
	ginkgo.GinkgoHelper()
	ginkgo.By("waiting until " + r.node.Name + " is back")
	var pods []v1.Pod
	await(ctx, "our pods on "+r.node.Name+" to be started anew", r.t.f.Timeouts.PodStart, func() []string {
		var err error
		if pods, err = r.pods(ctx); err != nil {
			return []string{err.Error()}
		}
		var waiting []string
		for i := range pods {
			pod := &pods[i]
			switch {
			case containerOf(pod) == r.before[pod.Name]:
				waiting = append(waiting, pod.Name+": as before the reboot")
			case !podReady(pod):
				waiting = append(waiting, fmt.Sprintf("%s: %s", pod.Name, podState(pod)))
			}
		}
		return waiting
	})
	for i := range pods {
		r.t.readdress(&pods[i])
	}
	r.t.AwaitPods(ctx, r.node)
}

// readdress takes note of the addresses of a pod that may have new ones: of a
// source for the specs that follow as well.
func (t *Topology) readdress(pod *v1.Pod) {
	t.prober.mu.Lock()
	defer t.prober.mu.Unlock()
	update := func(sources []source) {
		for i := range sources {
			if sources[i].Namespace == pod.Namespace && sources[i].Pod == pod.Name {
				sources[i].Addresses = podIPs(pod)
			}
		}
	}
	for _, clients := range shared.Pods {
		update(clients)
	}
	update(shared.Hosts)
	update(t.sources)
	for _, s := range t.prober.sources {
		if s.Namespace == pod.Namespace && s.Pod == pod.Name {
			s.Addresses = podIPs(pod)
		}
	}
	if pod.Namespace == t.bystander.Namespace && pod.Name == t.bystander.Name {
		shared.BystanderIPs, t.bystanderIPs = podIPs(pod), podIPs(pod)
	}
	for _, b := range t.allBackends() {
		if b.Pod.Namespace == pod.Namespace && b.Pod.Name == pod.Name {
			b.Pod = pod
		}
	}
}
