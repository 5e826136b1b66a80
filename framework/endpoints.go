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
	"slices"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/kubernetes/test/e2e/framework"
	"k8s.io/utils/ptr"

	"sigs.k8s.io/service-e2e/matrix"
)

// CreateEndpoints makes backends the endpoints of a Service without selector by
// the API that EndpointSlices have replaced: one subset for each port of the
// Service, with one backend each. A controller mirrors it into EndpointSlices.
func (t *Topology) CreateEndpoints(ctx context.Context, service *Service, labels map[string]string, backends ...*Backend) {
	ginkgo.GinkgoHelper()
	//nolint:staticcheck // It is what is tested.
	endpoints := &v1.Endpoints{ObjectMeta: metav1.ObjectMeta{Name: service.Name, Labels: labels}}
	for i, port := range service.Spec.Ports {
		b := backends[i]
		//nolint:staticcheck // It is what is tested.
		endpoints.Subsets = append(endpoints.Subsets, v1.EndpointSubset{
			Addresses: []v1.EndpointAddress{{IP: b.Address(service.Spec.IPFamilies[0]), NodeName: ptr.To(b.Node.Name)}},
			Ports:     []v1.EndpointPort{{Name: port.Name, Port: int32(b.Ports.Of(port.Protocol)), Protocol: port.Protocol}},
		})
	}
	_, err := t.f.ClientSet.CoreV1().Endpoints(t.f.Namespace.Name).Create(ctx, endpoints, metav1.CreateOptions{})
	framework.ExpectNoError(err, "creating the Endpoints of Service %s", service.Name)
}

// DeleteEndpoints deletes what [Topology.CreateEndpoints] has created.
func (t *Topology) DeleteEndpoints(ctx context.Context, service *Service) {
	ginkgo.GinkgoHelper()
	err := t.f.ClientSet.CoreV1().Endpoints(t.f.Namespace.Name).Delete(ctx, service.Name, metav1.DeleteOptions{})
	framework.ExpectNoError(err, "deleting the Endpoints of Service %s", service.Name)
}

// awaitWithdrawn waits until no EndpointSlice of the spec says any more that a pod
// serves. If that takes too long it is no failure: the table will show what is
// wrong, if anything is.
func (t *Topology) awaitWithdrawn(ctx context.Context, pod *v1.Pod) {
	ginkgo.GinkgoHelper()
	t.awaitSlices(ctx, "no EndpointSlice offers pod "+pod.Name, pod.Namespace, func(all []discoveryv1.EndpointSlice) bool {
		return !offered(all, pod, func(c discoveryv1.EndpointConditions) bool { return ptr.Deref(c.Serving, true) })
	})
}

// awaitOffered waits until each Service of the spec that selects one of these ready
// pods has an EndpointSlice that says so. If that takes too long it is no failure
// either.
func (t *Topology) awaitOffered(ctx context.Context, pods ...*v1.Pod) {
	ginkgo.GinkgoHelper()
	namespace := t.f.Namespace.Name
	services, err := t.f.ClientSet.CoreV1().Services(namespace).List(ctx, metav1.ListOptions{})
	framework.ExpectNoError(err, "listing the Services of the spec")
	for _, service := range services.Items {
		if len(service.Spec.Selector) == 0 || service.Spec.Type == v1.ServiceTypeExternalName {
			continue
		}
		selector := labels.SelectorFromSet(service.Spec.Selector)
		selected := slices.DeleteFunc(slices.Clone(pods), func(pod *v1.Pod) bool { return !selector.Matches(labels.Set(pod.Labels)) })
		if len(selected) == 0 {
			continue
		}
		t.awaitSlices(ctx, "all pods are offered as endpoints of Service "+service.Name, namespace, func(all []discoveryv1.EndpointSlice) bool {
			own := slices.DeleteFunc(slices.Clone(all), func(slice discoveryv1.EndpointSlice) bool {
				return slice.Labels[discoveryv1.LabelServiceName] != service.Name
			})
			return !slices.ContainsFunc(selected, func(pod *v1.Pod) bool {
				return !offered(own, pod, func(c discoveryv1.EndpointConditions) bool { return ptr.Deref(c.Ready, true) })
			})
		})
	}
}

// awaitSlices waits until something is true of the EndpointSlices of a namespace,
// for Timeouts.Sentinel at most.
func (t *Topology) awaitSlices(ctx context.Context, what, namespace string, is func([]discoveryv1.EndpointSlice) bool) {
	ginkgo.GinkgoHelper()
	err := wait.PollUntilContextTimeout(ctx, Timeouts.Poll, Timeouts.Sentinel, true, func(ctx context.Context) (bool, error) {
		listed, err := t.f.ClientSet.DiscoveryV1().EndpointSlices(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, err
		}
		return is(listed.Items), nil
	})
	if err != nil {
		framework.Logf("Waiting until %s: %v", what, err)
	}
}

// offered reports whether a pod is an endpoint with such conditions.
func offered(all []discoveryv1.EndpointSlice, pod *v1.Pod, such func(discoveryv1.EndpointConditions) bool) bool {
	return slices.ContainsFunc(all, func(slice discoveryv1.EndpointSlice) bool {
		return slices.ContainsFunc(slice.Endpoints, func(endpoint discoveryv1.Endpoint) bool {
			return endpoint.TargetRef != nil && endpoint.TargetRef.UID == pod.UID && such(endpoint.Conditions)
		})
	})
}

// Direct returns the columns of the ready endpoints of a Service, one per address
// and port: the addresses behind it, for Services whose endpoints are no
// backends of the spec.
func (s *Service) Direct(ctx context.Context, port int32, protocol v1.Protocol) []matrix.Column {
	ginkgo.GinkgoHelper()
	listed, err := s.t.f.ClientSet.DiscoveryV1().EndpointSlices(s.Namespace).List(ctx, metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=" + s.Name})
	framework.ExpectNoError(err, "listing the EndpointSlices of Service %s", s.Name)
	name := ""
	for _, p := range s.Spec.Ports {
		if p.Port == port && p.Protocol == protocol {
			name = p.Name
		}
	}
	var columns []matrix.Column
	for _, slice := range listed.Items {
		for _, p := range slice.Ports {
			if ptr.Deref(p.Name, "") != name || p.Port == nil {
				continue
			}
			for _, endpoint := range slice.Endpoints {
				if !ptr.Deref(endpoint.Conditions.Ready, true) {
					continue
				}
				column := s.column(matrix.FrontendPod, endpoint.Addresses[0], int(*p.Port), protocol)
				column.Name = fmt.Sprintf("%s direct %d/%s", s.Name, len(columns)+1, protocol)
				column.Role, column.Node = matrix.RoleDirect, ptr.Deref(endpoint.NodeName, "")
				columns = append(columns, column)
			}
		}
	}
	return columns
}
