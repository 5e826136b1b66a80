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

package matrix_test

import (
	"fmt"

	"sigs.k8s.io/service-e2e/matrix"
)

// The proxy of node-2 does not know of the Service, while the pod network there
// is fine.
func Example() {
	rows := []matrix.Row{
		{Name: "pod@node-1", Kind: matrix.SourcePod, Node: "node-1"},
		{Name: "pod@node-2", Kind: matrix.SourcePod, Node: "node-2"},
	}
	columns := []matrix.Column{
		{Name: "VIP:80", Kind: matrix.FrontendClusterIP, Role: matrix.RoleSubject, Address: "10.96.0.7", Port: 80, Protocol: "TCP"},
		{Name: "b1 direct", Kind: matrix.FrontendPod, Role: matrix.RoleDirect, Backend: "b1", Protocol: "TCP"},
		{Name: "empty:80", Kind: matrix.FrontendClusterIP, Role: matrix.RoleEmptySibling, Protocol: "TCP"},
	}
	table, err := matrix.NewBuilder(rows, columns).
		Default(matrix.Connect("b1")).
		Expect(matrix.AllRows(), matrix.ColumnsOfRole(matrix.RoleEmptySibling), matrix.Refuse()).
		Build()
	if err != nil {
		fmt.Println(err)
		return
	}

	grid := table.NewGrid()
	for row := range rows {
		for column := range columns {
			for !table.Decided(row, column, grid[row][column]) {
				grid[row][column] = grid[row][column].Merge(dial(rows[row], columns[column]))
			}
		}
	}

	comparison, err := table.Compare(grid)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(comparison.Headline("ClusterIP", "initial"))
	fmt.Print(comparison.Text(matrix.TextOptions{}))
	// Output:
	// ClusterIP: 1 of 6 cells wrong in phase "initial"
	// from \ to    VIP:80     b1 direct   empty:80
	// pod@node-1   C{b1}      C{b1}       R
	// pod@node-2   T!=C{b1}   C{b1}       R
	// (C=connected{backends} R=refused T=timeout; observed!=expected)
	// pod@node-2 -> VIP:80 (10.96.0.7:80/TCP): want C{b1}, got T (1 of 1 try), last: i/o timeout
}

// dial stands for a real try.
func dial(row matrix.Row, column matrix.Column) matrix.Observation {
	switch {
	case column.Role == matrix.RoleEmptySibling:
		return matrix.Observation{Outcomes: map[matrix.Outcome]int{matrix.Refused: 1}, LastError: "connection refused"}
	case column.Role == matrix.RoleSubject && row.Node == "node-2":
		return matrix.Observation{Outcomes: map[matrix.Outcome]int{matrix.TimedOut: 1}, LastError: "i/o timeout"}
	}
	return matrix.Observation{Answers: map[string]int{"b1": 1}}
}
