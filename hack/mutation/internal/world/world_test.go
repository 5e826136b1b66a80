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

package world

import (
	"slices"
	"testing"

	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

func service(namespace, name, vip string) *v1.Service {
	return &v1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1.ServiceSpec{ClusterIP: vip, ClusterIPs: []string{vip}, Ports: []v1.ServicePort{
			{Name: "a", Protocol: v1.ProtocolTCP, Port: 80, NodePort: 30080},
			{Name: "b", Protocol: v1.ProtocolUDP, Port: 81},
		}},
	}
}

func endpoint(pod, address string, ready *bool) discoveryv1.Endpoint {
	return discoveryv1.Endpoint{
		Addresses: []string{address}, Conditions: discoveryv1.EndpointConditions{Ready: ready},
		TargetRef: &v1.ObjectReference{Kind: "Pod", Name: pod}, NodeName: ptr.To("n-node-1"),
	}
}

func TestBuild(t *testing.T) {
	web := service("spec-1", "web", "10.96.0.7")
	web.Spec.SessionAffinity = v1.ServiceAffinityClientIP
	web.Spec.InternalTrafficPolicy = ptr.To(v1.ServiceInternalTrafficPolicyLocal)
	headless := service("spec-1", "headless", v1.ClusterIPNone)
	slice := func(number int32, endpoints ...discoveryv1.Endpoint) *discoveryv1.EndpointSlice {
		return &discoveryv1.EndpointSlice{
			ObjectMeta: metav1.ObjectMeta{Namespace: "spec-1", Labels: map[string]string{discoveryv1.LabelServiceName: "web"}},
			Ports:      []discoveryv1.EndpointPort{{Name: ptr.To("a"), Port: &number}}, Endpoints: endpoints,
		}
	}
	node := func(name string) *v1.Node { return &v1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}} }
	w := Build(Objects{
		Nodes: []*v1.Node{node("n-node-10"), node("n-node-2")},
		Services: []*v1.Service{
			web, headless, service("default", "kubernetes", "10.96.0.1"), service("kube-system", "kube-dns", "10.96.0.10"),
			service("spec-1", "sentinel-abc", "10.96.0.8"), service("service-e2e-x", "bystander", "10.96.0.9"),
		},
		EndpointSlices: []*discoveryv1.EndpointSlice{
			slice(8080, endpoint("b10", "10.244.1.10", ptr.To(false)), endpoint("b2", "10.244.1.2", nil)),
			slice(8080, endpoint("b2", "10.244.1.2", nil), endpoint("b2", "fd00::2", nil)), // named twice, and in another family
		},
	}, []string{"172.18.0.3"})

	if w.Nodes[0].Name != "n-node-2" {
		t.Errorf("nodes are not in their natural order: %v", w.Nodes)
	}
	if !slices.Equal(w.API, []string{"10.96.0.1"}) || !slices.Equal(w.DNS, []string{"10.96.0.10"}) || w.Sentinels != 1 {
		t.Errorf("API %v, DNS %v, %d sentinels", w.API, w.DNS, w.Sentinels)
	}
	if len(w.Services) != 3 || len(w.Subjects()) != 2 {
		t.Fatalf("services %v, subjects %v", w.Services, w.Subjects())
	}
	got := w.Subjects()[1]
	if got.Name != "web" || !got.Affinity || !got.InternalLocal || got.ExternalLocal || got.Ports[0].NodePort != 30080 {
		t.Errorf("got %+v", got)
	}
	if len(w.Subjects()[0].VIPs) != 0 {
		t.Errorf("a headless Service has ClusterIPs: %v", w.Subjects()[0].VIPs)
	}
	ready, unready := got.Ports[0].Ready(false)
	if len(ready) != 1 || ready[0].Endpoint() != "10.244.1.2 . 8080" || len(unready) != 1 || unready[0].Name != "b10" {
		t.Errorf("ready %v, unready %v", ready, unready)
	}
	if ready, _ := got.Ports[0].Ready(true); len(ready) != 1 || ready[0].Address != "fd00::2" {
		t.Errorf("ready over IPv6 %v", ready)
	}
	if len(got.Ports[1].Backends) != 0 {
		t.Errorf("the other port has the endpoints of the first: %v", got.Ports[1].Backends)
	}
}
