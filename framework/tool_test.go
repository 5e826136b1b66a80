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
		{request: HealthCheck, output: `{"service":{"name":"web"},"localEndpoints":2,"serviceProxyHealthy":true}` + "\n200" + exitMark + "0", answer: "200:2"},
		{request: HealthCheck, output: `{"localEndpoints": 0}` + "\n503" + exitMark + "0", answer: Health(0)},
		{request: HealthCheck, output: `{"Service":{},"LocalEndpoints": 1}` + "\n200" + exitMark + "0", answer: Health(1)},
		{request: HealthCheck, output: "404 page not found\n404" + exitMark + "0", answer: "404:?"},
		{request: HealthCheck, output: "curl: (7) Failed to connect\n000" + exitMark + "7", outcome: matrix.Refused},
		{request: HealthCheck, output: "curl: (28) timeout\n000" + exitMark + "28", outcome: matrix.TimedOut},
		{request: HealthCheck, output: "curl: (52) empty reply\n000" + exitMark + "52", outcome: matrix.Unreachable},
		{request: HealthCheck, output: "sh: curl: not found" + exitMark + "127", outcome: matrix.Error},
		{request: HealthCheck, output: "killed", outcome: matrix.Error},
		{request: "dns:A", output: header + "web.default.svc.cluster.local. 5 IN A 10.96.0.9\n" + exitMark + "0", answer: "10.96.0.9"},
		{request: "dns:A", output: header + "x. 5 IN CNAME y.\ny. 5 IN A 10.0.0.2\ny. 5 IN A 10.0.0.1\n" + exitMark + "0", answer: "10.0.0.1+10.0.0.2"},
		{request: "dns:CNAME", output: header + "x. 5 IN CNAME y.example.\n" + exitMark + "0", answer: "y.example"},
		{request: "dns:SRV", output: header + "_http._tcp.web. 5 IN SRV 0 50 80 a.web.\n_http._tcp.web. 5 IN SRV 0 50 80 b.web.\n" + exitMark + "0", answer: "80:a.web+80:b.web"},
		{request: "dns:AAAA", output: header + exitMark + "0", answer: "none"},
		{request: "dns:A", output: ";; ->>HEADER<<- opcode: QUERY, status: NXDOMAIN, id: 1\n" + exitMark + "0", outcome: matrix.NoSuchName},
		{request: "dns:A", output: ";; ->>HEADER<<- opcode: QUERY, status: SERVFAIL, id: 1\n" + exitMark + "0", outcome: matrix.Error},
		{request: "dns:A", output: ";; communications error to 10.96.0.10#53: timed out\n;; no servers could be reached\n" + exitMark + "9", outcome: matrix.TimedOut},
		{request: "dns:A", output: ";; communications error to 10.96.0.10#53: connection refused\n" + exitMark + "9", outcome: matrix.Refused},
	} {
		body, err := json.Marshal(map[string]string{"output": test.output})
		if err != nil {
			t.Fatal(err)
		}
		seen := toolOf(test.request).parseReply(http.StatusOK, body)
		if seen.Tries() != 1 || test.answer != "" && seen.Answers[test.answer] != 1 || test.outcome != "" && seen.Outcomes[test.outcome] != 1 {
			t.Errorf("%s of %q is %+v, want the answer %q or the outcome %q", test.request, test.output, seen, test.answer, test.outcome)
		}
	}
	if seen := toolOf(HealthCheck).parseReply(http.StatusBadGateway, nil); seen.Outcomes[matrix.Error] != 1 {
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
		{Probe{Address: "2001:db8::9", Port: 31000, Protocol: v1.ProtocolTCP, Request: HealthCheck}, `curl -sS -m 5 -w '\n%{http_code}' http://[2001:db8::9]:31000/healthz`},
		{Probe{Address: "web.default", Request: "dns:SRV/tcp"}, `dig +search +tries=1 +time=5 +noall +comments +answer +tcp 'web.default' SRV`},
	} {
		if got := toolOf(test.p.Request).command(test.p); got != test.want {
			t.Errorf("command %q, want %q", got, test.want)
		}
	}
	if got, want := quoted("it's"), `'it'\''s'`; got != want {
		t.Errorf("quoted %s, want %s", got, want)
	}
}
