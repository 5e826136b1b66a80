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
	"sync"

	"k8s.io/kubernetes/test/e2e/framework"

	"sigs.k8s.io/service-e2e/matrix"
)

// followUpTries bounds the tries of a source after the verdict. They are made side
// by side, for all of them may time out, and a Service that is down everywhere
// says the same in each cell.
const followUpTries = 64

// followUp tries wrong cells again, after the verdict, as often as the diagnosis
// wants to (see [matrix.Table.FollowUp]), and adds what it sees to the report. It
// changes no verdict. Cells of which not all tries can be made within
// [Timeouts].FollowUp are left as they are.
func followUp(ctx context.Context, s *sweep, report *matrix.Report) {
	ctx, cancel := context.WithTimeout(ctx, Timeouts.FollowUp)
	defer cancel()
	var wg sync.WaitGroup
	cells := 0
	for r := range report.Rows {
		left := followUpTries
		for c := range report.Columns {
			// Each row begins with another column, so that all have their turn.
			c = (c + r) % len(report.Columns)
			cell := &report.Cells[r][c]
			tries := s.table.FollowUp(r, c, cell.Observed)
			if tries == 0 || tries > left {
				continue
			}
			left -= tries
			cells++
			wg.Go(func() {
				seen, err := s.sideBySide(ctx, matrix.Cell{Row: r, Column: c}, tries)
				if err == nil && seen.Outcomes[matrix.Error] == 0 {
					cell.FollowUp = seen
				}
			})
		}
	}
	wg.Wait()
	if cells > 0 {
		framework.Logf("Tried %d wrong cells again, for the diagnosis", cells)
	}
}
