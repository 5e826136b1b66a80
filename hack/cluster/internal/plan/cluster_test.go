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

func newPlan(t *testing.T, change func(*Options)) *Cluster {
	t.Helper()
	o := DefaultOptions()
	change(&o)
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNew(t *testing.T) {
	c := newPlan(t, func(o *Options) { o.Nodes, o.Zones = 4, 3 })
	for _, tc := range []struct{ what, got, want string }{
		{"control plane", c.ControlPlane.Name, "svc-control-plane"},
		{"first node", c.Nodes[0].Name, "svc-node-1"},
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

// The addresses are part of what users rely on: they are in the documentation.
func TestNewAddresses(t *testing.T) {
	type addresses struct {
		apiServer, apiServerVIP, dnsVIP string
		gateways, external, node        string
		pods, nodePods, services        string
		loadBalancers                   string
	}
	for family, want := range map[string]addresses{
		FamilyIPv4: {
			apiServer: "https://172.18.0.2:6443", apiServerVIP: "10.96.0.1", dnsVIP: "10.96.0.10",
			gateways: "172.18.0.1/24", external: "172.18.0.3", node: "172.18.0.12",
			pods: "10.244.0.0/16", nodePods: "10.244.2.0/24", services: "10.96.0.0/16",
			loadBalancers: "172.18.0.200-172.18.0.250",
		},
		FamilyIPv6: {
			apiServer: "https://[fd00:172:18::2]:6443", apiServerVIP: "fd00:10:96::1", dnsVIP: "fd00:10:96::a",
			gateways: "fd00:172:18::1/64", external: "fd00:172:18::3", node: "fd00:172:18::12",
			pods: "fd00:10:244::/48", nodePods: "fd00:10:244:2::/64", services: "fd00:10:96::/112",
			loadBalancers: "fd00:172:18::200-fd00:172:18::250",
		},
		FamilyDual: {
			apiServer: "https://172.18.0.2:6443", apiServerVIP: "10.96.0.1", dnsVIP: "10.96.0.10",
			gateways: "172.18.0.1/24,fd00:172:18::1/64", external: "172.18.0.3,fd00:172:18::3",
			node: "172.18.0.12,fd00:172:18::12",
			pods: "10.244.0.0/16,fd00:10:244::/48", nodePods: "10.244.2.0/24,fd00:10:244:2::/64",
			services:      "10.96.0.0/16,fd00:10:96::/112",
			loadBalancers: "172.18.0.200-172.18.0.250,fd00:172:18::200-fd00:172:18::250",
		},
	} {
		t.Run(family, func(t *testing.T) {
			c := newPlan(t, func(o *Options) { o.IPFamily = family })
			got := addresses{
				apiServer: c.APIServerURL(), apiServerVIP: c.APIServerVIP.String(), dnsVIP: c.DNSVIP.String(),
				gateways: Join(c.Gateways), external: Join(c.External.IPs()), node: Join(c.Nodes[1].IPs()),
				pods: Join(c.PodCIDRs), nodePods: Join(c.Nodes[1].PodCIDRs), services: Join(c.ServiceCIDRs),
				loadBalancers: strings.Join(c.LoadBalancerRanges(), ","),
			}
			if got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestNewGivesEachHostItsOwn(t *testing.T) {
	for family := range families {
		t.Run(family, func(t *testing.T) {
			c := newPlan(t, func(o *Options) { o.IPFamily, o.Nodes = family, MaxNodes })
			seen := map[string]string{}
			claim := func(what, owner string) {
				if other, taken := seen[what]; taken {
					t.Errorf("%s belongs to both %s and %s", what, other, owner)
				}
				seen[what] = owner
			}
			for i, gateway := range c.Gateways {
				claim(gateway.Addr().String(), "gateway")
				for _, h := range c.Hosts() {
					claim(h.Addresses[i].Addr().String(), h.Name)
					if h.Addresses[i].Masked() != gateway.Masked() {
						t.Errorf("%s at %s cannot see the gateway", h.Name, h.Addresses[i])
					}
				}
				for _, n := range c.Nodes {
					claim(n.PodCIDRs[i].String(), n.Name)
					if n.PodCIDRs[i] != n.PodCIDRs[i].Masked() || !c.PodCIDRs[i].Contains(n.PodCIDRs[i].Addr()) {
						t.Errorf("%s: pod range %s is no part of %s", n.Name, n.PodCIDRs[i], c.PodCIDRs[i])
					}
				}
			}
		})
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
		{"no load balancer", func(o *Options) { o.LoadBalancer = LoadBalancerNone }, ""},
		{"unknown load balancer", func(o *Options) { o.LoadBalancer = "x" }, "load balancer"},
		{"no nodes", func(o *Options) { o.Nodes = 0 }, "nodes"},
		{"too many nodes", func(o *Options) { o.Nodes = MaxNodes + 1 }, "nodes"},
		{"no zones", func(o *Options) { o.Zones = 0 }, ""},
		{"too many zones", func(o *Options) { o.Zones = 27 }, "zones"},
		{"ipvs", func(o *Options) { o.ProxyMode = "ipvs" }, "proxy mode"},
		{"IPv4 only", func(o *Options) { o.IPFamily = FamilyIPv4 }, ""},
		{"IPv6 only", func(o *Options) { o.IPFamily = FamilyIPv6 }, ""},
		{"no family", func(o *Options) { o.IPFamily = "" }, "IP family"},
		{"family as the API has it", func(o *Options) { o.IPFamily = "IPv4" }, "IP family"},
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
	b.Nodes, b.ProxyMode, b.IPFamily = 1, ModeNFTables, FamilyIPv6
	got := strings.Join(a.Differences(b), ", ")
	want := "--nodes=3 instead of 1, --proxy-mode=iptables instead of nftables, --ip-family=dual instead of ipv6"
	if got != want {
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
