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
	"context"
	"fmt"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	clientset "k8s.io/client-go/kubernetes"
	e2enode "k8s.io/kubernetes/test/e2e/framework/node"
	netutils "k8s.io/utils/net"
)

// Node is a schedulable node of the cluster under test.
type Node struct {
	Name string `json:"name"`
	// Addresses are the node's first InternalIP of each IP family, its
	// primary family first.
	Addresses []string `json:"addresses"`
	// Zone is the value of topology.kubernetes.io/zone, empty if unlabelled.
	Zone string `json:"zone,omitempty"`
}

// listNodes returns all ready, schedulable, untainted nodes, sorted by name.
func listNodes(ctx context.Context, client clientset.Interface) ([]Node, error) {
	list, err := e2enode.GetReadySchedulableNodes(ctx, client)
	if err != nil {
		return nil, fmt.Errorf("listing schedulable nodes: %w", err)
	}
	var nodes []Node
	for i := range list.Items {
		node := &list.Items[i]
		addresses := onePerFamily(e2enode.GetAddresses(node, v1.NodeInternalIP))
		if len(addresses) == 0 {
			return nil, fmt.Errorf("node %s has no InternalIP in its status", node.Name)
		}
		nodes = append(nodes, Node{Name: node.Name, Addresses: addresses, Zone: node.Labels[v1.LabelTopologyZone]})
	}
	slices.SortFunc(nodes, func(a, b Node) int { return strings.Compare(a.Name, b.Name) })
	return nodes, nil
}

// Address returns the node's address of an IP family, empty if it has none.
func (n Node) Address(family v1.IPFamily) string {
	return addressOf(family, n.Addresses)
}

// onePerFamily returns the first address of each IP family.
func onePerFamily(addresses []string) []string {
	var first []string
	for _, address := range addresses {
		if addressOf(ipFamily(address), first) == "" {
			first = append(first, address)
		}
	}
	return first
}

// addressOf returns the first address of an IP family, empty if there is none.
func addressOf(family v1.IPFamily, addresses []string) string {
	for _, address := range addresses {
		if ipFamily(address) == family {
			return address
		}
	}
	return ""
}

// ipFamily returns the IP family of an address.
func ipFamily(address string) v1.IPFamily {
	if netutils.IsIPv6String(address) {
		return v1.IPv6Protocol
	}
	return v1.IPv4Protocol
}
