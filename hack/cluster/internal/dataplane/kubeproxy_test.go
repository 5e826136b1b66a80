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

package dataplane

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"

	kubeproxyv1alpha1 "k8s.io/kube-proxy/config/v1alpha1"
	"sigs.k8s.io/yaml"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

func TestRenderKubeProxy(t *testing.T) {
	for _, mode := range []string{plan.ModeIPTables, plan.ModeNFTables} {
		o := plan.DefaultOptions()
		o.ProxyMode = mode
		c, err := plan.New(o)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := renderKubeProxy(c, c.Nodes[1])
		if err != nil {
			t.Fatal(err)
		}
		got := &kubeproxyv1alpha1.KubeProxyConfiguration{}
		if err := yaml.UnmarshalStrict([]byte(raw), got); err != nil {
			t.Fatal(err)
		}
		if string(got.Mode) != mode || got.ClusterCIDR != "10.244.0.0/16,fd00:10:244::/48" || got.HostnameOverride != "svc-node-2" {
			t.Errorf("unexpected configuration\n%s", raw)
		}
		if got.Conntrack.MaxPerCore == nil || *got.Conntrack.MaxPerCore != 0 {
			t.Error("the machine's connection table must be left alone")
		}
	}
}

func TestRenderBridge(t *testing.T) {
	raw, err := renderBridge(plan.Node{PodCIDRs: []netip.Prefix{
		netip.MustParsePrefix("10.244.1.0/24"), netip.MustParsePrefix("fd00:1::/64"),
	}})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Plugins []struct {
			Type        string
			HairpinMode bool
			IPMasq      bool
			IPAM        struct {
				Ranges [][]struct{ Subnet string }
			}
		}
	}
	if err := json.Unmarshal([]byte(raw), &got); err != nil {
		t.Fatal(err)
	}
	bridge := got.Plugins[0]
	if bridge.Type != "bridge" || !bridge.HairpinMode || bridge.IPMasq || got.Plugins[1].Type != "portmap" {
		t.Errorf("unexpected plugins in\n%s", raw)
	}
	// A range for each family, and not two ranges of one.
	if len(bridge.IPAM.Ranges) != 2 || !strings.HasPrefix(bridge.IPAM.Ranges[1][0].Subnet, "fd00:") {
		t.Errorf("unexpected ranges in\n%s", raw)
	}
}
