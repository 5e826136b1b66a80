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

package fault

import (
	"slices"
	"testing"
)

func TestCountPackets(t *testing.T) {
	const text = `{"nftables": [{"metainfo": {"version": "1.0.6"}},
		{"counter": {"family": "ip", "name": "hits", "table": "sfault", "handle": 1, "packets": 7, "bytes": 1}},
		{"counter": {"family": "ip6", "name": "hits", "table": "sfault", "handle": 1, "packets": 2, "bytes": 1}},
		{"counter": {"family": "ip", "name": "hits", "table": "other", "handle": 1, "packets": 9, "bytes": 1}}]}`
	if n, err := countPackets(text); n != 9 || err != nil {
		t.Errorf("got %d, %v, want 9", n, err)
	}
	if _, err := countPackets("oops"); err == nil {
		t.Error("no error for what is no JSON")
	}
}

func TestParseFlow(t *testing.T) {
	const (
		translated = "[DESTROY] udp      17 src=10.244.2.4 dst=10.96.7.7 sport=4000 dport=80 src=10.244.1.8 dst=10.244.2.4 sport=8081 dport=4000"
		masked     = "[DESTROY] udp      17 src=172.18.0.3 dst=172.18.0.12 sport=4000 dport=30081 [UNREPLIED] src=10.244.1.8 dst=172.18.0.12 sport=8081 dport=5000"
		direct     = "[DESTROY] udp      17 src=10.244.2.4 dst=10.244.1.8 sport=4000 dport=8081 src=10.244.1.8 dst=10.244.2.4 sport=8081 dport=4000"
	)
	for _, tc := range []struct {
		line string
		want []string
	}{
		{translated, []string{
			"-I", "-p", "udp", "--timeout", "120", "--src", "10.244.2.4", "--dst", "10.96.7.7", "--sport", "4000", "--dport", "80",
			"--reply-src", "10.244.1.8", "--reply-dst", "10.244.2.4", "--reply-port-src", "8081", "--reply-port-dst", "4000", "--dst-nat", "10.244.1.8:8081",
		}},
		{masked, []string{
			"-I", "-p", "udp", "--timeout", "120", "--src", "172.18.0.3", "--dst", "172.18.0.12", "--sport", "4000", "--dport", "30081",
			"--reply-src", "10.244.1.8", "--reply-dst", "172.18.0.12", "--reply-port-src", "8081", "--reply-port-dst", "5000", "--dst-nat", "10.244.1.8:8081",
			"--src-nat", "172.18.0.12:5000",
		}},
		{direct, nil},
		{"[DESTROY] tcp 6 nonsense", nil},
	} {
		flow, ok := parseFlow(tc.line)
		if ok != (tc.want != nil) {
			t.Errorf("%q: parsed %v", tc.line, ok)
		}
		if ok && !slices.Equal(flow.insertion(), tc.want) {
			t.Errorf("%q:\n got %q\nwant %q", tc.line, flow.insertion(), tc.want)
		}
	}
}

func TestQuestion(t *testing.T) {
	header := "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
	name := "\x03Web\x00\x00\x01\x00\x01"
	if got, ok := question([]byte(header + name + "more")); !ok || got != "\x03web\x00\x00\x01\x00\x01" {
		t.Errorf("got %q, %v", got, ok)
	}
	for _, broken := range []string{"", header, header + "\x03We", header + "\x03Web\x00\x00"} {
		if got, ok := question([]byte(broken)); ok {
			t.Errorf("%q: got %q", broken, got)
		}
	}
}

func TestSucceeded(t *testing.T) {
	for text, want := range map[string]bool{
		"\x00\x00\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00": true,
		"\x00\x00\x81\x83\x00\x01\x00\x00\x00\x00\x00\x00": false, // NXDOMAIN
		"\x00\x00\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00": false, // no record
		"": false,
	} {
		if got := succeeded([]byte(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
