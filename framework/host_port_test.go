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
	"testing"

	v1 "k8s.io/api/core/v1"

	"sigs.k8s.io/service-e2e/matrix"
)

func TestHostPort(t *testing.T) {
	topology := &Topology{
		Nodes:    []Node{{Name: "n1", Addresses: []string{"fd00::1", "172.18.0.11"}}, {Name: "n2", Addresses: []string{"fd00::2"}}},
		Families: []v1.IPFamily{v1.IPv6Protocol, v1.IPv4Protocol},
	}
	onNodes, onLoopback := topology.HostPort(20000, v1.ProtocolUDP)
	if len(onNodes) != 2 || onNodes[0].Address != "fd00::1" || onNodes[1].Node != "n2" || onNodes[1].Kind != matrix.FrontendHostPort {
		t.Errorf("on nodes: %+v", onNodes)
	}
	if len(onLoopback) != 1 || onLoopback[0].Address != "::1" || onLoopback[0].Port != 20000 || onLoopback[0].Node != "" {
		t.Errorf("on the loopback address: %+v", onLoopback)
	}
	if reachableFromOutside(onLoopback[0]) || !reachableFromOutside(onNodes[0]) {
		t.Error("clients outside reach the nodes, and not their loopback addresses")
	}
}
