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
	"fmt"
	"regexp"
)

// Proxy modes that kube-proxy can run in on the nodes.
const (
	ModeIPTables = "iptables"
	ModeNFTables = "nftables"
)

// Load balancers that a cluster can have.
const (
	LoadBalancerMetalLB = "metallb"
	LoadBalancerNone    = "none"
)

const (
	// MaxNodes is what fits into the node part of the fabric's subnet.
	MaxNodes = 180
	maxZones = 26
	// Node names are labels of up to 63 characters; this leaves room for
	// "-control-plane", and for the names that pods derive from their node.
	maxName = 32
)

var nameSyntax = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)

// Options are what the user chooses about a cluster.
type Options struct {
	// Name tells clusters apart that run side by side.
	Name string `json:"name"`
	// Nodes is the number of nodes, the control plane not counted.
	Nodes int `json:"nodes"`
	// ProxyMode is the mode of kube-proxy.
	ProxyMode string `json:"proxyMode"`
	// Zones is the number of zones that the nodes are spread over; 0 leaves
	// the nodes without a zone label.
	Zones int `json:"zones"`
	// IPFamily is the family of the cluster's addresses: of nodes, pods and
	// Services alike.
	IPFamily string `json:"ipFamily"`
	// LoadBalancer is what serves Services of type LoadBalancer.
	LoadBalancer string `json:"loadBalancer"`
}

// DefaultOptions returns what the options are when the user chooses nothing.
func DefaultOptions() Options {
	return Options{
		Name: "svc", Nodes: 3, ProxyMode: ModeIPTables, Zones: 3, IPFamily: FamilyDual, LoadBalancer: LoadBalancerMetalLB,
	}
}

// ValidateName reports whether a cluster can be called name.
func ValidateName(name string) error {
	if len(name) > maxName || !nameSyntax.MatchString(name) {
		return fmt.Errorf("invalid cluster name %q: want at most %d lower case letters, digits and hyphens, "+
			"a letter first and no hyphen last", name, maxName)
	}
	return nil
}

// Validate reports the first option that cannot be had.
func (o Options) Validate() error {
	if err := ValidateName(o.Name); err != nil {
		return err
	}
	if o.Nodes < 1 || o.Nodes > MaxNodes {
		return fmt.Errorf("invalid number of nodes %d: want 1 to %d", o.Nodes, MaxNodes)
	}
	if o.Zones < 0 || o.Zones > maxZones {
		return fmt.Errorf("invalid number of zones %d: want 0 to %d", o.Zones, maxZones)
	}
	if o.ProxyMode != ModeIPTables && o.ProxyMode != ModeNFTables {
		return fmt.Errorf("invalid proxy mode %q: want %s or %s", o.ProxyMode, ModeIPTables, ModeNFTables)
	}
	if families[o.IPFamily] == nil {
		return fmt.Errorf("invalid IP family %q: want %s, %s or %s", o.IPFamily, FamilyDual, FamilyIPv4, FamilyIPv6)
	}
	if o.LoadBalancer != LoadBalancerMetalLB && o.LoadBalancer != LoadBalancerNone {
		return fmt.Errorf("invalid load balancer %q: want %s or %s", o.LoadBalancer, LoadBalancerMetalLB, LoadBalancerNone)
	}
	return nil
}

// Differences names each option in which want differs from o, in words that
// complete "it runs with".
func (o Options) Differences(want Options) []string {
	var out []string
	add := func(flag string, have, want any) {
		if have != want {
			out = append(out, fmt.Sprintf("--%s=%v instead of %v", flag, have, want))
		}
	}
	add("nodes", o.Nodes, want.Nodes)
	add("proxy-mode", o.ProxyMode, want.ProxyMode)
	add("zones", o.Zones, want.Zones)
	add("ip-family", o.IPFamily, want.IPFamily)
	add("load-balancer", o.LoadBalancer, want.LoadBalancer)
	return out
}
