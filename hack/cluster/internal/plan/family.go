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
)

// IP families that a cluster's addresses can be of. The primary family of a
// cluster with both is IPv4.
const (
	FamilyIPv4 = "ipv4"
	FamilyIPv6 = "ipv6"
	FamilyDual = "dual"
)

// family is where a cluster has its addresses within one IP family. What holds
// a %d is the same for all hosts or nodes but for their number, which people
// are to recognize: it has the same digits in both families.
type family struct {
	hosts          string
	pods, nodePods string
	services       string
}

var (
	ipv4 = family{
		hosts: "172.18.0.%d/24", pods: "10.244.0.0/16", nodePods: "10.244.%d.0/24", services: "10.96.0.0/16",
	}
	// Unique local addresses (RFC 4193): nothing outside has them.
	ipv6 = family{
		hosts: "fd00:172:18::%d/64", pods: "fd00:10:244::/48", nodePods: "fd00:10:244:%d::/64", services: "fd00:10:96::/112",
	}
)

// families are the IP families of a cluster, the primary one first.
var families = map[string][]family{
	FamilyIPv4: {ipv4},
	FamilyIPv6: {ipv6},
	FamilyDual: {ipv4, ipv6},
}

// host is the address of the host with that number, in the fabric's subnet.
func (f family) host(number int) netip.Prefix {
	return netip.MustParsePrefix(fmt.Sprintf(f.hosts, number))
}

// podsOf is the range of the pods on the node with that number.
func (f family) podsOf(node int) netip.Prefix {
	return netip.MustParsePrefix(fmt.Sprintf(f.nodePods, node))
}
