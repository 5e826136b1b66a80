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
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientset "k8s.io/client-go/kubernetes"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/metallb"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

// addon is a workload that belongs to the cluster itself.
type addon struct {
	namespace, name string
	// daemon is set for a DaemonSet; the others are Deployments.
	daemon bool
}

var (
	coreDNS = addon{namespace: metav1.NamespaceSystem, name: "coredns"}
	metalLB = []addon{
		{namespace: metallb.Namespace, name: metallb.Controller},
		{namespace: metallb.Namespace, name: metallb.Speaker, daemon: true},
	}
)

// addons returns those of a cluster.
func addons(c *plan.Cluster) []addon {
	all := []addon{coreDNS}
	if c.LoadBalancer == plan.LoadBalancerMetalLB {
		all = append(all, metalLB...)
	}
	return all
}

// String is the name that status shows. Only what is not of Kubernetes itself
// is told with its namespace, for its name alone says little.
func (a addon) String() string {
	kind, name := "Deployment", a.name
	if a.daemon {
		kind = "DaemonSet"
	}
	if a.namespace != metav1.NamespaceSystem {
		name = a.namespace + "/" + name
	}
	return kind + " " + name
}

// problem says what is wrong with the workload; nothing if all its pods are
// ready.
func (a addon) problem(ctx context.Context, client clientset.Interface) string {
	var ready, wanted int32
	var current bool
	if a.daemon {
		set, err := client.AppsV1().DaemonSets(a.namespace).Get(ctx, a.name, metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		ready, wanted, current = set.Status.NumberReady, set.Status.DesiredNumberScheduled, set.Status.ObservedGeneration == set.Generation
	} else {
		deployment, err := client.AppsV1().Deployments(a.namespace).Get(ctx, a.name, metav1.GetOptions{})
		if err != nil {
			return err.Error()
		}
		ready, wanted, current = deployment.Status.ReadyReplicas, *deployment.Spec.Replicas, true
	}
	if !current || ready < wanted {
		return fmt.Sprintf("%d of %d pods ready", ready, wanted)
	}
	return ""
}
