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

func TestReadFlows(t *testing.T) {
	const listed = `table ip sflows {
	counter flows {
		packets 7 bytes 400
	}
	counter unknown {
		packets 5 bytes 300
	}
	map flows {
		elements = { 10.244.2.4 . 4000 . 10.96.7.7 . 80 expires 9m58s920ms : 10.244.1.8 . 8081,
			     172.18.0.3 . 4000 . 172.18.0.12 . 30081 expires 9m58s : 10.244.1.9 . 8081 }
	}
}`
	kept, backends, err := readFlows(listed)
	if want := []string{"10.244.1.8", "10.244.1.9"}; kept != 2 || !slices.Equal(backends, want) || err != nil {
		t.Errorf("got %d, %v, %v", kept, backends, err)
	}
	if _, _, err := readFlows("table ip sflows {\n}"); err == nil {
		t.Error("no error without counters")
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
