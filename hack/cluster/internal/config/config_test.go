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

package config

import (
	"slices"
	"strings"
	"testing"

	kubeletv1beta1 "k8s.io/kubelet/config/v1beta1"
	"sigs.k8s.io/yaml"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/host"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

func newPlan(t *testing.T) *plan.Cluster {
	t.Helper()
	c, err := plan.New(plan.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func logFile(name string) string { return "/logs/" + name }

func TestControlPlane(t *testing.T) {
	services := ControlPlane(newPlan(t), "/pki", "/data", logFile)
	byName := map[string]host.Service{}
	for _, s := range services {
		byName[s.Name] = s
		if s.Args[0] != s.Name || s.Log != "/logs/"+s.Name || s.Health == "" {
			t.Errorf("%s: incomplete: %+v", s.Name, s)
		}
		for _, arg := range s.Args {
			for _, bad := range []string{"AlwaysAllow", "insecure-skip", "anonymous"} {
				if strings.Contains(arg, bad) {
					t.Errorf("%s must not be started with %s", s.Name, arg)
				}
			}
		}
	}
	for _, tc := range []struct{ service, arg string }{
		{APIServer, "--authorization-mode=Node,RBAC"},
		{APIServer, "--enable-admission-plugins=NodeRestriction"},
		{APIServer, "--advertise-address=172.18.0.2"},
		{APIServer, "--service-cluster-ip-range=10.96.0.0/16,fd00:10:96::/112"},
		{APIServer, "--kubelet-certificate-authority=/pki/ca.crt"},
		{APIServer, "--service-account-key-file=/pki/sa.pub"},
		{ControllerManager, "--service-account-private-key-file=/pki/sa.key"},
		{ControllerManager, "--cluster-cidr=10.244.0.0/16,fd00:10:244::/48"},
		{Etcd, "--client-cert-auth"},
	} {
		if !slices.Contains(byName[tc.service].Args, tc.arg) {
			t.Errorf("%s: want %s, got %v", tc.service, tc.arg, byName[tc.service].Args)
		}
	}
}

func TestRenderKubelet(t *testing.T) {
	raw, err := RenderKubelet(newPlan(t))
	if err != nil {
		t.Fatal(err)
	}
	got := &kubeletv1beta1.KubeletConfiguration{}
	if err := yaml.UnmarshalStrict([]byte(raw), got); err != nil {
		t.Fatal(err)
	}
	// An empty list would be left out, and kubelet's default is another one.
	if !slices.Equal(got.EnforceNodeAllocatable, []string{"none"}) {
		t.Errorf("enforceNodeAllocatable: got %v", got.EnforceNodeAllocatable)
	}
	for what, value := range map[string]*bool{
		"failCgroupV1": got.FailCgroupV1, "cgroupsPerQOS": got.CgroupsPerQOS,
		"authentication.anonymous": got.Authentication.Anonymous.Enabled,
	} {
		if value == nil || *value {
			t.Errorf("%s: want it off", what)
		}
	}
	if got.Authorization.Mode != kubeletv1beta1.KubeletAuthorizationModeWebhook {
		t.Errorf("authorization: got %s", got.Authorization.Mode)
	}
	if !slices.Equal(got.ClusterDNS, []string{"10.96.0.10"}) {
		t.Errorf("clusterDNS: got %v", got.ClusterDNS)
	}
}

func TestNode(t *testing.T) {
	for family, want := range map[string]struct{ nodeIP, after string }{
		plan.FamilyDual: {"--node-ip=172.18.0.12,fd00:172:18::12", "tcp:172.18.0.2:6443"},
		plan.FamilyIPv6: {"--node-ip=fd00:172:18::12", "tcp:[fd00:172:18::2]:6443"},
	} {
		o := plan.DefaultOptions()
		o.IPFamily = family
		c, err := plan.New(o)
		if err != nil {
			t.Fatal(err)
		}
		services := Node(c, c.Nodes[1], logFile)
		kubelet := services[len(services)-1]
		if !slices.Contains(kubelet.Args, want.nodeIP) || !slices.Contains(kubelet.After, want.after) {
			t.Errorf("%s: want %+v, got %+v", family, want, kubelet)
		}
	}
}

func TestRenderContainerd(t *testing.T) {
	raw := RenderContainerd("registry/pause:1", "/cni")
	for _, want := range []string{
		`sandbox = "registry/pause:1"`, `bin_dirs = ["/cni"]`, "restrict_oom_score_adj = true", "SystemdCgroup = false",
	} {
		if !strings.Contains(raw, want) {
			t.Errorf("want %s in\n%s", want, raw)
		}
	}
}

func TestHostFiles(t *testing.T) {
	files := HostFiles(newPlan(t))
	if got, want := files["/etc/resolv.conf"], "nameserver 172.18.0.3\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, want := range []string{
		"127.0.0.1 localhost\n", "172.18.0.2 svc-control-plane\n",
		"172.18.0.13 svc-node-3\n", "fd00:172:18::13 svc-node-3\n",
	} {
		if !strings.Contains(files["/etc/hosts"], want) {
			t.Errorf("want %q in %q", want, files["/etc/hosts"])
		}
	}
}
