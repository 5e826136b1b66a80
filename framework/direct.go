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
	v1 "k8s.io/api/core/v1"

	"sigs.k8s.io/service-e2e/matrix"
)

// Direct returns the columns of the podIPs of the backends that serve a
// protocol, one per IP family, as subjects of a table. As control K1 they are in
// every table anyway.
func (t *Topology) Direct(protocol v1.Protocol, backends ...*Backend) []matrix.Column {
	var columns []matrix.Column
	for _, family := range t.Families {
		over := transport{protocol, family}
		for _, b := range backends {
			if b.serves(over) {
				column := t.named(b.direct(over), over)
				column.Role = matrix.RoleSubject
				columns = append(columns, column)
			}
		}
	}
	return columns
}
