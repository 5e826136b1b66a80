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

package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/wait"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	e2enode "k8s.io/kubernetes/test/e2e/framework/node"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/images"
)

const (
	// port is agnhost's and the Service's.
	port = 8080
	// backend is the backend's name and its answer.
	backend = "backend"
	// readyTimeout bounds the wait for the pods and for the Service.
	readyTimeout = 2 * time.Minute
)

// testbed is what is probed, and from where.
type testbed struct {
	api       clientset.Interface
	namespace string
	// clients are the names of the pods that probe, one on every node.
	clients []string
	// address is the Service's ClusterIP.
	address string
}

// newTestbed creates the testbed and waits until its pods are ready. What it returns
// along with an error is to be deleted too.
func newTestbed(ctx context.Context, client clientset.Interface) (*testbed, error) {
	nodes, err := e2enode.GetReadySchedulableNodes(ctx, client)
	if err != nil {
		return nil, fmt.Errorf("finding nodes: %w", err)
	}
	namespace, err := client.CoreV1().Namespaces().Create(ctx, &v1.Namespace{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "bench-"},
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("creating a namespace: %w", err)
	}
	bed := &testbed{api: client, namespace: namespace.Name}
	for i := range nodes.Items {
		name := "client-" + strconv.Itoa(i+1)
		bed.clients = append(bed.clients, name)
		if err := bed.createPod(ctx, name, nodes.Items[i].Name); err != nil {
			return bed, err
		}
	}
	if err := bed.createPod(ctx, backend, nodes.Items[0].Name); err != nil {
		return bed, err
	}
	service, err := client.CoreV1().Services(bed.namespace).Create(ctx, &v1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: backend},
		Spec: v1.ServiceSpec{
			Selector: map[string]string{"name": backend},
			Ports:    []v1.ServicePort{{Port: port, TargetPort: intstr.FromInt32(port)}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return bed, fmt.Errorf("creating the Service: %w", err)
	}
	bed.address = service.Spec.ClusterIP
	return bed, bed.waitForPods(ctx)
}

// createPod creates a pod that is a client as well as a backend.
func (b *testbed) createPod(ctx context.Context, name, node string) error {
	_, err := b.api.CoreV1().Pods(b.namespace).Create(ctx, &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{"name": name}},
		Spec: v1.PodSpec{
			NodeName: node,
			Containers: []v1.Container{{
				Name:  "netexec",
				Image: images.Agnhost().Name,
				Args:  []string{"netexec", "--http-port=" + strconv.Itoa(port), "--udp-port=-1"},
				// What the prober asks for to learn who answers.
				Env: []v1.EnvVar{{Name: "BACKEND", Value: name}},
				ReadinessProbe: &v1.Probe{
					ProbeHandler:  v1.ProbeHandler{HTTPGet: &v1.HTTPGetAction{Path: "/", Port: intstr.FromInt32(port)}},
					PeriodSeconds: 1,
				},
			}},
			TerminationGracePeriodSeconds: new(int64),
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("creating pod %s: %w", name, err)
	}
	return nil
}

// waitForPods waits until all pods are ready.
func (b *testbed) waitForPods(ctx context.Context) error {
	state := "nothing is known of the pods"
	err := wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, readyTimeout, true, func(ctx context.Context) (bool, error) {
		pods, err := b.api.CoreV1().Pods(b.namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, fmt.Errorf("listing pods: %w", err)
		}
		for i := range pods.Items {
			if !ready(&pods.Items[i]) {
				state = fmt.Sprintf("pod %s is %s and not ready", pods.Items[i].Name, pods.Items[i].Status.Phase)
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for the pods (%s): %w", state, err)
	}
	return nil
}

// waitForService waits until every client reaches the Service.
func (b *testbed) waitForService(ctx context.Context, probe func(ctx context.Context, client int) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, readyTimeout, true, func(ctx context.Context) (bool, error) {
		for number := range b.clients {
			if last = probe(ctx, number); last != nil {
				return false, nil
			}
		}
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for the Service (%w): %w", last, err)
	}
	return nil
}

func ready(pod *v1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == v1.PodReady {
			return condition.Status == v1.ConditionTrue
		}
	}
	return false
}

func (b *testbed) delete(ctx context.Context) error {
	err := b.api.CoreV1().Namespaces().Delete(ctx, b.namespace, metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("deleting namespace %s: %w", b.namespace, err)
	}
	return nil
}

// client returns the name of a client; numbers wrap around.
func (b *testbed) client(number int) string { return b.clients[number%len(b.clients)] }

// target is what is probed.
func (b *testbed) target() string { return net.JoinHostPort(b.address, strconv.Itoa(port)) }

// prober returns this project's prober, with the clients as its sources.
func (b *testbed) prober(client clientset.Interface, config *rest.Config) e2esvc.Prober {
	var pods []e2esvc.PodClient
	for _, name := range b.clients {
		pods = append(pods, e2esvc.PodClient{Namespace: b.namespace, Pod: name, Port: port})
	}
	return e2esvc.NewPodProber(client, config, pods...)
}
