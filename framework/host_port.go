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
	"fmt"

	v1 "k8s.io/api/core/v1"

	"sigs.k8s.io/service-e2e/matrix"
)

// Loopback returns the loopback address of an IP family.
func Loopback(family v1.IPFamily) string {
	if family == v1.IPv6Protocol {
		return "::1"
	}
	return "127.0.0.1"
}

// HostPort returns the columns of a pod's hostPort: on every node, and on the
// loopback address, which is each source's own. They are of the primary IP
// family.
func (t *Topology) HostPort(port int, protocol v1.Protocol) (onNodes, onLoopback []matrix.Column) {
	family := t.Families[0]
	column := matrix.Column{
		Name: fmt.Sprintf("loopback:%d/%s", port, protocol), Kind: matrix.FrontendLoopback, Role: matrix.RoleSubject,
		Address: Loopback(family), Port: port, Protocol: string(protocol), Family: string(family),
	}
	onLoopback = append(onLoopback, column)
	for _, node := range t.Nodes {
		column.Name = fmt.Sprintf("hostPort:%d/%s@%s", port, protocol, node.Name)
		column.Kind, column.Node, column.Address = matrix.FrontendHostPort, node.Name, node.Address(family)
		onNodes = append(onNodes, column)
	}
	return onNodes, onLoopback
}
