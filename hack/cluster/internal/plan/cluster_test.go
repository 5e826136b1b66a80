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

package plan

import (
	"strings"
	"testing"
)

func TestNew(t *testing.T) {
	o := DefaultOptions()
	o.Nodes, o.Zones = 4, 3
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ what, got, want string }{
		{"control plane", c.ControlPlane.Name, "svc-control-plane"},
		{"API server", c.APIServerURL(), "https://172.18.0.2:6443"},
		{"API server VIP", c.APIServerVIP.String(), "10.96.0.1"},
		{"DNS VIP", c.DNSVIP.String(), "10.96.0.10"},
		{"gateway", c.Gateways[0].String(), "172.18.0.1/24"},
		{"external", c.External.Addresses[0].String(), "172.18.0.3/24"},
		{"first node", c.Nodes[0].Name, "svc-node-1"},
		{"first node's address", c.Nodes[0].Address().String(), "172.18.0.11"},
		{"first node's pods", Join(c.Nodes[0].PodCIDRs), "10.244.1.0/24"},
		{"third zone", c.Nodes[2].Zone, "zone-c"},
		{"zones go round", c.Nodes[3].Zone, "zone-a"},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.what, tc.got, tc.want)
		}
	}
	if got := len(c.Hosts()); got != 6 {
		t.Errorf("got %d hosts, want 6", got)
	}
}

func TestNewGivesEachHostItsOwn(t *testing.T) {
	o := DefaultOptions()
	o.Nodes = MaxNodes
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{c.Gateways[0].Addr().String(): "gateway"}
	claim := func(what, owner string) {
		if other, taken := seen[what]; taken {
			t.Errorf("%s belongs to both %s and %s", what, other, owner)
		}
		seen[what] = owner
	}
	for _, h := range c.Hosts() {
		claim(h.Address().String(), h.Name)
		if !h.Addresses[0].Contains(c.Gateways[0].Addr()) {
			t.Errorf("%s at %s cannot see the gateway", h.Name, h.Addresses[0])
		}
	}
	for _, n := range c.Nodes {
		claim(n.PodCIDRs[0].String(), n.Name)
		if !c.PodCIDRs[0].Contains(n.PodCIDRs[0].Addr()) {
			t.Errorf("%s: pod range %s lies outside %s", n.Name, n.PodCIDRs[0], c.PodCIDRs[0])
		}
	}
}

func TestValidate(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*Options)
		want   string // part of the error; empty for none
	}{
		{"defaults", func(*Options) {}, ""},
		{"no name", func(o *Options) { o.Name = "" }, "name"},
		{"path", func(o *Options) { o.Name = "../x" }, "name"},
		{"upper case", func(o *Options) { o.Name = "Svc" }, "name"},
		{"hyphen last", func(o *Options) { o.Name = "svc-" }, "name"},
		{"longest name", func(o *Options) { o.Name = strings.Repeat("a", maxName) }, ""},
		{"name too long", func(o *Options) { o.Name = strings.Repeat("a", maxName+1) }, "name"},
		{"no nodes", func(o *Options) { o.Nodes = 0 }, "nodes"},
		{"too many nodes", func(o *Options) { o.Nodes = MaxNodes + 1 }, "nodes"},
		{"no zones", func(o *Options) { o.Zones = 0 }, ""},
		{"too many zones", func(o *Options) { o.Zones = 27 }, "zones"},
		{"ipvs", func(o *Options) { o.ProxyMode = "ipvs" }, "proxy mode"},
		{"dual", func(o *Options) { o.IPFamily = "dual" }, "IP family"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			o := DefaultOptions()
			tc.change(&o)
			_, err := New(o)
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got error %v, want one about %q", err, tc.want)
			}
		})
	}
}

func TestDifferences(t *testing.T) {
	a, b := DefaultOptions(), DefaultOptions()
	if d := a.Differences(b); d != nil {
		t.Errorf("equal options differ: %v", d)
	}
	b.Nodes, b.ProxyMode = 1, ModeNFTables
	got := strings.Join(a.Differences(b), ", ")
	if want := "--nodes=3 instead of 1, --proxy-mode=iptables instead of nftables"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOwns(t *testing.T) {
	for _, tc := range []struct {
		cluster, namespace string
		want               bool
	}{
		{"svc", "svc-node-1", true},
		{"svc", "svc-node-12", true},
		{"svc", "svc-control-plane", true},
		{"svc", "svc-external", true},
		{"svc", "svc-fabric", true},
		{"svc", "svc", false},
		{"svc", "svc-node-", false},
		{"svc", "svc-node-0", false},
		{"svc", "svc-node-1-node-1", false},
		{"svc", "dev-node-1", false},
		{"svc-node-1", "svc-node-1-node-1", true},
		{"svc-node-1", "svc-node-1", false},
	} {
		if got := Owns(tc.cluster, tc.namespace); got != tc.want {
			t.Errorf("Owns(%q, %q) = %v, want %v", tc.cluster, tc.namespace, got, tc.want)
		}
	}
}

func TestShortName(t *testing.T) {
	for in, want := range map[string]string{
		"node-2": "node-2", "svc-node-2": "node-2", "fabric": "fabric", "svc-external": "external",
		"node": "", "dev-node-1": "", "": "",
	} {
		got, err := ShortName("svc", in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("ShortName(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
}
