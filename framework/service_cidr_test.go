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
	"slices"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestAddressesIn(t *testing.T) {
	address := func(name string, of *networkingv1.ParentReference) networkingv1.IPAddress {
		return networkingv1.IPAddress{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: networkingv1.IPAddressSpec{ParentRef: of}}
	}
	service := &networkingv1.ParentReference{Resource: "services", Namespace: "ns", Name: "web"}
	got := addressesIn([]string{"203.0.113.0/28", "2001:db8::/64"}, []networkingv1.IPAddress{
		address("10.96.0.1", service), address("203.0.113.13", service), address("203.0.113.16", service),
		address("2001:db8::5", service), address("2001:db8::6", nil), address("2001:db8:0:1::5", service),
	})
	want := []string{"203.0.113.13 belongs to services/ns/web", "2001:db8::5 belongs to services/ns/web", "2001:db8::6 belongs to nobody"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
