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

package trial

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/fault"
)

// batchSize is how many faults share one run that shows that all is well again.
const batchSize = 8

// batches puts the faults that the same specs notice next to each other, and
// divides all of them.
func batches(faults []*fault.Fault) [][]*fault.Fault {
	var order []string
	for _, f := range faults {
		if !slices.Contains(order, f.Focus) {
			order = append(order, f.Focus)
		}
	}
	sorted := slices.Clone(faults)
	slices.SortStableFunc(sorted, func(a, b *fault.Fault) int {
		return slices.Index(order, a.Focus) - slices.Index(order, b.Focus)
	})
	return slices.Collect(slices.Chunk(sorted, batchSize))
}

// tryAll tries faults one after the other, and then runs all of their specs once
// more. After each of them every node has to be as it was before the first one;
// what that does not show, and what would go on failing, is found by the run in
// the end, however many faults later that is.
func (t *trial) tryAll(ctx context.Context, faults []*fault.Fault, l *ledger[*Result], tried *int) {
	var pending []*Result
	var of []*fault.Fault
	for _, f := range faults {
		if ctx.Err() != nil {
			return
		}
		r := t.try(ctx, f)
		if ctx.Err() != nil {
			return
		}
		*tried++
		l.record(r)
		t.say("%d/%d %s", *tried, len(t.faults), r)
		if r.Pending {
			pending, of = append(pending, r), append(of, f)
		}
	}
	if len(pending) == 0 {
		return
	}
	begun := time.Now()
	errs := t.healed(ctx, of)
	if ctx.Err() != nil {
		return
	}
	share := time.Since(begun).Seconds() / float64(len(pending))
	var still []string
	for i, r := range pending {
		healed := *r // what is recorded already may be being written
		healed.Pending, healed.Recovered = false, errs[i] == nil
		healed.RecoverSeconds += share
		if errs[i] != nil {
			healed.Trouble = errs[i].Error()
			still = append(still, fmt.Sprintf("%s: %s", r.Fault, healed.Trouble))
		}
		l.record(&healed)
	}
	t.say("healed: %d of %d recovered, %.0f s %s", len(pending)-len(still), len(pending), time.Since(begun).Seconds(), strings.Join(still, "; "))
}

// healed runs the specs of faults that are removed, and returns for each fault
// why it has not recovered.
func (t *trial) healed(ctx context.Context, faults []*fault.Fault) []error {
	var focus []string
	for _, f := range faults {
		focus = append(focus, f.Focus)
	}
	report, err := runSuite(ctx, t.Suite, t.cluster, union(focus), filepath.Join(t.dir, "healed-"+faults[0].Name), healedPropagation)
	if err == nil {
		err = awaitState(ctx, t.cluster, t.before)
	}
	errs := make([]error, len(faults))
	for i, f := range faults {
		if errs[i] = err; err == nil {
			errs[i] = report.recovered(f.Focus)
		}
	}
	return errs
}

// recovered fails unless specs that the focus selects have run, and all of them
// have passed.
func (r *report) recovered(focus string) error {
	expression, err := regexp.Compile(focus)
	if err != nil {
		return err
	}
	own := &report{}
	for _, spec := range r.Specs {
		if expression.MatchString(spec.Name) {
			own.Specs = append(own.Specs, spec)
		}
	}
	switch failed, passed := own.failed(); {
	case len(failed) > 0:
		return fmt.Errorf("still failing: %s", strings.Join(failed, ", "))
	case passed == 0:
		return errors.New("its specs have not run any more")
	}
	return nil
}
