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
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"sigs.k8s.io/service-e2e/matrix"
)

// knownToTimeOut marks the subject column of the test sweep.
func knownToTimeOut(b *matrix.Builder) {
	b.Known(matrix.AllRows(), matrix.ColumnNamed("VIP"), "stale", matrix.TimeOut())
}

func TestConvergeGivesKnownFailuresLittleTime(t *testing.T) {
	for name, tc := range map[string]struct {
		mendedAfter time.Duration
		other       matrix.Outcome
		takes       time.Duration // and the time for a round of probes
		known       int
		late        int
	}{
		"still there":    {time.Hour, matrix.TimedOut, Timeouts.KnownFailure, 2, 0},
		"mended at once": {0, matrix.TimedOut, 0, 0, 0},
		"mended a little later, as by the proxies' delay": {3 * time.Second, matrix.TimedOut, 3 * time.Second, 0, 0},
		"something else": {time.Hour, matrix.Refused, Timeouts.Propagation, 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				s, _ := testSweep(t, knownToTimeOut, func(p Probe, attempt int) matrix.Observation {
					if p.Address == "10.96.0.9" && time.Since(begun) < tc.mendedAfter {
						return failed(tc.other, 1, "")
					}
					return good(p, attempt)
				})
				verdict, late, err := converge(t.Context(), s)
				if err != nil || verdict.Counts().KnownFailure != tc.known || len(late) != tc.late {
					t.Fatalf("err %v, %d known failures, late %v; want %d and %d", err, verdict.Counts().KnownFailure, late, tc.known, tc.late)
				}
				if took := time.Since(begun); took < tc.takes || took > tc.takes+time.Second {
					t.Errorf("took %v, want %v", took, tc.takes)
				}
			})
		})
	}
}

func TestKnownFailuresOfATable(t *testing.T) {
	stale, mended, unprobed := Finding{ID: "stale"}, Finding{ID: "mended"}, Finding{ID: "unprobed"}
	table := &Table{Builder: matrix.NewBuilder(
		[]matrix.Row{{Name: "r1"}, {Name: "r2"}, {Name: "gone", Skipped: "no such host"}},
		[]matrix.Column{{Name: "c1"}, {Name: "c2"}, {Name: "c3"}})}
	table.Default(matrix.Refuse())
	table.Expect(matrix.AllRows(), matrix.ColumnNamed("c3"), matrix.NotProbed())
	table.KnownFailure(stale, matrix.RowNamed("r1"), matrix.ColumnNamed("c1"), matrix.TimeOut())
	table.KnownFailure(stale, matrix.RowNamed("r2", "gone"), matrix.ColumnNamed("c1"), matrix.TimeOut())
	table.KnownFailure(mended, matrix.AllRows(), matrix.ColumnNamed("c2"), matrix.TimeOut())
	table.KnownFailure(unprobed, matrix.AllRows(), matrix.ColumnNamed("c3"), matrix.TimeOut())
	expected, err := table.Build()
	if err != nil {
		t.Fatal(err)
	}
	refused, timedOut := failed(matrix.Refused, 1, ""), failed(matrix.TimedOut, 3, "")
	verdict, err := expected.Compare(matrix.Grid{{timedOut, refused, {}}, {refused, refused, {}}, {{}, {}, {}}})
	if err != nil {
		t.Fatal(err)
	}
	want := []KnownFailure{{Finding: stale, Cells: 2, Failed: 1}, {Finding: mended, Cells: 2}}
	if diff := cmp.Diff(want, table.knownFailures(verdict)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
