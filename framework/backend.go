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
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/kubernetes/test/e2e/framework"
	e2epod "k8s.io/kubernetes/test/e2e/framework/pod"
	"k8s.io/utils/ptr"

	"sigs.k8s.io/service-e2e/matrix"
)

// The labels by which Services select backends: all of a group, or one.
const (
	groupLabel   = "group"
	backendLabel = "backend"
)

// Selector selects the backends of a group.
func Selector(group string) map[string]string {
	return map[string]string{groupLabel: group}
}

// SelectingOnly makes a Service select a single backend.
func SelectingOnly(backend string) func(*v1.Service) {
	return func(s *v1.Service) { s.Spec.Selector = map[string]string{backendLabel: backend} }
}

// Backend is an agnhost netexec server in a pod that is pinned to a node. It
// answers who it is.
type Backend struct {
	// Name is unique within the spec and is what tables show.
	Name string
	Node Node
	Pod  *v1.Pod
	// Ports are what it listens on.
	Ports Ports
	// unready tells that the spec has made it so.
	unready bool
	// terminating tells that [Topology.Terminate] was called.
	terminating bool
}

// Address returns the backend's address of an IP family, empty if it has none.
func (b *Backend) Address(family v1.IPFamily) string {
	return addressOf(family, podIPs(b.Pod))
}

// Ports are the ports of a backend. Zero is for a protocol that it does not
// serve.
type Ports struct {
	HTTP, UDP, SCTP int
}

// Of returns the port for a protocol.
func (p Ports) Of(protocol v1.Protocol) int {
	switch protocol {
	case v1.ProtocolUDP:
		return p.UDP
	case v1.ProtocolSCTP:
		return p.SCTP
	default:
		return p.HTTP
	}
}

// Row returns the backend as a source of probes: hairpin lives there.
func (b *Backend) Row() matrix.Row {
	return matrix.Row{Name: fmt.Sprintf("%s@%s", b.Name, b.Node.Name), Kind: matrix.SourceBackend, Node: b.Node.Name, Backend: b.Name}
}

// BackendSpec says which backend to create.
type BackendSpec struct {
	// Name is the backend's name and its pod's.
	Name string
	// Group is what a Service selects it by, see [Selector].
	Group string
	// Node is the index of its node; it wraps around, so that a spec for
	// three nodes also runs on one.
	Node int
	// Ports are what it listens on; the zero value means 8080 for HTTP and
	// 8081 for UDP.
	Ports Ports
	// Beside is the name of an earlier backend of the same call whose pod
	// this one joins as another container. Its own Group and Node are
	// without effect then.
	Beside string
	// HostNetwork makes the pod use its node's network. Ports should be
	// [HostPorts] then.
	HostNetwork bool
	// Grace is how long the backend goes on serving after its deletion has
	// begun, its pod terminating. Zero makes it go at once.
	Grace time.Duration
	// Gated makes the pod ready only while [Topology.SetReady] says so, by a
	// readiness gate (KEP-580); it is from the start unless NotReady is set.
	Gated, NotReady bool
	// Tweak may change the backend's container before it is created.
	Tweak func(*Backend, *v1.Container)
	// Pod may change the backend's pod before it is created.
	Pod func(*v1.Pod)
}

// readyGate is the condition that a gated backend's readiness hangs on.
const readyGate v1.PodConditionType = "service-e2e.sigs.k8s.io/ready"

// unreadyFile makes the readiness probe of a gated backend with a grace period
// fail: the kubelet does not look at gates any more once a pod is terminating.
const unreadyFile = "/tmp/unready"

// CreateBackends creates backends and waits until they are ready.
func (t *Topology) CreateBackends(ctx context.Context, specs ...BackendSpec) []*Backend {
	ginkgo.GinkgoHelper()
	var (
		pods     []*v1.Pod
		backends []*Backend
		podOf    = map[string]int{}
	)
	namespace := t.f.Namespace.Name
	for _, spec := range specs {
		if spec.Ports == (Ports{}) {
			spec.Ports = Ports{HTTP: httpPort, UDP: udpPort}
		}
		b := &Backend{Name: spec.Name, Node: t.Node(spec.Node), Ports: spec.Ports}
		container := netexecContainer(spec.Name, identity(namespace, spec.Name), spec.Ports)
		if spec.Tweak != nil {
			spec.Tweak(b, &container)
		}
		if at, joins := podOf[spec.Beside]; joins {
			podOf[spec.Name] = at
			b.Node = backends[slices.IndexFunc(backends, func(o *Backend) bool { return o.Name == spec.Beside })].Node
			pods[at].Spec.Containers = append(pods[at].Spec.Containers, container)
		} else {
			podOf[spec.Name] = len(pods)
			pod := pinnedPod(namespace, spec.Name, b.Node.Name, container)
			pod.Labels = map[string]string{groupLabel: spec.Group, backendLabel: spec.Name}
			spec.shape(pod)
			pods = append(pods, pod)
		}
		backends = append(backends, b)
	}
	running, err := createPods(ctx, t.f.ClientSet, t.f.Timeouts.PodStart, pods...)
	framework.ExpectNoError(err, "starting backends")
	for _, b := range backends {
		b.Pod = running[podOf[b.Name]]
		t.changeBackends(func(all []*Backend) []*Backend { return append(all, b) })
		t.prober.add(&source{Row: b.Row(), Namespace: namespace, Pod: b.Pod.Name, Port: b.Ports.HTTP, Addresses: podIPs(b.Pod)})
	}
	var ready []*v1.Pod
	for i, spec := range specs {
		switch {
		case !spec.Gated:
			ready = append(ready, backends[i].Pod)
		case !spec.NotReady:
			t.SetReady(ctx, backends[i], true)
		}
	}
	t.awaitOffered(ctx, ready...)
	return backends
}

// shape gives a pod what its spec asks for.
func (spec BackendSpec) shape(pod *v1.Pod) {
	if spec.HostNetwork {
		useHostNetwork(pod)
		answerFromPodIPs(&pod.Spec.Containers[0])
	}
	if spec.Grace > 0 {
		seconds := int64(spec.Grace.Seconds())
		server := &pod.Spec.Containers[0]
		server.Args = append(server.Args, fmt.Sprintf("--delay-shutdown=%d", seconds))
		// /readyz turns bad when termination begins, and it would no longer
		// be an endpoint that serves.
		server.ReadinessProbe.HTTPGet.Path = "/healthz"
		// Past that it has to go by itself; the kubelet should not kill it.
		pod.Spec.TerminationGracePeriodSeconds = ptr.To(seconds + 5)
	}
	if spec.Gated && spec.Grace > 0 {
		probe := pod.Spec.Containers[0].ReadinessProbe
		probe.ProbeHandler = v1.ProbeHandler{Exec: &v1.ExecAction{Command: []string{"test", "!", "-e", unreadyFile}}}
		probe.FailureThreshold = 1
	}
	if spec.Gated {
		pod.Spec.ReadinessGates = []v1.PodReadinessGate{{ConditionType: readyGate}}
	}
	if spec.Pod != nil {
		spec.Pod(pod)
	}
}

// SetReady makes a gated backend ready or not and waits until its pod says so.
// The server goes on serving all the same.
func (t *Topology) SetReady(ctx context.Context, b *Backend, ready bool) {
	ginkgo.GinkgoHelper()
	status, step := v1.ConditionFalse, "making %s unready"
	if ready {
		status, step = v1.ConditionTrue, "making %s ready"
	}
	ginkgo.By(fmt.Sprintf(step, b.Name))
	err := t.turn(ctx, b, status)
	framework.ExpectNoError(err, "making backend %s ready or not", b.Name)
	err = e2epod.WaitForPodCondition(ctx, t.f.ClientSet, b.Pod.Namespace, b.Pod.Name, "ready="+string(status), t.f.Timeouts.PodStartShort,
		func(pod *v1.Pod) (bool, error) {
			condition := e2epod.FindPodConditionByType(&pod.Status, v1.PodReady)
			return condition != nil && condition.Status == status, nil
		})
	framework.ExpectNoError(err, "waiting until backend %s is ready or not", b.Name)
	if ready {
		t.awaitOffered(ctx, b.Pod)
	} else {
		t.awaitWithdrawn(ctx, b.Pod)
	}
	b.unready = !ready
}

// turn changes what a gated backend's readiness hangs on.
func (t *Topology) turn(ctx context.Context, b *Backend, status v1.ConditionStatus) error {
	if b.terminating {
		command := "touch " + unreadyFile
		if status == v1.ConditionTrue {
			command = "rm " + unreadyFile
		}
		_, _, err := e2epod.ExecShellInPodWithFullOutput(ctx, t.f, b.Pod.Name, command)
		return err
	}
	patch, err := json.Marshal(map[string]any{"status": v1.PodStatus{Conditions: []v1.PodCondition{{Type: readyGate, Status: status}}}})
	if err == nil {
		_, err = t.f.ClientSet.CoreV1().Pods(b.Pod.Namespace).Patch(ctx, b.Pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
	}
	return err
}

// MoveToGroup changes what a backend is selected by, see [Selector].
func (t *Topology) MoveToGroup(ctx context.Context, b *Backend, group string) {
	ginkgo.GinkgoHelper()
	ginkgo.By(fmt.Sprintf("moving %s to group %s", b.Name, group))
	patch, err := json.Marshal(map[string]any{"metadata": metav1.ObjectMeta{Labels: Selector(group)}})
	framework.ExpectNoError(err)
	pod, err := t.f.ClientSet.CoreV1().Pods(b.Pod.Namespace).Patch(ctx, b.Pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{})
	framework.ExpectNoError(err, "changing the label of backend %s", b.Name)
	b.Pod = pod
}

// Terminate begins to delete a backend's pod and returns at once. The backend
// stays in the tables until [Topology.AwaitGone].
func (t *Topology) Terminate(ctx context.Context, b *Backend) {
	ginkgo.GinkgoHelper()
	ginkgo.By("terminating " + b.Name)
	err := t.f.ClientSet.CoreV1().Pods(b.Pod.Namespace).Delete(ctx, b.Pod.Name, metav1.DeleteOptions{})
	framework.ExpectNoError(err, "deleting backend %s", b.Name)
	b.terminating = true
}

// EndGrace makes a terminating backend's server exit, and waits until it is gone. To
// shorten the grace period by another deletion would not do: the kubelet goes on
// waiting for the first one to end (kubernetes/kubernetes#113606).
func (t *Topology) EndGrace(ctx context.Context, b *Backend) {
	ginkgo.GinkgoHelper()
	ginkgo.By("ending the grace period of " + b.Name)
	// The shell may be killed with the pod before it can say that all went well.
	_, _, err := e2epod.ExecShellInPodWithFullOutput(ctx, t.f, b.Pod.Name, "kill -9 $(pidof agnhost)")
	if err != nil {
		framework.Logf("Ending the server of backend %s: %v", b.Name, err)
	}
	t.AwaitGone(ctx, b)
}

// BackendPerNode creates one backend on each node, b1 on the first, all in one
// group.
func (t *Topology) BackendPerNode(ctx context.Context, group string) []*Backend {
	ginkgo.GinkgoHelper()
	var specs []BackendSpec
	for i := range t.Nodes {
		specs = append(specs, BackendSpec{Name: fmt.Sprintf("b%d", i+1), Group: group, Node: i})
	}
	return t.CreateBackends(ctx, specs...)
}

// DeleteBackend deletes a backend's pod, with all backends in it, and waits
// until it is gone.
func (t *Topology) DeleteBackend(ctx context.Context, b *Backend) {
	ginkgo.GinkgoHelper()
	t.Terminate(ctx, b)
	t.AwaitGone(ctx, b)
}

// AwaitGone waits until the pod of a backend, with all backends in it, is gone.
func (t *Topology) AwaitGone(ctx context.Context, b *Backend) {
	ginkgo.GinkgoHelper()
	err := e2epod.WaitForPodNotFoundInNamespace(ctx, t.f.ClientSet, b.Pod.Name, b.Pod.Namespace, t.f.Timeouts.PodDelete)
	framework.ExpectNoError(err, "waiting until backend %s is gone", b.Name)
	t.awaitWithdrawn(ctx, b.Pod)
	t.forget(b)
}

// forget takes a backend, with all in its pod, out of the tables.
func (t *Topology) forget(b *Backend) {
	t.changeBackends(func(all []*Backend) []*Backend {
		return slices.DeleteFunc(all, func(other *Backend) bool { return other.Pod.Name == b.Pod.Name })
	})
}

// allBackends returns the backends of the spec. A [Stream] may ask for them
// while the spec changes them.
func (t *Topology) allBackends() []*Backend {
	t.backendsMutex.Lock()
	defer t.backendsMutex.Unlock()
	return t.backends
}

// serving returns the names of the backends that serve, be it that they terminate.
func (t *Topology) serving() []string {
	return Names(slices.DeleteFunc(slices.Clone(t.allBackends()), func(b *Backend) bool { return b.unready })...)
}

// changeBackends replaces the list of backends by what change makes of a copy.
func (t *Topology) changeBackends(change func([]*Backend) []*Backend) {
	t.backendsMutex.Lock()
	defer t.backendsMutex.Unlock()
	t.backends = change(slices.Clone(t.backends))
}

// BackendsOf returns the backends of the spec that a Service selects.
func (t *Topology) BackendsOf(s *Service) []*Backend {
	selected := labels.SelectorFromSet(s.Spec.Selector)
	return slices.DeleteFunc(slices.Clone(t.backends), func(b *Backend) bool { return !selected.Matches(labels.Set(b.Pod.Labels)) })
}

// Names returns the names of backends, as expectations want them.
func Names(backends ...*Backend) []string {
	var names []string
	for _, b := range backends {
		names = append(names, b.Name)
	}
	return names
}
