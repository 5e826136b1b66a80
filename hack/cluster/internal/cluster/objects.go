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

package cluster

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	kubeadmapi "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm"
	kubeadmapiv1 "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm/v1beta4"
	"k8s.io/kubernetes/cmd/kubeadm/app/phases/addons/dns"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

// imageRepository is where kubeadm takes images from.
const imageRepository = kubeadmapiv1.DefaultImageRepository

// newConfig returns how to reach the API server as the administrator.
func newConfig(p Paths) (*rest.Config, error) {
	config, err := clientcmd.BuildConfigFromFlags("", p.Kubeconfig())
	if err != nil {
		return nil, fmt.Errorf("reading kubeconfig: %w", err)
	}
	config.Timeout = 10 * time.Second
	config.QPS, config.Burst = 50, 100
	return config, nil
}

// newClient returns the administrator's client.
func newClient(p Paths) (clientset.Interface, error) {
	config, err := newConfig(p)
	if err != nil {
		return nil, err
	}
	client, err := clientset.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	return client, nil
}

// createNodes creates the Node objects before kubelet does, or completes what
// it has created: the range of its pods is not kubelet's to choose.
func createNodes(ctx context.Context, client clientset.Interface, c *plan.Cluster) error {
	for _, n := range c.Nodes {
		node := &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: n.Name}}
		for _, cidr := range n.PodCIDRs {
			node.Spec.PodCIDRs = append(node.Spec.PodCIDRs, cidr.String())
		}
		node.Spec.PodCIDR = node.Spec.PodCIDRs[0]
		_, err := client.CoreV1().Nodes().Create(ctx, node, metav1.CreateOptions{})
		if apierrors.IsAlreadyExists(err) {
			err = patchNode(ctx, client, n.Name, map[string]any{
				"spec": map[string]any{"podCIDR": node.Spec.PodCIDR, "podCIDRs": node.Spec.PodCIDRs},
			})
		}
		if err != nil {
			return fmt.Errorf("creating node %s: %w", n.Name, err)
		}
	}
	return nil
}

// labelZones tells which zones the nodes are in. It is for when kube-proxy runs there:
// one that starts on a node with a zone may miss it, and never ask again (e2e/FINDINGS.md,
// zone-at-start). What comes later it hears of.
func labelZones(ctx context.Context, client clientset.Interface, c *plan.Cluster) error {
	for _, n := range c.Nodes {
		if n.Zone == "" {
			continue
		}
		err := patchNode(ctx, client, n.Name, map[string]any{
			"metadata": map[string]any{"labels": map[string]string{v1.LabelTopologyZone: n.Zone}},
		})
		if err != nil {
			return fmt.Errorf("labelling node %s with its zone: %w", n.Name, err)
		}
	}
	return nil
}

func patchNode(ctx context.Context, client clientset.Interface, name string, change map[string]any) error {
	patch, err := json.Marshal(change)
	if err != nil {
		return err
	}
	_, err = client.CoreV1().Nodes().Patch(ctx, name, types.StrategicMergePatchType, patch, metav1.PatchOptions{})
	return err
}

// deployDNS deploys CoreDNS exactly as kubeadm does.
func deployDNS(client clientset.Interface, c *plan.Cluster) error {
	err := dns.EnsureDNSAddon(&kubeadmapi.ClusterConfiguration{
		Networking:      kubeadmapi.Networking{ServiceSubnet: plan.Join(c.ServiceCIDRs), DNSDomain: plan.DNSDomain},
		ImageRepository: imageRepository,
	}, client, "", io.Discard, false)
	if err != nil {
		return fmt.Errorf("deploying CoreDNS: %w", err)
	}
	return nil
}

// nodeComponents reports what the API server knows of the nodes.
func nodeComponents(ctx context.Context, client clientset.Interface, c *plan.Cluster) []Component {
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return []Component{{Name: "nodes", Host: "-", Problem: err.Error()}}
	}
	ready := map[string]string{}
	for _, node := range nodes.Items {
		ready[node.Name] = nodeProblem(&node)
	}
	var all []Component
	for _, n := range c.Nodes {
		problem, registered := ready[n.Name]
		if !registered {
			problem = "not registered"
		}
		all = append(all, Component{Name: "Node " + n.Name, Host: "-", Problem: problem})
	}
	return all
}

// lastWarning returns what the cluster itself says about its latest trouble in
// a namespace.
func lastWarning(ctx context.Context, client clientset.Interface, namespace string) string {
	events, err := client.CoreV1().Events(namespace).List(ctx,
		metav1.ListOptions{FieldSelector: "type=" + v1.EventTypeWarning})
	if err != nil || len(events.Items) == 0 {
		return "no event explains it"
	}
	last := events.Items[0]
	for _, event := range events.Items {
		if event.LastTimestamp.After(last.LastTimestamp.Time) {
			last = event
		}
	}
	return fmt.Sprintf("last event: %s %s: %s", last.InvolvedObject.Name, last.Reason, last.Message)
}

func nodeProblem(node *v1.Node) string {
	for _, condition := range node.Status.Conditions {
		if condition.Type == v1.NodeReady {
			if condition.Status == v1.ConditionTrue {
				return ""
			}
			return "not ready: " + condition.Message
		}
	}
	return "not ready yet"
}
