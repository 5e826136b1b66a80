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
	"math/rand/v2"
	"slices"
	"time"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/kubernetes/test/e2e/framework"
	"k8s.io/utils/ptr"

	"sigs.k8s.io/service-e2e/matrix"
)

// unusedClass is a loadBalancerClass that no provider has.
const unusedClass = "service-e2e.sigs.k8s.io/by-hand"

// ByHand makes a Service of type LoadBalancer that no provider cares about: its
// status is for the spec to write, see [Service.SetIngress].
func ByHand(s *v1.Service) {
	s.Spec.Type = v1.ServiceTypeLoadBalancer
	s.Spec.LoadBalancerClass = ptr.To(unusedClass)
}

// SetIngress writes the addresses of a load balancer into the status of a
// Service, as a provider does. With none the load balancer is gone.
func (s *Service) SetIngress(ctx context.Context, ingress ...v1.LoadBalancerIngress) {
	ginkgo.GinkgoHelper()
	s.t.flows.delete(s.addresses())
	services := s.t.f.ClientSet.CoreV1().Services(s.Namespace)
	current, err := services.Get(ctx, s.Name, metav1.GetOptions{})
	framework.ExpectNoError(err, "reading Service %s", s.Name)
	current.Status.LoadBalancer.Ingress = ingress
	s.Service, err = services.UpdateStatus(ctx, current, metav1.UpdateOptions{})
	framework.ExpectNoError(err, "writing the load balancer's addresses into the status of Service %s", s.Name)
	s.t.unsettled = true
}

// provider is what this process knows of the cluster's provider of load
// balancers: nothing, that there is one, or that there is none.
var provider *bool

// HasProvider tells whether the cluster gives a Service of type LoadBalancer an
// address. A process finds that out once, by a Service that it deletes again.
func (t *Topology) HasProvider(ctx context.Context) bool {
	ginkgo.GinkgoHelper()
	if provider == nil {
		trial := t.CreateService(ctx, "provider", "nobody", ServicePort(80, v1.ProtocolTCP), OfType(v1.ServiceTypeLoadBalancer))
		provider = ptr.To(trial.ingressWithin(ctx, Timeouts.LoadBalancer))
		framework.ExpectNoError(ctx.Err(), "waiting for a provider of load balancers")
		trial.Delete(ctx)
	}
	return *provider
}

// CreateLoadBalancer creates a Service of type LoadBalancer that has an address
// for each of its IP families: the provider's if the cluster has one, and made
// up else. What is made up only clients inside the cluster can reach, see
// [Service.MadeUp].
func (t *Topology) CreateLoadBalancer(ctx context.Context, name, group string, port v1.ServicePort, tweaks ...func(*v1.Service)) *Service {
	ginkgo.GinkgoHelper()
	s := t.CreateService(ctx, name, group, port, append(tweaks, t.loadBalancer(ctx))...)
	s.obtainIngress(ctx)
	return s
}

// BecomeLoadBalancer makes the Service what [Topology.CreateLoadBalancer] creates.
func (s *Service) BecomeLoadBalancer(ctx context.Context) {
	ginkgo.GinkgoHelper()
	s.Update(ctx, s.t.loadBalancer(ctx))
	s.obtainIngress(ctx)
}

// loadBalancer makes a Service of type LoadBalancer, for the provider if there
// is one.
func (t *Topology) loadBalancer(ctx context.Context) func(*v1.Service) {
	ginkgo.GinkgoHelper()
	if t.HasProvider(ctx) {
		return OfType(v1.ServiceTypeLoadBalancer)
	}
	return ByHand
}

// obtainIngress waits for the addresses of the provider, or makes them up.
func (s *Service) obtainIngress(ctx context.Context) {
	ginkgo.GinkgoHelper()
	if !s.MadeUp() {
		s.AwaitIngress(ctx)
		return
	}
	var ingress []v1.LoadBalancerIngress
	for _, family := range s.Spec.IPFamilies {
		ingress = append(ingress, v1.LoadBalancerIngress{IP: s.t.UnusedAddress(ctx, family)})
	}
	s.SetIngress(ctx, ingress...)
}

// MadeUp tells whether no provider cares about the Service, see [ByHand]. No
// route outside of the cluster leads to its load balancer's address.
func (s *Service) MadeUp() bool {
	return ptr.Deref(s.Spec.LoadBalancerClass, "") == unusedClass
}

// AwaitIngress waits until the provider has given the Service an address, and
// keeps it.
func (s *Service) AwaitIngress(ctx context.Context) {
	ginkgo.GinkgoHelper()
	if !s.ingressWithin(ctx, Timeouts.LoadBalancer) {
		framework.Failf("Service %s got no address from the provider of load balancers within %v", s.Name, Timeouts.LoadBalancer)
	}
}

// ingressWithin tells whether the Service has an address in time.
func (s *Service) ingressWithin(ctx context.Context, timeout time.Duration) bool {
	err := wait.PollUntilContextTimeout(ctx, Timeouts.Poll, timeout, true, func(ctx context.Context) (bool, error) {
		current, err := s.t.f.ClientSet.CoreV1().Services(s.Namespace).Get(ctx, s.Name, metav1.GetOptions{})
		if err != nil {
			return false, fmt.Errorf("reading Service %s: %w", s.Name, err)
		}
		s.Service = current
		return len(current.Status.LoadBalancer.Ingress) > 0, nil
	})
	if err != nil && ctx.Err() == nil && !wait.Interrupted(err) {
		framework.ExpectNoError(err)
	}
	s.t.unsettled = true
	return err == nil
}

// Proxied tells whether the provider says that its load balancer passes traffic
// on as its own (KEP-1860, ipMode Proxy). Service proxies leave its address
// alone, and nobody can say which source address a backend sees.
func (s *Service) Proxied() bool {
	return slices.ContainsFunc(s.Status.LoadBalancer.Ingress, func(ingress v1.LoadBalancerIngress) bool {
		return ptr.Deref(ingress.IPMode, v1.LoadBalancerIPModeVIP) == v1.LoadBalancerIPModeProxy
	})
}

// UnusedAddress returns an address that belongs to no machine and that no
// Service of the cluster has: of TEST-NET-3 (RFC 5737) or of the documentation
// prefix of IPv6 (RFC 3849). A Service proxy may capture it, nothing else will
// answer.
func (t *Topology) UnusedAddress(ctx context.Context, family v1.IPFamily) string {
	ginkgo.GinkgoHelper()
	services, err := t.f.ClientSet.CoreV1().Services(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	framework.ExpectNoError(err, "listing the addresses in use")
	used := BlackHoles()
	for i := range services.Items {
		used = append(used, (&Service{Service: &services.Items[i]}).addresses()...)
	}
	for {
		address := fmt.Sprintf("203.0.113.%d", 1+rand.IntN(254))
		if family == v1.IPv6Protocol {
			address = fmt.Sprintf("2001:db8::%x", 2+rand.IntN(1<<16-2))
		}
		if !slices.Contains(used, address) {
			return address
		}
		framework.ExpectNoError(ctx.Err(), "looking for an unused address")
	}
}

// SourceRanges returns the addresses of clients in an IP family as ranges of one
// address each.
func (t *Topology) SourceRanges(clients matrix.RowSelector, family v1.IPFamily) []string {
	bits := 32
	if family == v1.IPv6Protocol {
		bits = 128
	}
	var ranges []string
	for i := range t.sources {
		if address := addressOf(family, t.sources[i].Addresses); address != "" && clients.Matches(t.sources[i].Row) {
			ranges = append(ranges, fmt.Sprintf("%s/%d", address, bits))
		}
	}
	return ranges
}
