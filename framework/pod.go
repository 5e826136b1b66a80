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
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/onsi/gomega"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/kubernetes/test/e2e/framework"
	e2epod "k8s.io/kubernetes/test/e2e/framework/pod"
	"k8s.io/utils/ptr"
)

const (
	// httpPort and udpPort are agnhost netexec's ports in every pod of the
	// pod network that this package makes.
	httpPort = 8080
	udpPort  = 8081
	// sctpPort is that of backends which serve SCTP.
	sctpPort = 8083
	// closedPort is a port on which no pod of ours ever listens.
	closedPort = 8082
	// identityVariable is the environment variable that holds who a backend
	// is; agnhost tells its value over each protocol. A host name would do
	// only for pods that do not use their node's.
	identityVariable = "BACKEND"
)

// netexecContainer returns a container that runs agnhost netexec and answers
// that it is who. No UDP server is started for port 0.
func netexecContainer(name, who string, ports Ports) v1.Container {
	args := []string{"netexec", "--http-port=" + strconv.Itoa(ports.HTTP), "--udp-port=" + strconv.Itoa(ports.UDP)}
	// /healthz turns good when the UDP server listens, / when HTTP does. Unlike
	// /readyz both stay so while the pod terminates: it goes on serving.
	ready := "/healthz"
	if ports.UDP == 0 {
		args[2] = "--udp-port=-1"
		ready = "/"
	}
	if ports.SCTP > 0 {
		args = append(args, "--sctp-port="+strconv.Itoa(ports.SCTP))
	}
	container := e2epod.NewAgnhostContainer(name, nil, nil, args...)
	// It logs each request. Hundreds of probes per second would keep the
	// container runtime of the node busier than the answers to them do.
	container.Command = []string{"/bin/sh", "-c", `exec /agnhost "$@" 2>/dev/null`, "agnhost"}
	container.Env = []v1.EnvVar{{Name: identityVariable, Value: who}}
	container.ReadinessProbe = &v1.Probe{
		ProbeHandler:  v1.ProbeHandler{HTTPGet: &v1.HTTPGetAction{Path: ready, Port: intstr.FromInt(ports.HTTP)}},
		PeriodSeconds: 1,
	}
	return container
}

// pinnedPod returns a pod that the scheduler may put on one node only.
func pinnedPod(namespace, name, node string, containers ...v1.Container) *v1.Pod {
	pod := e2epod.NewAgnhostPodFromContainers(namespace, name, nil, containers...)
	e2epod.SetNodeSelection(&pod.Spec, e2epod.NodeSelection{Name: node})
	pod.Spec.TerminationGracePeriodSeconds = ptr.To[int64](5)
	// The tools that the server starts leave children behind. It does not wait
	// for them, the first process of a shared namespace does.
	pod.Spec.ShareProcessNamespace = ptr.To(true)
	// Nothing in it needs an account, and to be given one takes nodes a while.
	pod.Spec.AutomountServiceAccountToken = ptr.To(false)
	return pod
}

// useHostNetwork makes a pod use its node's network, and still the cluster's DNS.
func useHostNetwork(pod *v1.Pod) {
	pod.Spec.HostNetwork = true
	pod.Spec.DNSPolicy = v1.DNSClusterFirstWithHostNet
}

// answerFromPodIPs makes a UDP server listen on the addresses of its pod one by
// one. On a host, which has several, a server that listens on all at once
// answers from the address that is nearest to the client, and not from the one
// that the client has asked.
func answerFromPodIPs(container *v1.Container) {
	const podIPs = "POD_IPS"
	container.Env = append(container.Env, v1.EnvVar{
		Name: podIPs, ValueFrom: &v1.EnvVarSource{FieldRef: &v1.ObjectFieldSelector{FieldPath: "status.podIPs"}},
	})
	container.Args = append(container.Args, fmt.Sprintf("--udp-listen-addresses=$(%s)", podIPs))
}

// HostPorts returns random ports for a server on the host network. They must be
// free on every node: they are below the usual NodePort range and the ephemeral
// ports, and different ones for servers and runs side by side.
func HostPorts() Ports {
	port := 20000 + 2*rand.IntN(4500)
	return Ports{HTTP: port, UDP: port + 1}
}

// podIPs returns the addresses of a pod, its primary family first.
func podIPs(pod *v1.Pod) []string {
	var addresses []string
	for _, ip := range pod.Status.PodIPs {
		addresses = append(addresses, ip.IP)
	}
	return addresses
}

// identity is what a backend answers when it is asked who it is. It is unique
// in the cluster, so that a foreign Service's backend cannot be mistaken.
func identity(namespace, name string) string {
	return namespace + "/" + name
}

// createPods creates pods and waits until all of them are ready. It returns
// them with their addresses, in the same order.
func createPods(ctx context.Context, client clientset.Interface, timeout time.Duration, pods ...*v1.Pod) ([]*v1.Pod, error) {
	for _, pod := range pods {
		if _, err := client.CoreV1().Pods(pod.Namespace).Create(ctx, pod, metav1.CreateOptions{}); err != nil {
			return nil, fmt.Errorf("creating pod %s/%s: %w", pod.Namespace, pod.Name, err)
		}
	}
	return waitForPods(ctx, client, timeout, pods...)
}

// waitForPods waits until the pods are ready. It gives up early, with the
// kubelet's own words, when an image cannot be pulled or a container keeps
// crashing.
func waitForPods(ctx context.Context, client clientset.Interface, timeout time.Duration, pods ...*v1.Pod) ([]*v1.Pod, error) {
	if len(pods) == 0 {
		return nil, nil
	}
	namespace := pods[0].Namespace
	troubleSince := map[string]time.Time{}
	current := make([]*v1.Pod, len(pods))
	look := framework.HandleRetry(func(ctx context.Context) (string, error) {
		list, err := client.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return "", fmt.Errorf("listing pods in namespace %s: %w", namespace, err)
		}
		var waiting []string
		for i, pod := range pods {
			at := slices.IndexFunc(list.Items, func(p v1.Pod) bool { return p.Name == pod.Name })
			if at < 0 {
				waiting = append(waiting, pod.Name+": not there")
				continue
			}
			current[i] = &list.Items[at]
			if trouble := podTrouble(current[i]); trouble != "" {
				since, known := troubleSince[pod.Name]
				if !known {
					troubleSince[pod.Name] = time.Now()
				} else if time.Since(since) > Timeouts.ImagePull {
					return "", gomega.StopTrying(trouble)
				}
			}
			if !podReady(current[i]) {
				waiting = append(waiting, fmt.Sprintf("%s: %s", pod.Name, podState(current[i])))
			}
		}
		return strings.Join(waiting, "; "), nil
	})
	err := framework.Gomega().Eventually(ctx, look).WithTimeout(timeout).WithPolling(500 * time.Millisecond).Should(
		framework.MakeMatcher(func(waiting string) (func() string, error) {
			if waiting == "" {
				return nil, nil
			}
			return func() string { return "pods not ready in time: " + waiting }, nil
		}))
	if err != nil {
		for i := range pods {
			if current[i] != nil {
				if trouble := podTrouble(current[i]); trouble != "" {
					return nil, errors.New(trouble)
				}
			}
		}
		return nil, err
	}
	return current, nil
}

// podTrouble says what keeps a pod from ever starting, or nothing.
func podTrouble(pod *v1.Pod) string {
	for _, status := range pod.Status.ContainerStatuses {
		if status.State.Waiting == nil {
			continue
		}
		switch waiting := status.State.Waiting; waiting.Reason {
		case "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull":
			return fmt.Sprintf("image %s cannot be pulled on node %s (%s); mirror it there, or name a mirror with --kube-test-repo-list",
				status.Image, pod.Spec.NodeName, firstLine(waiting.Message))
		case "CrashLoopBackOff", "CreateContainerError", "CreateContainerConfigError", "RunContainerError":
			return fmt.Sprintf("pod %s/%s does not start on node %s: %s: %s",
				pod.Namespace, pod.Name, pod.Spec.NodeName, waiting.Reason, firstLine(waiting.Message))
		}
	}
	return ""
}

func podReady(pod *v1.Pod) bool {
	if pod.DeletionTimestamp != nil || pod.Status.PodIP == "" {
		return false
	}
	// A pod with readiness gates is as ready as it gets by itself.
	wanted := v1.PodReady
	if len(pod.Spec.ReadinessGates) > 0 {
		wanted = v1.ContainersReady
	}
	condition := e2epod.FindPodConditionByType(&pod.Status, wanted)
	return condition != nil && condition.Status == v1.ConditionTrue
}

// podState says in a few words how far a pod has come.
func podState(pod *v1.Pod) string {
	if scheduled := e2epod.FindPodConditionByType(&pod.Status, v1.PodScheduled); scheduled != nil && scheduled.Status == v1.ConditionFalse {
		return "not scheduled: " + firstLine(scheduled.Message)
	}
	for _, status := range pod.Status.ContainerStatuses {
		if status.State.Waiting != nil {
			return fmt.Sprintf("%s on node %s", status.State.Waiting.Reason, pod.Spec.NodeName)
		}
	}
	return fmt.Sprintf("%s, not ready, on node %s", pod.Status.Phase, pod.Spec.NodeName)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}
