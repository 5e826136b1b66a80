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
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"

	"sigs.k8s.io/service-e2e/matrix"
)

// RouteByEachNode gives a Service that is [ByHand] one address per node of its
// primary IP family, and makes the off-cluster client send what is for an address
// to its node, as a load balancer does that hands packets on as they are. It
// returns the columns of these addresses, which are for that client only, or none
// if there is no such client or it cannot change its routes: it has to be root, or
// to have CAP_NET_ADMIN, on Linux with iproute2. The addresses are made up (see
// [Topology.UnusedAddress]), so nobody misses the route that they had.
//
// Under externalTrafficPolicy Cluster a node that passes packets on to another one
// may tell the client to send them there itself (ICMP redirect). Then the columns
// are not about their nodes any more, so they are for Local only.
func (s *Service) RouteByEachNode(ctx context.Context) []matrix.Column {
	ginkgo.GinkgoHelper()
	t, family := s.t, s.Spec.IPFamilies[0]
	var ingress []v1.LoadBalancerIngress
	nodes := map[string]Node{}
	for _, node := range t.Nodes {
		address := t.UnusedAddress(ctx, family)
		for _, taken := nodes[address]; taken; _, taken = nodes[address] {
			address = t.UnusedAddress(ctx, family)
		}
		if err := t.route(ctx, address, node.Address(family)); err != nil {
			framework.Logf("The client outside of the cluster is not asked by each node: %v", err)
			return nil
		}
		nodes[address] = node
		ingress = append(ingress, v1.LoadBalancerIngress{IP: address})
	}
	s.SetIngress(ctx, ingress...)
	columns := s.LoadBalancer()
	for i := range columns {
		node := nodes[columns[i].Address].Name
		columns[i].Node = node
		columns[i].Name = fmt.Sprintf("%s LB by %s:%d/%s", s.Name, node, columns[i].Port, columns[i].Protocol)
	}
	return columns
}

// route makes the off-cluster client send what is for an address to another one,
// until the spec ends.
func (t *Topology) route(ctx context.Context, address, via string) error {
	change := func(ctx context.Context, verb string) error {
		_, err := t.outside(ctx, fmt.Sprintf("ip route %s %s via %s", verb, address, via))
		return err
	}
	if err := change(ctx, "add"); err != nil {
		return fmt.Errorf("adding a route to %s: %w", address, err)
	}
	ginkgo.DeferCleanup(func(ctx context.Context) {
		framework.ExpectNoError(change(ctx, "del"), "removing the route to %s", address)
	})
	return nil
}

// outside runs a shell command on the host of the off-cluster client, by agnhost
// there, and returns what it prints.
func (t *Topology) outside(ctx context.Context, command string) (string, error) {
	for i := range t.sources {
		if t.sources[i].Row.Kind != matrix.SourceExternal {
			continue
		}
		d := dialer{base: t.sources[i].URL, client: t.prober.direct.client}
		status, body, err := d.get(ctx, shellURL(d.base, command), dialTimeout)
		if err != nil {
			return "", err
		}
		var reply struct {
			Output string `json:"output"`
			Error  string `json:"error"`
		}
		switch err := json.Unmarshal(body, &reply); {
		case status != http.StatusOK || err != nil:
			return "", fmt.Errorf("agnhost replied %d: %s", status, shorten(string(body)))
		case reply.Error != "":
			return "", fmt.Errorf("%s: %s", reply.Error, shorten(reply.Output))
		}
		return reply.Output, nil
	}
	return "", fmt.Errorf("there is no client outside of the cluster")
}
