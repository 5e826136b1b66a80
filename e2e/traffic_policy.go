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

package e2e

import (
	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// connectOrRefuse expects all of the usable backends to answer, or a refusal
// if there is none.
func connectOrRefuse(usable []*e2esvc.Backend) matrix.Expectation {
	if len(usable) == 0 {
		return matrix.Refuse()
	}
	return matrix.Connect(e2esvc.Names(usable...)...)
}

// backendsOn returns the names of those backends that are on a node.
func backendsOn(node e2esvc.Node, backends []*e2esvc.Backend) []string {
	var names []string
	for _, b := range backends {
		if b.Node.Name == node.Name {
			names = append(names, b.Name)
		}
	}
	return names
}

// connectOrDrop expects all of the usable backends on a node to answer and
// nobody else, or nothing at all if there is none on the node but some
// elsewhere.
func connectOrDrop(node e2esvc.Node, usable []*e2esvc.Backend) matrix.Expectation {
	if local := backendsOn(node, usable); len(local) > 0 {
		return matrix.Connect(local...).Exactly()
	}
	if len(usable) > 0 {
		return matrix.TimeOut()
	}
	return matrix.Refuse()
}

// expectOwnNode expects columns to be answered by the usable backends on the
// source's own node.
func expectOwnNode(t *e2esvc.Topology, table *e2esvc.Table, columns []matrix.Column, usable []*e2esvc.Backend) {
	for _, node := range t.Nodes {
		table.Expect(matrix.RowsOn(node.Name), matrix.ColumnsIn(columns), connectOrDrop(node, usable))
	}
}

// expectReceivingNode expects node ports to be answered by the usable backends
// on the node that they belong to, as externalTrafficPolicy Local has it.
//
// Clients on the pod network are left out here, and a node's own clients may be
// answered by anybody. The API says that clients inside the cluster "may need to
// take traffic policy into account" when they choose a node: a proxy may give
// them what they would get by a load balancer, which is every endpoint.
// kube-proxy does so for a node's own clients, and for pods if it knows them by
// their address.
func expectReceivingNode(t *e2esvc.Topology, table *e2esvc.Table, nodePorts []matrix.Column, usable []*e2esvc.Backend) {
	for _, node := range t.Nodes {
		columns := matrix.And(matrix.ColumnsIn(nodePorts), matrix.ColumnsOn(node.Name))
		table.Expect(matrix.AllRows(), columns, connectOrDrop(node, usable))
		if len(usable) > 0 {
			table.Expect(hostOf(node), columns, matrix.ConnectSome(e2esvc.Names(usable...)...))
			table.Expect(matrix.RowsOfKind(matrix.SourcePod, matrix.SourceBackend), columns, matrix.NotProbed())
		}
	}
}

// hostOf picks the host-network client of a node.
func hostOf(node e2esvc.Node) matrix.RowSelector {
	return matrix.And(matrix.RowsOfKind(matrix.SourceHost), matrix.RowsOn(node.Name))
}
