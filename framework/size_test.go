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
	"net/url"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
)

func TestPadded(t *testing.T) {
	const who = "ns/b1"
	for _, size := range []int{5, 6, 7, 64, 1400, 8000, 60000} {
		whole := padded(who, size)
		if len(whole) != size {
			t.Errorf("want %d bytes, got %d", size, len(whole))
		}
		if got := unpadded(whole, size, v1.ProtocolTCP); got != who {
			t.Errorf("%d bytes: want %s, got %s", size, who, got)
		}
	}
}

func TestUnpaddedTellsDamage(t *testing.T) {
	const size = 4000
	whole := padded("ns/b1", size)
	for _, tc := range []struct {
		name     string
		answer   string
		protocol v1.Protocol
		good     bool
	}{
		{"whole", whole, v1.ProtocolTCP, true},
		{"cut off", whole[:size-1], v1.ProtocolTCP, false},
		{"cut off where /dial cuts off datagrams only", whole[:dialUDPBuffer], v1.ProtocolTCP, false},
		{"as much of a datagram as /dial keeps", whole[:dialUDPBuffer], v1.ProtocolUDP, true},
		{"a datagram cut off elsewhere", whole[:1472], v1.ProtocolUDP, false},
		{"too long", whole + ".", v1.ProtocolTCP, false},
		{"swapped segments", whole[:1000] + whole[2000:3000] + whole[1000:2000] + whole[3000:], v1.ProtocolTCP, false},
		{"one bit", strings.Replace(whole, "2000", "2001", 1), v1.ProtocolTCP, false},
		{"another size", padded("ns/b1", 64), v1.ProtocolTCP, false},
		{"an error of agnhost", `env var "BACKEND_4000" is not set`, v1.ProtocolTCP, false},
		{"nothing", "", v1.ProtocolTCP, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := unpadded(tc.answer, size, tc.protocol)
			if good := got == "ns/b1"; good != tc.good {
				t.Errorf("want good=%t, got %q", tc.good, shorten(got))
			}
		})
	}
}

func TestSizedDialURL(t *testing.T) {
	for _, tc := range []struct {
		protocol v1.Protocol
		prefix   string
	}{
		{v1.ProtocolTCP, "envvar?var=BACKEND_8000&padding=0"},
		{v1.ProtocolUDP, "envvar BACKEND_8000 "},
	} {
		p := Probe{Address: "10.96.0.9", Port: 80, Protocol: tc.protocol, Request: "size=8000", Tries: 2}
		parsed, err := url.Parse(DialURL("http://client", p))
		if err != nil {
			t.Fatal(err)
		}
		request := parsed.Query().Get("request")
		if len(request) != 8000 || !strings.HasPrefix(request, tc.prefix) {
			t.Errorf("%s: want 8000 bytes beginning with %q, got %d: %s", tc.protocol, tc.prefix, len(request), shorten(request))
		}
	}
}

func TestSizedByHandIsShort(t *testing.T) {
	p := Probe{Address: "10.96.0.9", Port: 80, Protocol: v1.ProtocolTCP, Request: "size=60000", Tries: 5}
	command := (&source{Namespace: "ns", Pod: "pod", Port: 8080}).byHand(p)
	if len(command) > 300 || !strings.Contains(command, "$(printf %0599") {
		t.Errorf("want a command that makes up the padding itself, got %d bytes: %s", len(command), command)
	}
}
