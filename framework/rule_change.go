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

import "sigs.k8s.io/service-e2e/matrix"

// NFTablesRuleChange is the one finding that any stream may meet where kube-proxy runs
// in nftables mode.
var NFTablesRuleChange = Finding{
	ID:    "nftables-rule-change",
	Title: "a connection that begins at the very moment at which kube-proxy replaces the nftables rules of its Service is led nowhere",
}

// knowRuleChange makes [NFTablesRuleChange] known in the cell of a stream in which it
// shows, and tells whether there is one. It is a matter of a microsecond or two at
// each change, so it is a single try of all that the stream has made which is refused:
// what goes wrong twice does so for another reason.
func (table *Table) knowRuleChange(verdict *matrix.Comparison) bool {
	wrong := verdict.Wrong()
	if table.t.ProxyMode != nftablesMode || len(wrong) != 1 {
		return false
	}
	row, column, cell := verdict.Row(wrong[0].Row), verdict.Column(wrong[0].Column), verdict.At(wrong[0].Row, wrong[0].Column)
	if !translated(column.Kind) || !cell.Expected.Positive() || len(cell.Expected.Backends()) == 0 ||
		cell.Observed.Failures() != 1 || cell.Observed.Outcomes[matrix.Refused] != 1 {
		return false
	}
	table.KnownFailure(NFTablesRuleChange, matrix.RowNamed(row.Name), matrix.ColumnNamed(column.Name), matrix.Refusing(cell.Expected.Backends()...))
	return true
}
