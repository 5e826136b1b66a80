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
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "k8s.io/api/core/v1"

	"sigs.k8s.io/service-e2e/matrix"
)

func TestParseDialReply(t *testing.T) {
	const refused = `dial tcp 10.96.0.9:80: connect: connection refused`
	for _, tc := range []struct {
		name   string
		tries  int
		status int
		body   string
		want   matrix.Observation
	}{
		{
			name: "answers", tries: 3, status: 200, body: `{"responses":["ns/b1","ns/b2","ns/b1"]}`,
			want: matrix.Observation{Answers: map[string]int{"ns/b1": 2, "ns/b2": 1}},
		},
		{
			name: "errors", tries: 2, status: 200, body: `{"errors":["` + refused + `","` + refused + `"]}`,
			want: matrix.Observation{Outcomes: map[matrix.Outcome]int{matrix.Refused: 2}, LastError: refused},
		},
		{
			name: "mixed, last try answered", tries: 2, status: 200, body: `{"responses":["ns/b1"],"errors":["` + refused + `"]}`,
			want: matrix.Observation{Answers: map[string]int{"ns/b1": 1}, Outcomes: map[matrix.Outcome]int{matrix.Refused: 1}, LastError: refused},
		},
		{
			name: "mixed, last try failed: agnhost withholds the answers", tries: 3, status: 200, body: `{"errors":["` + refused + `"]}`,
			want: matrix.Observation{Answers: map[string]int{unidentified: 2}, Outcomes: map[matrix.Outcome]int{matrix.Refused: 1}, LastError: refused},
		},
		{
			name: "empty answers", tries: 2, status: 200, body: `{}`,
			want: matrix.Observation{Answers: map[string]int{unidentified: 2}},
		},
		{
			name: "empty datagram", tries: 1, status: 200, body: `{"errors":["reading from udp connection failed. err:'<nil>'"]}`,
			want: matrix.Observation{Answers: map[string]int{unidentified: 1}},
		},
		{
			name: "somebody else's page", tries: 1, status: 200, body: `{"responses":["<html>\n` + strings.Repeat("x", 100) + `"]}`,
			want: matrix.Observation{Answers: map[string]int{"<html> " + strings.Repeat("x", 50) + "...": 1}},
		},
		{
			name: "unknown name", tries: 4, status: 400, body: "host and/or port param are invalid. lookup nosuch: no such host",
			want: matrix.Observation{Outcomes: map[matrix.Outcome]int{matrix.NoSuchName: 4}, LastError: "host and/or port param are invalid. lookup nosuch: no such host"},
		},
		{
			name: "bad request", tries: 1, status: 400, body: "tries parameter is invalid",
			want: matrix.Observation{Outcomes: map[matrix.Outcome]int{matrix.Error: 1}, LastError: "agnhost replied 400: tries parameter is invalid"},
		},
		{
			name: "a proxy's error", tries: 1, status: 503, body: "upstream: connection refused",
			want: matrix.Observation{Outcomes: map[matrix.Outcome]int{matrix.Error: 1}, LastError: "agnhost replied 503: upstream: connection refused"},
		},
		{
			name: "not JSON", tries: 2, status: 200, body: `hello`,
			want: matrix.Observation{Outcomes: map[matrix.Outcome]int{matrix.Error: 2}, LastError: "malformed reply of agnhost: invalid character 'h' looking for beginning of value: hello"},
		},
		{
			name: "too many", tries: 1, status: 200, body: `{"responses":["ns/b1","ns/b1"]}`,
			want: matrix.Observation{Outcomes: map[matrix.Outcome]int{matrix.Error: 1}, LastError: "agnhost reported 2 tries of 1"},
		},
		{
			name: "too few", tries: 3, status: 200, body: `{"responses":["ns/b1"]}`,
			want: matrix.Observation{Outcomes: map[matrix.Outcome]int{matrix.Error: 3}, LastError: "agnhost reported 1 tries of 3"},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := parseDialReply(Probe{Tries: tc.tries}, tc.status, []byte(tc.body))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if got.Tries() != tc.tries {
				t.Errorf("%d tries observed, want %d", got.Tries(), tc.tries)
			}
		})
	}
}

func TestDialURL(t *testing.T) {
	for _, tc := range []struct {
		probe Probe
		want  url.Values
	}{
		{
			Probe{Address: "10.96.0.9", Port: 80, Protocol: v1.ProtocolTCP, Tries: 3},
			url.Values{"host": {"10.96.0.9"}, "port": {"80"}, "protocol": {"http"}, "request": {"envvar?var=BACKEND"}, "tries": {"3"}},
		},
		{
			Probe{Address: "fd00::9", Port: 80, Protocol: v1.ProtocolUDP, Tries: 1},
			url.Values{"host": {"fd00::9"}, "port": {"80"}, "protocol": {"udp"}, "request": {"envvar BACKEND"}, "tries": {"1"}},
		},
		{
			Probe{Address: "10.96.0.9", Port: 80, Protocol: v1.ProtocolUDP, Request: ClientIP, Tries: 1},
			url.Values{"host": {"10.96.0.9"}, "port": {"80"}, "protocol": {"udp"}, "request": {"clientip"}, "tries": {"1"}},
		},
	} {
		parsed, err := url.Parse(DialURL("http://source:8080", tc.probe))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tc.want, parsed.Query()); diff != "" || parsed.Path != "/dial" {
			t.Errorf("%s: (-want +got):\n%s", parsed, diff)
		}
	}
}

// brokenFor closes the connection of the first requests without a reply, as a
// broken tunnel does.
func brokenFor(requests int32, reply string) (*httptest.Server, *atomic.Int32) {
	var seen atomic.Int32
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if seen.Add(1) <= requests {
			panic(http.ErrAbortHandler)
		}
		fmt.Fprint(w, reply)
	})), &seen
}

func TestDialerRemakesBrokenTunnel(t *testing.T) {
	server, requests := brokenFor(tunnelAttempts-1, `{"responses":["ns/b1"]}`)
	defer server.Close()
	d := dialer{base: server.URL, client: server.Client()}
	got, err := d.Probe(t.Context(), Probe{Source: "pod@node-1", Tries: 1})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(matrix.Observation{Answers: map[string]int{"ns/b1": 1}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := requests.Load(); n != tunnelAttempts {
		t.Errorf("%d requests, want %d", n, tunnelAttempts)
	}
}

func TestDialerGivesUpOnDeadTunnel(t *testing.T) {
	server, requests := brokenFor(1000, "")
	defer server.Close()
	d := dialer{base: server.URL, client: server.Client()}
	got, err := d.Probe(t.Context(), Probe{Source: "pod@node-1", Tries: 7})
	if err != nil {
		t.Fatal(err)
	}
	if got.Outcomes[matrix.Error] != 7 || got.Tries() != 7 || !strings.Contains(got.LastError, "no way to the source pod@node-1") {
		t.Errorf("a dead tunnel must be an error of every try, got %+v", got)
	}
	if n := requests.Load(); n > 2*tunnelAttempts { // net/http itself may repeat a request once
		t.Errorf("%d requests, want at most %d", n, 2*tunnelAttempts)
	}
}

func TestDialerHonoursContext(t *testing.T) {
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer server.Close()
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	d := dialer{base: server.URL, client: server.Client()}
	if _, err := d.Probe(ctx, Probe{Tries: 10}); err == nil {
		t.Error("no error after the context has ended")
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("took %v after the context had ended", took)
	}
}
