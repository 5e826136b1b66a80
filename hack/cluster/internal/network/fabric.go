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

package network

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

const (
	// bridgeName is the fabric's bridge; the ports are called after the hosts.
	bridgeName = "br0"
	// uplink is the interface by which each host is on the fabric.
	uplink = "eth0"
)

// Create builds the network of a cluster. On failure it leaves to the caller
// to delete the namespaces, which takes everything else along.
func Create(c *plan.Cluster) error {
	if err := createFabric(c); err != nil {
		return fmt.Errorf("setting up %s: %w", c.Fabric.Name, err)
	}
	for _, host := range c.Hosts() {
		if err := createHost(c, host, nil); err != nil {
			return fmt.Errorf("setting up network of %s: %w", host.Name, err)
		}
	}
	return nil
}

// Reset replaces the network of a host by one as [Create] makes it: what rules,
// routes, addresses and connections the host had are gone. Its hardware address
// stays, as that of a machine does that is switched off and on; the others know
// it still.
func Reset(c *plan.Cluster, host plan.Host) error {
	var address net.HardwareAddr
	err := withHandle(host.Name, func(h *netlink.Handle) error {
		link, err := h.LinkByName(uplink)
		if err != nil {
			return fmt.Errorf("finding interface %s: %w", uplink, err)
		}
		address = link.Attrs().HardwareAddr
		return nil
	})
	if err != nil {
		return fmt.Errorf("resetting network of %s: %w", host.Name, err)
	}
	if err := errors.Join(unplug(c, host), DeleteNamespace(host.Name)); err != nil {
		return fmt.Errorf("resetting network of %s: %w", host.Name, err)
	}
	if err := createHost(c, host, address); err != nil {
		return fmt.Errorf("resetting network of %s: %w", host.Name, err)
	}
	return nil
}

func createFabric(c *plan.Cluster) error {
	if err := CreateNamespace(c.Fabric.Name); err != nil {
		return err
	}
	// The gateway is where all default routes lead to and all packets end:
	// hosts need a route for whatever they may be asked to reach, so that it
	// passes the hooks of the Service proxy, and nothing may leave. It does
	// not forward, and drops in silence. Rules for forwarded packets must not
	// see what the bridge carries either.
	sysctls := commonSysctls(c, false)
	sysctls["net/bridge/bridge-nf-call-iptables"] = "0"
	sysctls["net/bridge/bridge-nf-call-ip6tables"] = "0"
	if err := setSysctls(c.Fabric.Name, sysctls); err != nil {
		return err
	}
	return withHandle(c.Fabric.Name, func(h *netlink.Handle) error {
		if err := up(h, "lo"); err != nil {
			return err
		}
		if err := h.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: bridgeName}}); err != nil {
			return fmt.Errorf("creating bridge: %w", lacking(err, "bridge"))
		}
		if err := addAddresses(h, bridgeName, c.Gateways); err != nil {
			return err
		}
		if err := up(h, bridgeName); err != nil {
			return err
		}
		for _, gateway := range c.Gateways {
			if err := addBlackHole(h, gateway.Addr()); err != nil {
				return err
			}
		}
		// Pods that talk to the gateway itself, as their name servers do, get
		// its refusal: that is faster than no answer.
		return addPodRoutes(h, c, c.Fabric)
	})
}

// createHost gives a host its network. Without a hardware address it gets one at
// random.
func createHost(c *plan.Cluster, host plan.Host, address net.HardwareAddr) error {
	if err := CreateNamespace(host.Name); err != nil {
		return err
	}
	if err := setSysctls(host.Name, hostSysctls(c, host)); err != nil {
		return err
	}
	if err := plugIn(c, host, address); err != nil {
		return err
	}
	return withHandle(host.Name, func(h *netlink.Handle) error {
		if err := up(h, "lo"); err != nil {
			return err
		}
		if err := addAddresses(h, uplink, host.Addresses); err != nil {
			return err
		}
		if err := up(h, uplink); err != nil {
			return err
		}
		for _, gateway := range c.Gateways {
			if err := addRoute(h, nil, gateway.Addr()); err != nil {
				return err
			}
		}
		// Who is outside the cluster knows no way to pods.
		if host.Short == plan.External {
			return nil
		}
		return addPodRoutes(h, c, host)
	})
}

// addPodRoutes tells a host the way to the pods on all other hosts.
func addPodRoutes(h *netlink.Handle, c *plan.Cluster, host plan.Host) error {
	for _, node := range c.Nodes {
		if node.Name == host.Name {
			continue
		}
		for i, cidr := range node.PodCIDRs {
			if err := addRoute(h, &cidr, node.Addresses[i].Addr()); err != nil {
				return err
			}
		}
	}
	return nil
}

// plugIn lays a cable between the fabric's bridge and the host.
func plugIn(c *plan.Cluster, host plan.Host, address net.HardwareAddr) error {
	peer, err := netns.GetFromName(host.Name)
	if err != nil {
		return fmt.Errorf("opening network namespace: %w", err)
	}
	defer peer.Close()
	return withHandle(c.Fabric.Name, func(h *netlink.Handle) error {
		bridge, err := h.LinkByName(bridgeName)
		if err != nil {
			return fmt.Errorf("finding the bridge: %w", err)
		}
		attrs := netlink.NewLinkAttrs()
		attrs.Name, attrs.MasterIndex = host.Short, bridge.Attrs().Index
		err = h.LinkAdd(&netlink.Veth{
			LinkAttrs: attrs, PeerName: uplink, PeerNamespace: netlink.NsFd(peer), PeerHardwareAddr: address,
		})
		if err != nil {
			return fmt.Errorf("creating veth pair: %w", lacking(err, "veth"))
		}
		return up(h, host.Short)
	})
}

// unplug removes the cable of a host. It would go with the namespace, but some
// time after that.
func unplug(c *plan.Cluster, host plan.Host) error {
	return withHandle(c.Fabric.Name, func(h *netlink.Handle) error {
		link, err := h.LinkByName(host.Short)
		if err != nil {
			return fmt.Errorf("finding interface %s: %w", host.Short, err)
		}
		if err := h.LinkDel(link); err != nil {
			return fmt.Errorf("removing veth pair: %w", err)
		}
		return nil
	})
}

// commonSysctls are settings that new namespaces may inherit from the machine,
// where these may differ.
func commonSysctls(c *plan.Cluster, forward bool) map[string]string {
	forwarding := "0"
	if forward {
		forwarding = "1"
	}
	sysctls := map[string]string{
		"net/ipv4/conf/all/rp_filter":     "0",
		"net/ipv4/conf/default/rp_filter": "0",
		"net/ipv4/ip_forward":             forwarding,
		// What comes for a node port may have to leave by the interface that it
		// came from. The redirects that a node sends then count against the
		// same limit as its refusals, which clients would not get in time.
		"net/ipv4/conf/all/send_redirects":     "0",
		"net/ipv4/conf/default/send_redirects": "0",
		// By default nobody would get more than one refusal per second: the suite
		// would wait for each, and so would the name servers that go on asking the
		// gateway whether it serves by now.
		"net/ipv4/icmp_ratelimit": "0",
	}
	if c.IPFamily == plan.FamilyIPv4 {
		return sysctls // the kernel need not have IPv6
	}
	maps.Copy(sysctls, map[string]string{
		"net/ipv6/icmp/ratelimit":        "0",
		"net/ipv6/conf/all/disable_ipv6": "0",
		"net/ipv6/conf/all/forwarding":   forwarding,
		// No address exists twice here, so each is of use at once.
		"net/ipv6/conf/all/accept_dad":     "0",
		"net/ipv6/conf/default/accept_dad": "0",
		// Addresses and routes are what the plan says, and nothing more.
		"net/ipv6/conf/all/accept_ra":     "0",
		"net/ipv6/conf/default/accept_ra": "0",
	})
	return sysctls
}

func hostSysctls(c *plan.Cluster, host plan.Host) map[string]string {
	if host.Short == plan.ControlPlane || host.Short == plan.External {
		return commonSysctls(c, false)
	}
	sysctls := commonSysctls(c, true)
	// Replies between two pods of a node that talk through a Service must pass
	// conntrack although the bridge could deliver them directly.
	sysctls["net/bridge/bridge-nf-call-iptables"] = "1"
	sysctls["net/bridge/bridge-nf-call-ip6tables"] = "1"
	// All nodes are in one connection tracking table, that of the machine, and
	// kube-proxy walks the whole of it at each of its syncs. Of what is in there
	// most are connections that have ended, for 120 s by default.
	sysctls["net/netfilter/nf_conntrack_tcp_timeout_time_wait"] = "20"
	// The suite waits for what may mislead a later connection from the same source
	// port to be forgotten: one that began before there was anybody to answer, for
	// 120 s by default, and an exchange over UDP, for 30 s.
	sysctls["net/netfilter/nf_conntrack_tcp_timeout_syn_sent"] = "15"
	sysctls["net/netfilter/nf_conntrack_udp_timeout"] = "15"
	return sysctls
}

// setSysctls sets what the kernel has; what it lacks is off.
func setSysctls(namespace string, values map[string]string) error {
	return Do(namespace, func() error {
		for key, value := range values {
			// The file belongs to the namespace of the thread that opens it.
			err := os.WriteFile(filepath.Join("/proc/sys", key), []byte(value), 0)
			switch {
			case errors.Is(err, fs.ErrNotExist) && value == "0":
			case errors.Is(err, fs.ErrNotExist) && strings.HasPrefix(key, "net/bridge/"):
				return errors.New("the kernel lacks br_netfilter, without which pods of one node cannot reach " +
					"each other through Services: load the module, or build it")
			case err != nil:
				return fmt.Errorf("setting sysctl: %w", err)
			}
		}
		return nil
	})
}

// lacking explains what the kernel means by not supporting a kind of interface.
func lacking(err error, module string) error {
	if errors.Is(err, unix.EOPNOTSUPP) {
		return fmt.Errorf("the kernel lacks %s: load the module, or build it", module)
	}
	return err
}

func withHandle(namespace string, fn func(*netlink.Handle) error) error {
	ns, err := netns.GetFromName(namespace)
	if err != nil {
		return fmt.Errorf("opening network namespace %s: %w", namespace, err)
	}
	defer ns.Close()
	h, err := netlink.NewHandleAt(ns)
	if err != nil {
		return fmt.Errorf("opening netlink socket in %s: %w", namespace, err)
	}
	defer h.Close()
	return fn(h)
}

func up(h *netlink.Handle, name string) error {
	link, err := h.LinkByName(name)
	if err != nil {
		return fmt.Errorf("finding interface %s: %w", name, err)
	}
	if err := h.LinkSetUp(link); err != nil {
		return fmt.Errorf("setting up interface %s: %w", name, err)
	}
	return nil
}

func addAddresses(h *netlink.Handle, name string, addresses []netip.Prefix) error {
	link, err := h.LinkByName(name)
	if err != nil {
		return fmt.Errorf("finding interface %s: %w", name, err)
	}
	for _, address := range addresses {
		if err := h.AddrAdd(link, &netlink.Addr{IPNet: ipNet(address)}); err != nil {
			return fmt.Errorf("adding address %s to %s: %w", address, name, err)
		}
	}
	return nil
}

// addRoute adds a route to a range, or the default route if it is nil.
func addRoute(h *netlink.Handle, to *netip.Prefix, via netip.Addr) error {
	route := &netlink.Route{Gw: via.AsSlice()}
	if to != nil {
		route.Dst = ipNet(*to)
	}
	if err := h.RouteAdd(route); err != nil {
		return fmt.Errorf("adding route %s: %w", route, err)
	}
	return nil
}

// addBlackHole makes a host drop in silence what it has no other route for.
// Without it the IPv6 half of the kernel answers that there is none, even on a
// host that does not forward; the IPv4 half does not.
func addBlackHole(h *netlink.Handle, family netip.Addr) error {
	all := netip.PrefixFrom(family, 0).Masked()
	route := &netlink.Route{Dst: ipNet(all), Type: unix.RTN_BLACKHOLE}
	if err := h.RouteAdd(route); err != nil {
		return fmt.Errorf("adding route %s: %w", route, err)
	}
	return nil
}

func ipNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
