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
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "k8s.io/api/core/v1"

	"sigs.k8s.io/service-e2e/matrix"
)

// shellServer answers /dial by dial and runs what /shell is given, as agnhost does.
func shellServer(t *testing.T, dial http.HandlerFunc) *dialer {
	t.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("needs curl, as agnhost's image has it: ", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/dial", dial)
	mux.HandleFunc("/shell", func(w http.ResponseWriter, r *http.Request) {
		output, err := exec.CommandContext(r.Context(), "sh", "-c", r.FormValue("cmd")).CombinedOutput()
		reply := shellReply{Output: string(output)}
		if err != nil {
			reply.Error = err.Error()
		}
		_ = json.NewEncoder(w).Encode(reply)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return &dialer{base: server.URL, client: server.Client(), local: server.URL}
}

func probesOf(addresses ...string) []Probe {
	var probes []Probe
	for _, address := range addresses {
		probes = append(probes, Probe{Source: "pod@node-1", Address: address, Port: 80, Protocol: v1.ProtocolTCP, Tries: 1})
	}
	return probes
}

func TestProbeAll(t *testing.T) {
	slow := make(chan struct{})
	defer close(slow)
	d := shellServer(t, func(w http.ResponseWriter, r *http.Request) {
		switch host := r.FormValue("host"); host {
		case "slow":
			<-slow
		case "nosuch":
			http.Error(w, "lookup nosuch: no such host", http.StatusBadRequest)
		case "refused":
			fmt.Fprint(w, `{"errors":["connect: connection refused"]}`)
		default:
			// What ends a probe's output must not be taken from an answer.
			fmt.Fprintf(w, `{"responses":[%q]}`, host+statusMark+"0")
		}
	})
	for name, test := range map[string]struct {
		hosts []string
		want  []matrix.Observation
	}{
		"all": {[]string{"b1", "fd00::9", "refused", "nosuch"}, []matrix.Observation{
			answered("b1 status 0", 1), answered("fd00::9 status 0", 1),
			failed(matrix.Refused, 1, "connect: connection refused"), failed(matrix.NoSuchName, 1, "lookup nosuch: no such host"),
		}},
		"up to the slow": {[]string{"b1", "slow", "b2"}, []matrix.Observation{answered("b1 status 0", 1)}},
	} {
		t.Run(name, func(t *testing.T) {
			seen, err := d.ProbeAll(t.Context(), probesOf(test.hosts...))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, seen); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestProbeAllLeavesTheRestToProbe: whatever is wrong with the way to the source or
// with its shell, it is for single probes to tell.
func TestProbeAllLeavesTheRestToProbe(t *testing.T) {
	for name, reply := range map[string]string{
		"no tool":     `{"output":"sh: curl: not found\n","error":"exit status 127"}`,
		"cut short":   `{"output":"{\"responses\":[\"b1\"]}\nstat"}`,
		"no shell":    `no`,
		"no status":   `{"output":"{}\nstatus x\n"}`,
		"not sent":    `{"output":"\nstatus 000\n"}`,
		"empty reply": ``,
	} {
		t.Run(name, func(t *testing.T) {
			server, _ := brokenFor(0, reply)
			defer server.Close()
			d := dialer{base: server.URL, client: server.Client(), local: "http://localhost:8080"}
			seen, err := d.ProbeAll(t.Context(), probesOf("10.96.0.9"))
			if err != nil || len(seen) > 0 {
				t.Errorf("got %v, %v, want nothing", seen, err)
			}
		})
	}
	t.Run("no way to the source", func(t *testing.T) {
		server, _ := brokenFor(1000, "")
		defer server.Close()
		d := dialer{base: server.URL, client: server.Client(), local: "http://localhost:8080"}
		if seen, err := d.ProbeAll(t.Context(), probesOf("10.96.0.9")); err != nil || len(seen) > 0 {
			t.Errorf("got %v, %v, want nothing", seen, err)
		}
	})
	t.Run("no shell beside it", func(t *testing.T) {
		d := dialer{base: "http://192.0.2.1"}
		if seen, err := d.ProbeAll(t.Context(), probesOf("10.96.0.9")); err != nil || len(seen) > 0 {
			t.Errorf("got %v, %v, want nothing", seen, err)
		}
	})
	t.Run("context ended", func(t *testing.T) {
		d := shellServer(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := d.ProbeAll(ctx, probesOf("10.96.0.9")); err == nil {
			t.Error("no error after the context has ended")
		}
	})
}

func TestBatchIsShortEnough(t *testing.T) {
	d := dialer{local: "http://localhost:8080"}
	var probes []Probe
	for range batchSize {
		p := probesOf(strings.Repeat("name-of-63-characters.", 12))[0]
		p.Request = Request(dnsRequest + ":SRV:")
		probes = append(probes, p)
	}
	const most = 128 << 10 // MAX_ARG_STRLEN of Linux
	if n := len(d.batchScript(probes)); n >= most {
		t.Errorf("the script of a batch has %d bytes, want less than %d", n, most)
	}
}

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
			if attempt == 0 {
				time.Sleep(patience + time.Second/2)
			}
		case "10.96.0.6":
			return answered("stranger", 1)
		}
		return answered("b1", 1)
	}}
	s := &sweep{prober: fake, table: table, name: func(_ string, _ Request, answer string) string { return answer }}
	verdict, err := wholeTable(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]matrix.Cell{{Row: 0, Column: 6}}, verdict.Wrong()); diff != "" {
		t.Errorf("wrong cells (-want +got):\n%s", diff)
	}
	for c := range columns {
		if got, want := verdict.At(0, c).Observed.Tries(), table.Sampling(0, c).Tries; got < want && c != 2 && c != 6 {
			t.Errorf("column %d has %d tries, want %d", c, got, want)
		}
	}
	want := [][]int{
		{0, 4}, {0, 4, 5}, // 5 is too slow to be waited for,
		{6, 7, 8}, {7, 8}, // 6 is wrong.
		{9, 10, 11}, {9, 10, 11},
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
