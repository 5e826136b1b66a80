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

	v1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"sigs.k8s.io/service-e2e/matrix"
)

func TestSourceRanges(t *testing.T) {
	topology := &Topology{sources: []source{
		{Row: matrix.Row{Name: "pod@n1", Node: "n1"}, Addresses: []string{"10.244.1.2", "fd00::2"}},
		{Row: matrix.Row{Name: "host@n1", Node: "n1"}, Addresses: []string{"172.18.0.11"}},
		{Row: matrix.Row{Name: "pod@n2", Node: "n2"}, Addresses: []string{"10.244.2.2"}},
		{Row: matrix.Row{Name: "external"}},
	}}
	for family, want := range map[v1.IPFamily][]string{
		v1.IPv4Protocol: {"10.244.1.2/32", "172.18.0.11/32"},
		v1.IPv6Protocol: {"fd00::2/128"},
	} {
		if got := topology.SourceRanges(matrix.RowsOn("n1"), family); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", family, got, want)
		}
	}
	if got := topology.SourceRanges(matrix.RowNamed("external"), v1.IPv4Protocol); got != nil {
		t.Errorf("of a client without known address: %q", got)
	}
}

func TestProxied(t *testing.T) {
	for name, test := range map[string]struct {
		ingress []v1.LoadBalancerIngress
		want    bool
	}{
		"no address": {},
		"unset":      {ingress: []v1.LoadBalancerIngress{{IP: "192.0.2.9"}}},
		"VIP":        {ingress: []v1.LoadBalancerIngress{{IP: "192.0.2.9", IPMode: ptr.To(v1.LoadBalancerIPModeVIP)}}},
		"Proxy":      {ingress: []v1.LoadBalancerIngress{{IP: "192.0.2.9", IPMode: ptr.To(v1.LoadBalancerIPModeProxy)}}, want: true},
	} {
		service := &Service{Service: &v1.Service{}}
		service.Status.LoadBalancer.Ingress = test.ingress
		if got := service.Proxied(); got != test.want {
			t.Errorf("%s: got %t, want %t", name, got, test.want)
		}
	}
}

func TestLoadBalancerPort(t *testing.T) {
	service := &Service{t: &Topology{}, Service: &v1.Service{}}
	service.Name, service.Spec.Ports = "web", []v1.ServicePort{ServicePort(80, v1.ProtocolTCP)}
	ByHand(service.Service)
	service.Status.LoadBalancer.Ingress = []v1.LoadBalancerIngress{{IP: "203.0.113.9"}}
	var got []string
	for _, column := range slices.Concat(service.LoadBalancer(), service.LoadBalancerPort(81, v1.ProtocolUDP)) {
		got = append(got, column.Name)
	}
	if want := []string{"web LB:80/TCP", "web LB:81/UDP"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if !service.MadeUp() || (&Service{Service: &v1.Service{}}).MadeUp() {
		t.Error("only what is written by hand is made up")
	}
}
