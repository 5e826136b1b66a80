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
	networkingv1 "k8s.io/api/networking/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	e2eskipper "k8s.io/kubernetes/test/e2e/framework/skipper"
	netutils "k8s.io/utils/net"

	"sigs.k8s.io/service-e2e/matrix"
)

// CreateServiceCIDR gives the cluster one more range of ClusterIPs (KEP-1880) and
// waits until it may be used. It goes away after the spec, whose Services with an
// address of it have to be deleted by then. Without that API the spec is skipped.
func (t *Topology) CreateServiceCIDR(ctx context.Context, name, cidr string) {
	ginkgo.GinkgoHelper()
	ranges := t.f.ClientSet.NetworkingV1().ServiceCIDRs()
	_, err := ranges.Create(ctx, &networkingv1.ServiceCIDR{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: networkingv1.ServiceCIDRSpec{CIDRs: []string{cidr}},
	}, metav1.CreateOptions{})
	switch {
	case apierrors.IsNotFound(err):
		e2eskipper.Skipf("needs the API for ServiceCIDRs, which the cluster does not have")
	case apierrors.IsAlreadyExists(err):
		framework.Logf("ServiceCIDR %s is there already: a run that was killed has left it", name)
	default:
		framework.ExpectNoError(err, "creating ServiceCIDR %s", name)
	}
	ginkgo.DeferCleanup(func(ctx context.Context) {
		err := ranges.Delete(ctx, name, metav1.DeleteOptions{})
		if !apierrors.IsNotFound(err) {
			framework.ExpectNoError(err, "deleting ServiceCIDR %s", name)
		}
		t.awaitServiceCIDR(ctx, name, "be gone", func(_ *networkingv1.ServiceCIDR, err error) bool { return apierrors.IsNotFound(err) })
	})
	t.awaitServiceCIDR(ctx, name, "be ready", func(c *networkingv1.ServiceCIDR, err error) bool {
		return err == nil && meta.IsStatusConditionTrue(c.Status.Conditions, networkingv1.ServiceCIDRConditionReady)
	})
}

// awaitServiceCIDR waits until the range is as it should be. If that takes too long, the
// failure says what its controller says, and whose addresses keep it from being deleted.
func (t *Topology) awaitServiceCIDR(ctx context.Context, name, what string, is func(*networkingv1.ServiceCIDR, error) bool) {
	ginkgo.GinkgoHelper()
	await(ctx, fmt.Sprintf("ServiceCIDR %s to %s", name, what), Timeouts.Propagation, func() []string {
		found, err := t.f.ClientSet.NetworkingV1().ServiceCIDRs().Get(ctx, name, metav1.GetOptions{})
		if is(found, err) {
			return nil
		}
		if err != nil {
			return []string{err.Error()}
		}
		state := []string{"it has no condition yet"}
		if ready := meta.FindStatusCondition(found.Status.Conditions, networkingv1.ServiceCIDRConditionReady); ready != nil {
			state = []string{ready.Message}
		}
		if found.DeletionTimestamp == nil {
			return state
		}
		addresses, err := t.f.ClientSet.NetworkingV1().IPAddresses().List(ctx, metav1.ListOptions{})
		if err != nil {
			return append(state, err.Error())
		}
		return append(state, addressesIn(found.Spec.CIDRs, addresses.Items)...)
	})
}

// addressesIn tells which addresses are of one of the ranges, and whose they are.
func addressesIn(cidrs []string, addresses []networkingv1.IPAddress) []string {
	var in []string
	for _, address := range addresses {
		ip := netutils.ParseIPSloppy(address.Name)
		if slices.ContainsFunc(cidrs, func(cidr string) bool {
			_, network, err := netutils.ParseCIDRSloppy(cidr)
			return err == nil && network.Contains(ip)
		}) {
			owner := "nobody"
			if of := address.Spec.ParentRef; of != nil {
				owner = fmt.Sprintf("%s/%s/%s", of.Resource, of.Namespace, of.Name)
			}
			in = append(in, fmt.Sprintf("%s belongs to %s", address.Name, owner))
		}
	}
	return in
}

// AtAddress returns columns with another address, as those of a Service that does
// not exist.
func AtAddress(columns []matrix.Column, name, address string) []matrix.Column {
	var moved []matrix.Column
	for _, column := range columns {
		column.Name, column.Service, column.Address = name+"/"+column.Protocol, "", address
		column.Family = string(ipFamily(address))
		moved = append(moved, column)
	}
	return moved
}

// WithClusterIP asks for a ClusterIP by its address.
func WithClusterIP(address string) func(*v1.Service) {
	return func(s *v1.Service) { s.Spec.ClusterIP = address }
}
