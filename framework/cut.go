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

// cut is what [Cut] says.
type cut struct {
	finding Finding
	columns matrix.ColumnSelector
}

// Cut says that by a finding each of these cells may lose one try of all over UDP: that
// which is under way when the proxies follow the spec's last change of a Service.
func Cut(finding Finding, columns matrix.ColumnSelector) StreamOption {
	return func(s *Stream) { s.cuts = append(s.cuts, cut{finding, columns}) }
}

// knowCuts makes the findings of [Cut] known in the cells in which they show, and tells
// whether there are any. What was lost at another time, or twice, stays wrong.
func (s *Stream) knowCuts(verdict *matrix.Comparison) bool {
	known := false
	// A try may wait for its answer for as long as its time limit when it is cut.
	from, to := s.t.changed.Add(-dialTimeout), s.t.changed.Add(Timeouts.Sentinel)
	for _, wrong := range verdict.Wrong() {
		row, column, cell := verdict.Row(wrong.Row), verdict.Column(wrong.Column), verdict.At(wrong.Row, wrong.Column)
		began := s.gaps[wrong.Row][wrong.Column].began
		if cell.Observed.Failures() != 1 || cell.Observed.Outcomes[matrix.TimedOut] != 1 || began.Before(from) || began.After(to) {
			continue
		}
		for _, c := range s.cuts {
			if v1.Protocol(column.Protocol) == v1.ProtocolUDP && c.columns.Matches(column) {
				s.table.KnownFailure(c.finding, matrix.RowNamed(row.Name), matrix.ColumnNamed(column.Name), matrix.Lossy(cell.Expected.Backends()...))
				known = true
			}
		}
	}
	return known
}
