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
	"testing"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/test/e2e/framework"
)

func TestPTRName(t *testing.T) {
	for address, want := range map[string]string{
		"10.96.0.9": "9.0.96.10.in-addr.arpa.",
		"fd00::1f":  "f.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa.",
	} {
		if got := PTRName(address); got != want {
			t.Errorf("the reverse name of %s is %s, want %s", address, got, want)
		}
	}
}

func TestNameRecords(t *testing.T) {
	framework.TestContext.ClusterDNSDomain = "cluster.local"
	topology := &Topology{f: &framework.Framework{Namespace: &v1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "own"}}}}
	topology.bystander = topology.service("bystander", "10.96.0.8")
	topology.services = []*Service{topology.service("web", "10.96.0.9")}
	topology.services[0].Spec.ClusterIPs = []string{"10.96.0.9", "fd00:10:96::9"}
	pod := &v1.Pod{Status: v1.PodStatus{PodIPs: []v1.PodIP{{IP: "10.244.1.5"}, {IP: "fd00::5"}}}}
	topology.backends = []*Backend{{Name: "b1", Pod: pod}}
	for answer, want := range map[string]string{
		"none":                        Records(),
		"10.96.0.9":                   VIPRecord("web"),
		"fd00:10:96::9+10.96.0.9":     "VIP(web)",
		"10.96.0.8":                   "VIP(bystander)",
		"10.96.0.7+10.244.1.5":        Records("b1", "10.96.0.7"),
		"10.244.1.5:80+[fd00::5]:80":  SRVRecord("b1", 80),
		"web.own.svc.cluster.local":   "web",
		"web.other.svc.cluster.local": "web.other.svc.cluster.local",
	} {
		if got := topology.nameRecords(answer); got != want {
			t.Errorf("%s goes by %s, want %s", answer, got, want)
		}
	}
	if got, want := topology.DNSName("web"), "web.own.svc.cluster.local."; got != want {
		t.Errorf("name %s, want %s", got, want)
	}
}
