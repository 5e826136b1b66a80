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

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	"k8s.io/utils/ptr"
)

// fieldManager is who manages the EndpointSlices that are made by hand.
const fieldManager = "service-e2e.sigs.k8s.io"

// CreateEndpointSlice makes a backend an endpoint of a Service without
// selector, by hand: in an EndpointSlice of its own, for one port of the
// Service; changes make it anything else.
func (t *Topology) CreateEndpointSlice(ctx context.Context, service *Service, port v1.ServicePort, b *Backend, changes ...func(*discoveryv1.EndpointSlice)) *discoveryv1.EndpointSlice {
	ginkgo.GinkgoHelper()
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: service.Name + "-",
			Labels: map[string]string{
				discoveryv1.LabelServiceName: service.Name,
				discoveryv1.LabelManagedBy:   fieldManager,
			},
		},
		AddressType: discoveryv1.AddressType(ipFamily(b.Pod.Status.PodIP)),
		Ports: []discoveryv1.EndpointPort{{
			Name:     ptr.To(port.Name),
			Port:     ptr.To(int32(b.Ports.Of(port.Protocol))),
			Protocol: ptr.To(port.Protocol),
		}},
		Endpoints: []discoveryv1.Endpoint{{
			Addresses:  []string{b.Pod.Status.PodIP},
			Conditions: discoveryv1.EndpointConditions{Ready: ptr.To(true)},
			NodeName:   ptr.To(b.Node.Name),
		}},
	}
	slice.Namespace = t.f.Namespace.Name
	for _, change := range changes {
		change(slice)
	}
	created, err := t.f.ClientSet.DiscoveryV1().EndpointSlices(slice.Namespace).Create(ctx, slice, metav1.CreateOptions{})
	framework.ExpectNoError(err, "creating an EndpointSlice of Service %s", service.Name)
	return created
}

// UpdateEndpointSlice changes an EndpointSlice and returns the result.
func (t *Topology) UpdateEndpointSlice(ctx context.Context, slice *discoveryv1.EndpointSlice, change func(*discoveryv1.EndpointSlice)) *discoveryv1.EndpointSlice {
	ginkgo.GinkgoHelper()
	slice = slice.DeepCopy()
	change(slice)
	updated, err := t.f.ClientSet.DiscoveryV1().EndpointSlices(slice.Namespace).Update(ctx, slice, metav1.UpdateOptions{})
	framework.ExpectNoError(err, "updating EndpointSlice %s", slice.Name)
	return updated
}

// DeleteEndpointSlice deletes an EndpointSlice.
func (t *Topology) DeleteEndpointSlice(ctx context.Context, slice *discoveryv1.EndpointSlice) {
	ginkgo.GinkgoHelper()
	err := t.f.ClientSet.DiscoveryV1().EndpointSlices(slice.Namespace).Delete(ctx, slice.Name, metav1.DeleteOptions{})
	framework.ExpectNoError(err, "deleting EndpointSlice %s", slice.Name)
}

// BystanderAddress returns the address of the control K3's backend, which is a pod
// of another namespace than the spec's; empty if it has none of the IP family. Its
// port is that of [ServicePort].
func (t *Topology) BystanderAddress(family v1.IPFamily) string {
	return addressOf(family, t.bystanderIPs)
}

// BystanderName is the name of that backend in tables.
func (t *Topology) BystanderName() string { return t.bystander.Name }
