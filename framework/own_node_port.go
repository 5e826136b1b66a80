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
	"time"

	v1 "k8s.io/api/core/v1"

	"sigs.k8s.io/service-e2e/matrix"
)

// TCPOwnNodePort is the one finding that any table may meet, if its frontend had no
// endpoint before.
var TCPOwnNodePort = Finding{
	ID:    "tcp-own-node-port",
	Title: "a node that was refused by a node port of its own is refused again from the same source port, although there is an endpoint now",
}

// knowRefusedPorts makes [TCPOwnNodePort] known in the cells in which it may show by
// chance, and tells whether there are any: where a node asks for a node port of its own
// that has refused it in an earlier table, a new probe may have the source port of an
// old one.
func (table *Table) knowRefusedPorts(expected *matrix.Table, now time.Time) bool {
	found := false
	for r, row := range table.rows {
		for c, column := range table.columns {
			refused := table.t.flows.refused(row, column)
			e := expected.Expected(r, c)
			if now.Sub(refused) > table.t.flows.Attempt || !onOwnNodePort(row, column) || !e.Positive() || len(e.Backends()) == 0 {
				continue
			}
			table.KnownFailure(TCPOwnNodePort, matrix.RowNamed(row.Name), matrix.ColumnNamed(column.Name), matrix.Refusing(e.Backends()...))
			found = true
		}
	}
	return found
}

// onOwnNodePort tells whether a node asks for a node port of its own over TCP.
func onOwnNodePort(row matrix.Row, column matrix.Column) bool {
	return row.Kind == matrix.SourceHost && column.Kind == matrix.FrontendNodePort && column.Node == row.Node &&
		v1.Protocol(column.Protocol) == v1.ProtocolTCP
}
