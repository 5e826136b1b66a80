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

package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"
)

// report prints what was measured. It returns an error if the prober is not as
// far ahead of exec as it must be.
func report(out io.Writer, all []*way) error {
	best := map[string]float64{}
	for _, w := range all {
		best[w.kind] = max(best[w.kind], w.result.rate())
	}
	fmt.Fprintln(out)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "way\tworkers\ttries/call\tprobes\tprobes/s\tp50 of a call\ttimes best exec\t")
	for _, w := range all {
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%.0f\t%s\t%.1f\t\n", w.kind, w.workers, w.tries, w.result.probes,
			w.result.rate(), w.result.median().Round(100*time.Microsecond), w.result.rate()/best[viaExec])
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("printing the table: %w", err)
	}
	fmt.Fprintln(out)
	return errors.Join(
		judge(out, viaSingle, best[viaSingle]/best[viaExec], wantSingle),
		judge(out, viaCounted, best[viaCounted]/best[viaExec], wantCounted))
}

// judge holds the best rate of one kind, in multiples of exec's, against what
// it must be.
func judge(out io.Writer, kind string, ratio, want float64) error {
	if !(ratio >= want) { // nor is it if nothing was measured
		return fmt.Errorf("%s: only %.1f times the best rate of exec, want at least %.0f times", kind, ratio, want)
	}
	fmt.Fprintf(out, "%s: %.1f times the best rate of exec, at least %.0f times are wanted\n", kind, ratio, want)
	return nil
}
