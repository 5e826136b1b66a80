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
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sigs.k8s.io/service-e2e/matrix"
)

// TestSweepProbesTogether: each worker's share of a row takes two requests, but for those that may
// have to wait, are wrong, or must not be tried twice.
func TestSweepProbesTogether(t *testing.T) {
	var columns []matrix.Column
	for i := range 12 {
		columns = append(columns, matrix.Column{Name: fmt.Sprintf("c%d", i), Address: fmt.Sprintf("10.96.0.%d", i), Port: 80, Protocol: "TCP"})
	}
	columns[3].Request = lateRequest
	table, err := matrix.NewBuilder([]matrix.Row{{Name: "pod@node-1", Node: "node-1"}}, columns).Default(matrix.Connect("b1")).
		Expect(matrix.AllRows(), matrix.ColumnNamed("c1"), matrix.TimeOut()).
		Expect(matrix.AllRows(), matrix.ColumnNamed("c2"), matrix.Refuse()).Build()
	if err != nil {
		t.Fatal(err)
	}
	fake := &FakeProber{Respond: func(p Probe, attempt int) matrix.Observation {
		switch p.Address {
		case "10.96.0.1":
			return failed(matrix.TimedOut, 1, "")
		case "10.96.0.2":
			return failed(matrix.Refused, 1, "")
		case "10.96.0.5":
			// Its first try takes long and fails: no later one undoes that.
			if attempt == 0 {
				time.Sleep(patience + time.Second/2)
				return failed(matrix.TimedOut, 1, "")
			}
		case "10.96.0.6":
			return answered("stranger", 1)
		}
		return answered("b1", 1)
	}}
	s := &sweep{prober: fake, table: table, name: func(_ string, _ Request, answer string) string { return answer }}
	verdict, err := wholeTable(t.Context(), s, s.table.NewGrid())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]matrix.Cell{{Row: 0, Column: 5}, {Row: 0, Column: 6}}, verdict.Wrong()); diff != "" {
		t.Errorf("wrong cells (-want +got):\n%s", diff)
	}
	for c := range columns {
		if got, want := verdict.At(0, c).Observed.Tries(), table.Sampling(0, c).Tries; got < want && c != 2 && c != 5 && c != 6 {
			t.Errorf("column %d has %d tries, want %d", c, got, want)
		}
	}
	want := [][]int{
		{0, 2, 4}, {0, 4}, // 2 is refused, which settles it,
		{5, 6, 7}, {6, 7}, {7}, // 5 is waited for by itself, 6 is wrong.
		{8, 9, 10}, {8, 9, 10},
		{11}, {11},
	}
	got := columnsOf(fake.Batches())
	slices.SortFunc(got, slices.Compare)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
}

func columnsOf(batches [][]Probe) [][]int {
	var columns [][]int
	for _, batch := range batches {
		var one []int
		for _, p := range batch {
			var column int
			_, _ = fmt.Sscanf(p.Address, "10.96.0.%d", &column)
			one = append(one, column)
		}
		columns = append(columns, one)
	}
	return columns
}
