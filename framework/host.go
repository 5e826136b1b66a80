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
	"os/exec"
	"strings"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	e2epod "k8s.io/kubernetes/test/e2e/framework/pod"
	"k8s.io/utils/ptr"
)

// host is a machine of the cluster on which shell scripts can be run as root,
// among its own processes.
type host interface {
	// run returns what the script prints; the error holds what it complains
	// of if its exit code is not 0.
	run(ctx context.Context, script string) (string, error)
	name() string
}

// podHost is a node, by a privileged pod on it.
type podHost struct {
	t    *Topology
	node string
	pod  *v1.Pod
}

func (h podHost) name() string { return h.node }

func (h podHost) run(ctx context.Context, script string) (string, error) {
	out, errOut, err := e2epod.ExecShellInPodWithFullOutput(ctx, h.t.f, h.pod.Name, script)
	if err != nil {
		return out, fmt.Errorf("on %s: %w: %s", h.node, err, shorten(errOut))
	}
	return out, nil
}

// hosts returns nodes as hosts. It needs a namespace that admits privileged pods.
func (t *Topology) hosts(ctx context.Context, nodes ...string) []host {
	ginkgo.GinkgoHelper()
	var pods []*v1.Pod
	for _, node := range nodes {
		container := e2epod.NewAgnhostContainer("host", nil, nil, "pause")
		container.SecurityContext = &v1.SecurityContext{Privileged: ptr.To(true), RunAsUser: ptr.To[int64](0)}
		pod := pinnedPod(t.f.Namespace.Name, "host-"+node, node, container)
		pod.Spec.HostNetwork, pod.Spec.HostPID, pod.Spec.ShareProcessNamespace = true, true, nil
		pod.Spec.SecurityContext = nil
		pod.Spec.TerminationGracePeriodSeconds = ptr.To[int64](0)
		// Control planes too, and a node that is in trouble.
		pod.Spec.Tolerations = []v1.Toleration{{Operator: v1.TolerationOpExists}}
		pods = append(pods, pod)
	}
	running, err := createPods(ctx, t.f.ClientSet, t.f.Timeouts.PodStart, pods...)
	framework.ExpectNoError(err, "starting pods that control their nodes")
	var hosts []host
	for i, pod := range running {
		hosts = append(hosts, podHost{t: t, node: nodes[i], pod: pod})
	}
	return hosts
}

// commandHost is a host that is no node, by the command that the kubeconfig
// names.
type commandHost struct {
	command, host string
}

func (h commandHost) name() string { return h.host }

func (h commandHost) run(ctx context.Context, script string) (string, error) {
	words := append(strings.Fields(h.command), h.host, "--", "sh", "-c", script)
	return runCommand(ctx, words)
}

// runCommand runs a command of the kubeconfig and returns what it prints.
func runCommand(ctx context.Context, words []string) (string, error) {
	var out, errOut strings.Builder
	command := exec.CommandContext(ctx, words[0], words[1:]...)
	command.Stdout, command.Stderr = &out, &errOut
	if err := command.Run(); err != nil {
		return out.String(), fmt.Errorf("%s: %w: %s", words[0], err, shorten(errOut.String()))
	}
	return out.String(), nil
}
