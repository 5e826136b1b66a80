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
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"

	"sigs.k8s.io/service-e2e/matrix"
)

// CheckOption changes how a phase is checked.
type CheckOption func(*checkOptions)

type checkOptions struct {
	hold   time.Duration
	atOnce bool
}

// Hold makes the check go on for a while after it has succeeded: the subject
// cells are probed again and again, and have to stay as expected.
func Hold(duration time.Duration) CheckOption {
	return func(o *checkOptions) { o.hold = duration }
}

// AtOnce says that nothing has changed since the last check: no cell is waited for,
// and the first probe of each counts.
func AtOnce() CheckOption {
	return func(o *checkOptions) { o.atOnce = true }
}

// Check probes the table of one phase and fails the spec unless every cell is
// as expected.
//
// It waits until the cells that the phase has changed are right, probing those
// that are wrong again and again, for [Timeouts].Propagation at most. Then it
// probes the whole table once, and that table is the verdict, for better or
// worse: nothing before or after it can undo a wrong cell. Wrong cells are tried
// again for the diagnosis only. The verdict is returned for specs whose next table
// depends on it.
func (t *Topology) Check(ctx context.Context, phase string, table *Table, options ...CheckOption) *matrix.Report {
	ginkgo.GinkgoHelper()
	var o checkOptions
	for _, option := range options {
		option(&o)
	}
	ginkgo.By(fmt.Sprintf("checking phase %q", phase))
	expected, err := table.build()
	framework.ExpectNoError(err, "the expected table of phase %q", phase)

	t.settleFirst(expected)
	framework.ExpectNoError(t.awaitProxies(ctx), "waiting for the Service proxies before phase %q", phase)
	s := &sweep{prober: t.prober, table: expected, pacer: t.pacer, name: t.name, settling: t.settling}
	t.flows.awaitForgotten(ctx, expected, t.serving(), s.keepFlows)
	start := time.Now()
	var (
		verdict *matrix.Comparison
		late    []string
	)
	if o.atOnce {
		verdict, err = wholeTable(ctx, s, expected.NewGrid())
	} else {
		verdict, late, err = converge(ctx, s)
	}
	if err == nil && verdict.OK() && len(late) == 0 {
		if verdict, err = hold(ctx, s, verdict, o.hold); err == nil {
			s.prolongFlows(ctx)
		}
	}
	framework.ExpectNoError(err, "probing phase %q", phase)
	if few := verdict.Undersampled(); len(few) > 0 {
		framework.Failf("probing phase %q: %d cells were tried too seldom to prove them right, such as %s; this is a bug of the suite", phase, len(few), verdict.Describe(few[0]))
	}
	t.selfTested = t.selfTested || table.blackHole
	t.flows.remember(verdict, time.Now())

	report := verdict.Report(matrix.Meta{Spec: ginkgo.CurrentSpecReport().FullText(), Title: title(), Phase: phase})
	followUp(ctx, s, report)
	result := &Result{
		Table:   report,
		Probes:  s.tries,
		Seconds: time.Since(start).Seconds(),
		Late:    late,

		KnownFailures: table.knownFailures(verdict),
	}
	result.record()
	switch {
	case !verdict.OK():
		framework.Fail(result.String() + t.reproduction(verdict))
	case len(late) > 0:
		framework.Fail(result.lateness() + result.String())
	}
	return result.Table
}

// settleFirst makes the proxies be waited for if a table has frontends that must
// not be probed before their proxies have followed the spec's last change.
func (t *Topology) settleFirst(expected *matrix.Table) {
	bereaved, opened := t.flows.bereaved(expected, t.serving()), t.flows.opened(expected)
	if bereaved || opened {
		t.unsettled = true
	}
}

// title is what the first line of a failure names: the innermost container's
// text and the spec's own, without tags.
func title() string {
	report := ginkgo.CurrentSpecReport()
	var words []string
	if n := len(report.ContainerHierarchyTexts); n > 0 {
		words = append(words, withoutTags(report.ContainerHierarchyTexts[n-1]))
	}
	return strings.Join(append(words, withoutTags(report.LeafNodeText)), " ")
}

func withoutTags(text string) string {
	var words []string
	for word := range strings.FieldsSeq(text) {
		if !strings.HasPrefix(word, "[") {
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

// settling tells which columns a phase has to wait for: those that it is about,
// and before the first verdict of a spec its controls as well.
func (t *Topology) settling(column matrix.Column) bool {
	if t.selfTested {
		return column.Role == matrix.RoleSubject
	}
	return column.Role != matrix.RoleSelfTest
}

// converge waits until the settling cells are right, and returns the comparison
// of a whole table that is probed after that, and the settling cells that were
// not right in time, each in a line. If none had to be waited for, they are not
// probed a second time. What needs no waiting for, but takes a time limit, is probed
// meanwhile.
func converge(ctx context.Context, s *sweep) (verdict *matrix.Comparison, late []string, err error) {
	grid := s.table.NewGrid()
	dropped, _ := split(s.cells(func(c matrix.Column) bool { return !s.settling(c) }), s.isDropped)
	meanwhile := s.begin(ctx, dropped)
	wrong := s.cells(s.settling)
	begun, rounds := time.Now(), 0
	var current *matrix.Comparison
	known := func(cell matrix.Cell) bool { return !current.At(cell.Row, cell.Column).Verdict.Wrong() }
	err = framework.Gomega().Eventually(ctx, func(ctx context.Context) (int, error) {
		var err error
		if current, err = probeAndCompare(ctx, s, wrong, grid); err != nil {
			return 0, err
		}
		before := len(wrong)
		wrong = slices.DeleteFunc(wrong, func(cell matrix.Cell) bool {
			return current.At(cell.Row, cell.Column).Verdict.AsExpected()
		})
		if rounds++; rounds == 1 || len(wrong) != before {
			logWrong(s, wrong)
		}
		if time.Since(begun) > Timeouts.KnownFailure && !slices.ContainsFunc(wrong, func(cell matrix.Cell) bool { return !known(cell) }) {
			return 0, nil
		}
		return len(wrong), nil
	}).WithTimeout(Timeouts.Propagation).WithPolling(Timeouts.Poll).Should(
		framework.MakeMatcher(func(wrong int) (func() string, error) {
			if wrong == 0 {
				return nil, nil
			}
			return func() string { return fmt.Sprintf("%d cells wrong", wrong) }, nil
		}))
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	if err != nil {
		framework.Logf("After %v: %v", Timeouts.Propagation, err)
		for _, cell := range slices.DeleteFunc(wrong, known) {
			late = append(late, current.Describe(cell))
		}
	}
	if rounds > 1 || len(wrong) > 0 {
		grid = s.table.NewGrid() // what was waited for has changed since, or may have
	}
	if err := meanwhile(grid); err != nil {
		return nil, nil, err
	}
	verdict, err = wholeTable(ctx, s, grid)
	return verdict, late, err
}

// wholeTable probes every cell of the table that is not in the grid yet.
func wholeTable(ctx context.Context, s *sweep, grid matrix.Grid) (*matrix.Comparison, error) {
	s.verdict = true
	open := slices.DeleteFunc(s.cells(func(matrix.Column) bool { return true }), func(cell matrix.Cell) bool {
		return grid[cell.Row][cell.Column].Tries() > 0
	})
	return probeAndCompare(ctx, s, open, grid)
}

func probeAndCompare(ctx context.Context, s *sweep, cells []matrix.Cell, grid matrix.Grid) (*matrix.Comparison, error) {
	if err := s.run(ctx, cells, grid); err != nil {
		return nil, err
	}
	return s.table.Compare(grid)
}

// hold probes the subject cells of a good table again and again, the last time when
// the duration is over, or until one of them is wrong.
func hold(ctx context.Context, s *sweep, verdict *matrix.Comparison, duration time.Duration) (*matrix.Comparison, error) {
	grid := s.table.NewGrid()
	for r := range grid {
		for c := range grid[r] {
			grid[r][c] = verdict.At(r, c).Observed
		}
	}
	subjects := s.cells(func(c matrix.Column) bool { return c.Role == matrix.RoleSubject })
	end := time.Now().Add(duration)
	for over := duration <= 0; !over && verdict.OK(); {
		sleep(ctx, min(Timeouts.HoldPause, time.Until(end)))
		over = !time.Now().Before(end)
		var err error
		if verdict, err = probeAndCompare(ctx, s, subjects, grid); err != nil {
			return nil, err
		}
	}
	return verdict, nil
}

// logWrong says which cells are still waited for.
func logWrong(s *sweep, wrong []matrix.Cell) {
	if len(wrong) == 0 {
		return
	}
	const atMost = 5
	var names []string
	for _, cell := range wrong[:min(atMost, len(wrong))] {
		names = append(names, fmt.Sprintf("%s -> %s", s.table.Row(cell.Row).Name, s.table.Column(cell.Column).Name))
	}
	if len(wrong) > atMost {
		names = append(names, "...")
	}
	framework.Logf("Waiting for %d cells: %s", len(wrong), strings.Join(names, ", "))
}

// reproduction returns a command for each of the first wrong cells, which
// repeats its probe by hand.
func (t *Topology) reproduction(verdict *matrix.Comparison) string {
	const atMost, tries = 10, 5
	var lines strings.Builder
	for _, cell := range verdict.Wrong()[:min(atMost, len(verdict.Wrong()))] {
		row, column := verdict.Row(cell.Row), verdict.Column(cell.Column)
		p := Probe{
			Source:   row.Name,
			Address:  column.Address,
			Port:     column.Port,
			Protocol: v1.Protocol(column.Protocol),
			Request:  Request(column.Request),
			Tries:    tries,
		}
		if s := t.source(row.Name); s != nil {
			fmt.Fprintf(&lines, "reproduce %s -> %s:\n  %s\n", row.Name, column.Name, s.byHand(p))
		}
	}
	if lines.Len() > 0 && framework.TestContext.DeleteNamespace && framework.TestContext.DeleteNamespaceOnFailure {
		lines.WriteString("(the pods are deleted after the run; keep them with --delete-namespace-on-failure=false)\n")
	}
	return lines.String()
}
