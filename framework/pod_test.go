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
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/fake"
)

// waitingPod returns a pod whose container waits for a reason.
func waitingPod(reason, message string) *v1.Pod {
	pod := pinnedPod("ns", "b1", "node-1", netexecContainer("b1", "ns/b1", Ports{HTTP: httpPort, UDP: udpPort}))
	pod.Spec.NodeName = "node-1"
	pod.Status.Phase = v1.PodPending
	pod.Status.ContainerStatuses = []v1.ContainerStatus{{
		Image: "registry.example.com/agnhost:1",
		State: v1.ContainerState{Waiting: &v1.ContainerStateWaiting{Reason: reason, Message: message}},
	}}
	return pod
}

func readyPod() *v1.Pod {
	pod := waitingPod("", "")
	pod.Status = v1.PodStatus{
		Phase: v1.PodRunning, PodIP: "10.244.1.2",
		Conditions: []v1.PodCondition{{Type: v1.PodReady, Status: v1.ConditionTrue}},
	}
	return pod
}

func TestWaitForPods(t *testing.T) {
	before := Timeouts
	t.Cleanup(func() { Timeouts = before })
	Timeouts.ImagePull = time.Millisecond
	unschedulable := pinnedPod("ns", "b1", "node-1")
	unschedulable.Status.Conditions = []v1.PodCondition{{Type: v1.PodScheduled, Status: v1.ConditionFalse, Message: "0/3 nodes are available\nmore"}}
	for _, tc := range []struct {
		name string
		pod  *v1.Pod
		want string
		soon bool
	}{
		{name: "ready", pod: readyPod()},
		{name: "image", pod: waitingPod("ImagePullBackOff", "not found\nmore"), want: "image registry.example.com/agnhost:1 cannot be pulled on node node-1 (not found)", soon: true},
		{name: "crash", pod: waitingPod("CrashLoopBackOff", "back-off 10s"), want: "pod ns/b1 does not start on node node-1: CrashLoopBackOff: back-off 10s", soon: true},
		{name: "slow", pod: waitingPod("ContainerCreating", ""), want: "b1: ContainerCreating on node node-1"},
		{name: "unschedulable", pod: unschedulable, want: "b1: not scheduled: 0/3 nodes are available"},
		{name: "gone", want: "b1: not there"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			client := fake.NewClientset()
			if tc.pod != nil {
				client = fake.NewClientset(tc.pod)
			}
			timeout := 100 * time.Millisecond
			if tc.soon {
				timeout = time.Minute
			}
			start := time.Now()
			pods, err := waitForPods(t.Context(), client, timeout, readyPod())
			if tc.want == "" {
				if err != nil || pods[0].Status.PodIP != "10.244.1.2" {
					t.Fatalf("pods %v, err %v", pods, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("err = %v, want %q", err, tc.want)
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func TestNetexecContainer(t *testing.T) {
	backend := netexecContainer("b1", "ns/b1", Ports{HTTP: 8000, UDP: 8001})
	if got := strings.Join(backend.Args, " "); got != "netexec --http-port=8000 --udp-port=8001" {
		t.Errorf("args %q", got)
	}
	client := netexecContainer("pod", "ns/pod", Ports{HTTP: 8000})
	if got := strings.Join(client.Args, " "); got != "netexec --http-port=8000 --udp-port=-1" {
		t.Errorf("args %q", got)
	}
	if got := client.ReadinessProbe.HTTPGet.Path; got != "/" {
		t.Errorf("without UDP server, /healthz never turns good; path %q", got)
	}
}
