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
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	v1 "k8s.io/api/core/v1"

	"sigs.k8s.io/service-e2e/matrix"
)

func TestTools(t *testing.T) {
	const header = ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n;; flags: qr aa rd; QUERY: 1, ANSWER: 2\n\n"
	for _, test := range []struct {
		request Request
		output  string
		answer  string
		outcome matrix.Outcome
	}{
		{request: HealthCheck, output: `{"service":{"name":"web"},"localEndpoints":2,"serviceProxyHealthy":true}` + "\n\n200" + exitMark + "0", answer: "200:2"},
		{request: HealthCheck, output: `{"localEndpoints": 0}` + "\n\n503" + exitMark + "0", answer: Health(0)},
		{request: HealthCheck, output: `{"Service":{},"LocalEndpoints": 1}` + "\n\n200" + exitMark + "0", answer: Health(1)},
		{request: HealthCheck, output: "404 page not found\n\n404" + exitMark + "0", answer: "404:?"},
		{request: HealthCheck, output: "\nFailed to connect\n000" + exitMark + "7", outcome: matrix.Refused},
		{request: HealthCheck, output: "\nConnection timed out\n000" + exitMark + "28", outcome: matrix.TimedOut},
		{request: HealthCheck, output: "\nEmpty reply from server\n000" + exitMark + "52", outcome: matrix.Unreachable},
		{request: HealthCheck, output: "sh: curl: not found\n", outcome: matrix.Error},
		{request: HealthCheck, output: "killed", outcome: matrix.Error},
		{request: "dns:A", output: header + "web.default.svc.cluster.local. 5 IN A 10.96.0.9\n" + exitMark + "0", answer: "10.96.0.9"},
		{request: "dns:A", output: header + "x. 5 IN CNAME y.\ny. 5 IN A 10.0.0.2\ny. 5 IN A 10.0.0.1\n" + exitMark + "0", answer: "10.0.0.1+10.0.0.2"},
		{request: "dns:A", output: header + "x. 5 IN CNAME y.\n" + exitMark + "0", answer: "y"},
		{request: "dns:CNAME", output: header + "x. 5 IN CNAME y.example.\n" + exitMark + "0", answer: "y.example"},
		{request: "dns:SRV/tcp", output: header + "_http._tcp.web. 5 IN SRV 0 50 80 a.web.\n_http._tcp.web. 5 IN SRV 0 50 80 b.web.\n" + "a.web. 5 IN A 10.0.0.1\na.web. 5 IN AAAA fd00::1\n" + exitMark + "0", answer: "10.0.0.1:80+[fd00::1]:80+b.web:80"},
		{request: "dns:AAAA", output: header + exitMark + "0", answer: "none"},
		{request: "dns:A", output: ";; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 1\n" + exitMark + "0", outcome: matrix.NoSuchName},
		{request: "dns:A", output: ";; ->>HEADER<<- opcode: QUERY, status: SERVFAIL, id: 1\n" + exitMark + "0", outcome: matrix.Unreachable},
		{request: "dns:A", output: ";; communications error to 10.96.0.10#53: timed out\n;; no servers could be reached\n" + exitMark + "9", outcome: matrix.TimedOut},
		{request: "dns:A", output: ";; communications error to 10.96.0.10#53: connection refused\n;; no servers could be reached\n" + exitMark + "9", outcome: matrix.Refused},
		{request: "dns:A/tcp", output: ";; Connection to 10.96.0.10#53(10.96.0.10) for x failed: connection refused.\n;; no servers could be reached\n" + exitMark + "9", outcome: matrix.Refused},
		{request: "dns:A/tcp", output: ";; Connection to 10.96.0.10#53(10.96.0.10) for x failed: timed out.\n;; no servers could be reached\n" + exitMark + "9", outcome: matrix.TimedOut},
		{request: "dns:A", output: "dig: couldn't get address for 'nowhere': not found\n" + exitMark + "10", outcome: matrix.Error},
		{request: "dnsat:A:x.", output: header + "x. 5 IN A 10.96.0.9\n" + exitMark + "0", answer: "10.96.0.9"},
		{request: Lookup, output: "10.0.0.1  STREAM x\n10.0.0.1  DGRAM\nfd00::1 STREAM\n" + exitMark + "0", answer: "10.0.0.1+fd00::1"},
		{request: Lookup, output: exitMark + "2", outcome: matrix.NoSuchName},
		{request: Lookup, output: exitMark + "124", outcome: matrix.TimedOut},
		{request: Lookup, output: "getent: invalid" + exitMark + "1", outcome: matrix.Error},
		{request: "env:WEB", output: "10.96.0.9\n80\n" + exitMark + "0", answer: "10.96.0.9:80"},
		{request: "env:WEB", output: "fd00::9\n80\n" + exitMark + "0", answer: "[fd00::9]:80"},
		{request: "env:WEB", output: exitMark + "1", outcome: matrix.NoSuchName},
		{request: "env:WEB", output: "10.96.0.9\n" + exitMark + "1", outcome: matrix.Error},
		{request: APIServer, output: `{"major": "1", "gitVersion": "v1.37.1"}` + exitMark + "0", answer: IsAPIServer},
		{request: APIServer, output: `{"kind": "Status", "code": 403}` + exitMark + "0", answer: IsAPIServer},
		{request: APIServer, output: "hello" + exitMark + "0", answer: "hello"},
		{request: sysctlRequest, output: "3600\n" + exitMark + "0", answer: "3600"},
		{request: sysctlRequest, output: "cat: no such file" + exitMark + "1", outcome: matrix.NoSuchName},
		{request: outOfWindow, output: "1\n" + exitMark + "0", answer: Kept},
		{request: outOfWindow, output: "7 bash: connect: Connection refused bash: line 1: /dev/tcp/10.96.0.9/9000: Connection refused\n" + exitMark + "0", outcome: matrix.Refused},
		{request: outOfWindow, output: "1 bash: line 1: read: read error: 3: Connection reset by peer\n" + exitMark + "0", outcome: matrix.Unreachable},
		{request: outOfWindow, output: "124\n" + exitMark + "0", outcome: matrix.TimedOut},
		{request: outOfWindow, output: "137 Killed\n" + exitMark + "0", outcome: matrix.Error},
		{request: outOfWindow, output: "1\n1\n" + exitMark + "0", outcome: matrix.Error},
		{request: APIServer, output: "curl: (7) Failed to connect" + exitMark + "7", outcome: matrix.Refused},
		{request: "established:4", output: "ns/b1\nns/b1\n" + exitMark + "0", answer: "ns/b1"},
		{request: "established:4", output: "ns/b1\nns/b2\n" + exitMark + "0", answer: "ns/b1 then ns/b2"},
		{request: "established:4", output: "ns/b1\n" + exitMark + "1", outcome: matrix.TimedOut},
		{request: "established:4", output: "ns/b1\nbash: printf: write error: Broken pipe\n" + exitMark + "1", outcome: matrix.Unreachable},
		{request: "established:4", output: "bash: connect: Connection refused\nbash: line 1: /dev/tcp/10.96.0.9/80: Connection refused\n" + exitMark + "1", outcome: matrix.Refused},
		{request: pingRequest, output: "1 packets transmitted, 1 received, 0% packet loss, time 0ms" + exitMark + "0", answer: IsAlive},
		{request: pingRequest, output: "1 packets transmitted, 0 received, 100% packet loss, time 0ms" + exitMark + "1", outcome: matrix.TimedOut},
		{request: pingRequest, output: "From 10.96.0.9 icmp_seq=1 Destination Port Unreachable\n1 packets transmitted, 0 received, +1 errors, 100% packet loss" + exitMark + "1", outcome: matrix.Refused},
		{request: pingRequest, output: "From 172.18.0.1 icmp_seq=1 Destination Host Unreachable\n1 packets transmitted, 0 received, +1 errors, 100% packet loss" + exitMark + "1", outcome: matrix.Unreachable},
		{request: pingRequest, output: "ping: socket: Operation not permitted" + exitMark + "2", outcome: matrix.Error},
		{request: "module:sctp", output: "loaded\n" + exitMark + "0", answer: ModuleLoaded},
		{request: "module:sctp", output: "not-loaded\n" + exitMark + "0", answer: ModuleAbsent},
		{request: "module:sctp", output: "sh: syntax error" + exitMark + "2", outcome: matrix.Error},
		{request: bandwidthRequest, output: "20260101000000,10.244.1.2,40000,10.96.0.9,80,1,0.0-1.0,1250000000,10000000000\n" + exitMark + "0", answer: "10000000000"},
		{request: bandwidthRequest, output: "20260101000000,10.244.1.2,40000,10.96.0.9,80,1,0.0-1.0,0,0\n" + exitMark + "0", outcome: matrix.TimedOut},
		{request: bandwidthRequest, output: "tcp connect failed: Connection refused\n" + exitMark + "1", outcome: matrix.Refused},
		{request: bandwidthRequest, output: exitMark + "124", outcome: matrix.TimedOut},
	} {
		body, err := json.Marshal(map[string]string{"output": test.output})
		if err != nil {
			t.Fatal(err)
		}
		seen := toolOf(test.request).parseReply(Probe{Request: test.request, Tries: 1}, http.StatusOK, body)
		if seen.Tries() != 1 || test.answer != "" && seen.Answers[test.answer] != 1 || test.outcome != "" && seen.Outcomes[test.outcome] != 1 {
			t.Errorf("%s of %q is %+v, want the answer %q or the outcome %q", test.request, test.output, seen, test.answer, test.outcome)
		}
	}
	if seen := toolOf(HealthCheck).parseReply(Probe{Tries: 1}, http.StatusBadGateway, nil); seen.Outcomes[matrix.Error] != 1 {
		t.Errorf("a reply that is none is %+v", seen)
	}
	for _, request := range []Request{WhoAreYou, ClientIP} {
		if toolOf(request) != nil {
			t.Errorf("%q takes a tool", request)
		}
	}
}

func TestToolCommands(t *testing.T) {
	for _, test := range []struct {
		p    Probe
		want string
	}{
		{Probe{Address: "2001:db8::9", Port: 31000, Protocol: v1.ProtocolTCP, Request: HealthCheck, Tries: 2}, `curl -s -m 5 -H 'Connection: close' -w '\n%{errormsg}\n%{http_code}\nexit code %{exitcode}\n' http://[2001:db8::9]:31000/healthz http://[2001:db8::9]:31000/healthz`},
		{Probe{Address: "web.default", Request: "dns:A/tcp", Tries: 2}, `dig +tries=1 +time=5 +noall +comments +answer +search +tcp 'web.default' A 'web.default' A`},
		{
			Probe{Address: "10.96.0.10", Port: 53, Protocol: v1.ProtocolTCP, Request: "dnsat:A:x.", Tries: 1},
			`dig +tries=1 +time=5 @10.96.0.10 -p 53 +noall +comments +answer +search +tcp 'x.' A`,
		},
		{
			Probe{Address: "_http._tcp.web.default", Request: "dns:SRV", Tries: 1},
			`found=$(dig +tries=2 +time=3 +noall +comments +answer +search '_http._tcp.web.default' SRV); echo "$found"; ` +
				`set -- $(echo "$found" | awk '$4 == "SRV" { print $8, "A", $8, "AAAA" }' | sort -u); [ $# -eq 0 ] || dig +tries=2 +time=3 +noall +answer "$@"`,
		},
		{Probe{Request: "env:WEB"}, `printenv 'WEB_SERVICE_HOST' 'WEB_SERVICE_PORT'`},
		{Probe{Address: "fd00::1", Port: 443, Request: APIServer}, "curl -sSk -m 5 https://[fd00::1]:443/version"},
		{Probe{Address: "web", Request: Lookup}, `begun=$(date +%s); RES_OPTIONS='timeout:2 attempts:2' timeout 5 getent ahosts 'web'; code=$?; [ $code -ne 2 ] || [ $(($(date +%s) - begun)) -lt 4 ] || code=124; (exit $code)`},
	} {
		if got := toolOf(test.p.Request).command(test.p); got != test.want {
			t.Errorf("command %q, want %q", got, test.want)
		}
	}
	if got, want := quoted("it's"), `'it'\''s'`; got != want {
		t.Errorf("quoted %s, want %s", got, want)
	}
}

func TestToolMakesEveryTry(t *testing.T) {
	p := Probe{Address: "web", Request: Lookup, Tries: 3}
	if got, want := toolOf(p.Request).script(p), `i=0; while [ $i -lt 3 ]; do i=$((i+1)); begun=$(date +%s); RES_OPTIONS='timeout:2 attempts:2' timeout 5 getent ahosts 'web'; code=$?; [ $code -ne 2 ] || [ $(($(date +%s) - begun)) -lt 4 ] || code=124; (exit $code); printf '\nexit code %d\n' $?; done`; got != want {
		t.Errorf("script %q, want %q", got, want)
	}
	one := "10.0.0.1 STREAM web\n" + exitMark + "0\n"
	for _, test := range []struct {
		output string
		want   matrix.Observation
	}{
		{one + exitMark + "2\n" + one, matrix.Observation{Answers: map[string]int{"10.0.0.1": 2}, Outcomes: map[matrix.Outcome]int{matrix.NoSuchName: 1}}},
		{one + one, matrix.Observation{Outcomes: map[matrix.Outcome]int{matrix.Error: 3}}},
		{one + "sh: getent: not found" + exitMark + "127\n" + one, matrix.Observation{Outcomes: map[matrix.Outcome]int{matrix.Error: 3}}},
	} {
		body, err := json.Marshal(map[string]string{"output": test.output})
		if err != nil {
			t.Fatal(err)
		}
		seen := toolOf(p.Request).parseReply(p, http.StatusOK, body)
		seen.LastError = ""
		if diff := cmp.Diff(test.want, seen); diff != "" {
			t.Errorf("reply %q: want -, got +\n%s", test.output, diff)
		}
	}
}

// TestDigMakesEveryTry is about one run of dig that asks several times.
func TestDigMakesEveryTry(t *testing.T) {
	const (
		reply   = ";; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 1\n;; flags: qr aa rd; QUERY: 1, ANSWER: 1\n\n;; ANSWER SECTION:\nweb. 5 IN A 10.0.0.1\n\n"
		unknown = ";; Got answer:\n;; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 1\n\n"
		silence = ";; communications error to 10.96.0.10#53: timed out\n;; no servers could be reached\n"
		long    = ";; Truncated, retrying in TCP mode.\n" + reply
	)
	p := Probe{Address: "web", Request: "dns:A", Tries: 4}
	body, err := json.Marshal(map[string]string{"output": reply + silence + long + unknown + exitMark + "9\n"})
	if err != nil {
		t.Fatal(err)
	}
	want := matrix.Observation{
		Answers:   map[string]int{"10.0.0.1": 2},
		Outcomes:  map[matrix.Outcome]int{matrix.TimedOut: 1, matrix.NoSuchName: 1},
		LastError: "NXDOMAIN",
	}
	if diff := cmp.Diff(want, toolOf(p.Request).parseReply(p, http.StatusOK, body)); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}
