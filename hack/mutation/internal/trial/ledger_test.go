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
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/fault"
	"sigs.k8s.io/service-e2e/matrix"
)

// kept opens a ledger that writes reports.
func kept(t *testing.T, prefix string, fresh bool) *ledger[*Result] {
	t.Helper()
	l, err := openLedger(prefix+".json", fresh, func(all []*Result) error { return NewReport(all, seconds(all)).Write(prefix) })
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func names(results []*Result) []string {
	var all []string
	for _, r := range results {
		all = append(all, r.Mode+" "+r.Fault)
	}
	return all
}

// TestLedger: results of several runs are put together, and a resumed run tries
// what is missing.
func TestLedger(t *testing.T) {
	prefix := filepath.Join(t.TempDir(), "mutation")
	all := fault.Library()
	first, second, third := all[0].Name, all[1].Name, all[2].Name

	l := kept(t, prefix, false)
	l.record(&Result{Fault: second, Mode: "nftables", Detected: true})
	l.record(&Result{Fault: second, Mode: "iptables", Pending: true})
	l.record(&Result{Fault: first, Mode: "nftables", Error: "oops"})
	l.record(&Result{Fault: healthyName, Mode: "nftables", Run: 2, Innocent: true})
	l.record(&Result{Fault: "gone-since", Mode: "nftables"})

	l = kept(t, prefix, false)
	l.record(&Result{Fault: third, Mode: "nftables", Detected: true, Recovered: true})
	l.record(&Result{Fault: second, Mode: "nftables", Detected: true, Recovered: true})
	want := []string{"iptables " + second, "nftables none", "nftables " + first, "nftables " + second, "nftables " + third}
	if got := names(l.results); !slices.Equal(got, want) || l.err != nil {
		t.Errorf("results are %q, want %q; %v", got, want, l.err)
	}

	o := &Options{Modes: []string{"nftables", "iptables"}, Faults: all[:3], Healthy: 2, Resume: true}
	for _, tc := range []struct {
		mode   string
		faults []string
		runs   []int
	}{{"nftables", []string{first}, []int{1}}, {"iptables", []string{first, second, third}, []int{1, 2}}} {
		faults, runs := o.todo(tc.mode, l.settled)
		var got []string
		for _, f := range faults {
			got = append(got, f.Name)
		}
		if !slices.Equal(got, tc.faults) || !slices.Equal(runs, tc.runs) {
			t.Errorf("%s: %q and %v are to be tried, want %q and %v", tc.mode, got, runs, tc.faults, tc.runs)
		}
	}
	if faults, runs := (&Options{Faults: all[:3], Healthy: 2}).todo("nftables", l.settled); len(faults) != 3 || len(runs) != 2 {
		t.Errorf("not resumed, %d faults and %v are to be tried", len(faults), runs)
	}
	if got := names(l.choose(&Options{Modes: []string{"nftables"}, Faults: all[1:2]})); !slices.Equal(got, []string{"nftables " + second}) {
		t.Errorf("chosen are %q", got)
	}
	if fresh := kept(t, prefix, true); len(fresh.results) != 0 {
		t.Errorf("a fresh ledger has %q", names(fresh.results))
	}
	if err := os.WriteFile(prefix+".json", []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openLedger[*Result](prefix+".json", false, nil); err == nil || !strings.Contains(err.Error(), "fresh") {
		t.Errorf("error is %v", err)
	}
}

// TestBatches: faults with the same specs are next to each other, none is lost.
func TestBatches(t *testing.T) {
	var faults []*fault.Fault
	for i := range 2*batchSize + 1 {
		faults = append(faults, &fault.Fault{Name: string(rune('a' + i)), Focus: string(rune('x' + i%2))})
	}
	total := 0
	var foci []string
	for _, batch := range batches(faults) {
		if len(batch) > batchSize {
			t.Errorf("%d faults share a run", len(batch))
		}
		total += len(batch)
		for _, f := range batch {
			foci = append(foci, f.Focus)
		}
	}
	if total != len(faults) || len(slices.Compact(foci)) != 2 {
		t.Errorf("%d faults of %d, in the order %q", total, len(faults), foci)
	}
}

// TestRecovered: of the specs that several faults share a run of, each has to do
// with its own only.
func TestRecovered(t *testing.T) {
	r := &report{}
	add := func(name, state string) {
		r.Specs = append(r.Specs, struct {
			Name, State, Reason string
			Phases              []struct{ Table *matrix.Report }
		}{Name: name, State: state})
	}
	add("good one", "passed")
	add("bad one", "failed")
	add("absent one", "skipped")
	for focus, want := range map[string]string{"good": "", "bad": "bad one", "absent": "not run", "nothing": "not run", "one": "bad one", "(": "missing"} {
		if err := r.recovered(focus); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", focus, err, want)
		}
	}
}

// TestPublish: results get into a document and replace those that it has.
func TestPublish(t *testing.T) {
	prefix := filepath.Join(t.TempDir(), "mutation")
	name := fault.Library()[0].Name
	l := kept(t, prefix, false)
	l.record(&Result{Fault: name, Mode: "nftables", Detected: true, Localised: true, Innocent: true, Recovered: true})
	l.record(&Result{Fault: name, Mode: "iptables", Detected: true, Innocent: true, Recovered: true, Missed: "node is missing"})
	peers := []*PeerResult{{Fault: name, Mode: "nftables", Specs: "x", Runs: 3, Detected: 2}, {Fault: name, Mode: "iptables"}}
	if err := NewComparison(peers, prefix+".json").Write(prefix + "-upstream"); err != nil {
		t.Fatal(err)
	}
	document := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(document, []byte("before\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Publish(prefix, document); err == nil {
		t.Error("no error where there is no place for it")
	}
	if err := os.WriteFile(document, []byte("before\n"+publishedBegin+"\nold\n"+publishedEnd+"\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := Publish(prefix, document); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	got := string(raw)
	for _, want := range []string{
		"before\n" + publishedBegin + "\n", "| faults tried | 1 | 1 |", "- " + name + " (iptables): missed: node is missing\n",
		"| " + name + " | detected | localised | no spec | 2 of 3 |", "Of 2 faults", publishedEnd + "\nafter\n",
	} {
		if strings.Count(got, want) != 1 {
			t.Errorf("not once: %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "old") {
		t.Errorf("what was there before still is:\n%s", got)
	}
}
