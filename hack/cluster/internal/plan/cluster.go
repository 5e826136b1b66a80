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
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// Short names of the hosts that every cluster has besides its nodes. The full
// name of a host, of its network namespace and of its cgroup starts with the
// name of the cluster.
const (
	ControlPlane = "control-plane"
	External     = "external"
	Fabric       = "fabric"
)

const (
	// APIServerPort is where kube-apiserver listens on the control plane.
	APIServerPort = 6443
	// ExternalPort is where the off-cluster client listens.
	ExternalPort = 8080
	// DNSDomain is the domain of the cluster's own names.
	DNSDomain = "cluster.local"
)

// Numbers of the hosts within the fabric's subnet. What lies above the nodes
// stays free for load balancers.
const (
	numberGateway      = 1
	numberControlPlane = 2
	numberExternal     = 3
	numberNodes        = 10 // node-1 is .11
	numberFirstLB      = 200
	numberLastLB       = 250
)

// Host is a machine of the cluster: a network namespace on the fabric.
type Host struct {
	// Short is the name within the cluster, such as node-1.
	Short string
	// Name is the full name: of the node, the network namespace, the host.
	Name string
	// Addresses are the host's own on the fabric, one for each IP family.
	Addresses []netip.Prefix
}

// Node is a host that runs pods.
type Node struct {
	Host
	// PodCIDRs are the ranges of the pods on the node, one for each IP family.
	PodCIDRs []netip.Prefix
	// Zone is the value of the topology.kubernetes.io/zone label, if any.
	Zone string
}

// Cluster is everything that follows from the options. Lists of addresses and
// ranges have one entry for each IP family, the primary family first.
type Cluster struct {
	Options
	ControlPlane, External, Fabric Host
	Nodes                          []Node
	// Gateways are the addresses of the router that all default routes lead
	// to, and that forwards nothing.
	Gateways     []netip.Prefix
	PodCIDRs     []netip.Prefix
	ServiceCIDRs []netip.Prefix
	// APIServerVIP and DNSVIP are the addresses of the Services kubernetes and
	// kube-dns, which have one address each, of the primary family.
	APIServerVIP, DNSVIP netip.Addr
}

// New plans the cluster that the options ask for.
func New(o Options) (*Cluster, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	c := &Cluster{Options: o, Fabric: Host{Short: Fabric, Name: o.Name + "-" + Fabric}}
	for _, f := range families[o.IPFamily] {
		c.Gateways = append(c.Gateways, f.host(numberGateway))
		c.PodCIDRs = append(c.PodCIDRs, netip.MustParsePrefix(f.pods))
		c.ServiceCIDRs = append(c.ServiceCIDRs, netip.MustParsePrefix(f.services))
	}
	c.APIServerVIP = offset(c.ServiceCIDRs[0].Addr(), 1)
	c.DNSVIP = offset(c.ServiceCIDRs[0].Addr(), 10)
	host := func(short string, number int) Host {
		h := Host{Short: short, Name: o.Name + "-" + short}
		for _, f := range families[o.IPFamily] {
			h.Addresses = append(h.Addresses, f.host(number))
		}
		return h
	}
	c.ControlPlane = host(ControlPlane, numberControlPlane)
	c.External = host(External, numberExternal)
	for i := 1; i <= o.Nodes; i++ {
		node := Node{Host: host("node-"+strconv.Itoa(i), numberNodes+i)}
		for _, f := range families[o.IPFamily] {
			node.PodCIDRs = append(node.PodCIDRs, f.podsOf(i))
		}
		if o.Zones > 0 {
			node.Zone = "zone-" + string(rune('a'+(i-1)%o.Zones))
		}
		c.Nodes = append(c.Nodes, node)
	}
	return c, nil
}

// Hosts returns the hosts that run something: all but the fabric.
func (c *Cluster) Hosts() []Host {
	hosts := []Host{c.ControlPlane, c.External}
	for _, node := range c.Nodes {
		hosts = append(hosts, node.Host)
	}
	return hosts
}

// LoadBalancerRanges returns the addresses on the fabric that are free for load
// balancers to give out, each from the first to the last of an IP family.
func (c *Cluster) LoadBalancerRanges() []string {
	var ranges []string
	for _, f := range families[c.IPFamily] {
		ranges = append(ranges, fmt.Sprintf("%s-%s", f.host(numberFirstLB).Addr(), f.host(numberLastLB).Addr()))
	}
	return ranges
}

// Address returns the host's primary address.
func (h Host) Address() netip.Addr {
	return h.Addresses[0].Addr()
}

// IPs returns the host's addresses without their subnets.
func (h Host) IPs() []netip.Addr {
	var ips []netip.Addr
	for _, address := range h.Addresses {
		ips = append(ips, address.Addr())
	}
	return ips
}

// APIServer is the address of kube-apiserver on the fabric.
func (c *Cluster) APIServer() netip.AddrPort {
	return netip.AddrPortFrom(c.ControlPlane.Address(), APIServerPort)
}

// APIServerURL is the same as a URL.
func (c *Cluster) APIServerURL() string {
	return "https://" + c.APIServer().String()
}

// Join renders a list of addresses or ranges the way component flags want it.
func Join[T fmt.Stringer](list []T) string {
	s := make([]string, 0, len(list))
	for _, v := range list {
		s = append(s, v.String())
	}
	return strings.Join(s, ",")
}

// ShortName resolves what a user may call a host, its short or its full name,
// into the short one.
func ShortName(cluster, host string) (string, error) {
	short := strings.TrimPrefix(host, cluster+"-")
	if !shortSyntax.MatchString(short) {
		return "", fmt.Errorf("unknown host %q: want node-1, node-2, ..., %s, %s or %s",
			host, ControlPlane, External, Fabric)
	}
	return short, nil
}

var shortSyntax = regexp.MustCompile(`^(node-[1-9][0-9]*|control-plane|external|fabric)$`)

// Owns reports whether a network namespace called full belongs to the cluster.
// It tells clusters apart even if one's name is a prefix of another's.
func Owns(cluster, full string) bool {
	short, ok := strings.CutPrefix(full, cluster+"-")
	return ok && shortSyntax.MatchString(short)
}

func offset(a netip.Addr, n int) netip.Addr {
	for range n {
		a = a.Next()
	}
	return a
}
