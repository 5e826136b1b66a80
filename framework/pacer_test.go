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

	"golang.org/x/time/rate"

	"sigs.k8s.io/service-e2e/matrix"
)

func TestPacer(t *testing.T) {
	pod := matrix.Row{Name: "pod@node-1", Kind: matrix.SourcePod, Node: "node-1"}
	host := matrix.Row{Name: "host@node-1", Kind: matrix.SourceHost, Node: "node-1"}
	vip := matrix.Column{Name: "VIP", Protocol: "TCP"}
	otherVIP := matrix.Column{Name: "empty VIP", Protocol: "TCP"}
	ownNode := matrix.Column{Name: "NP@node-1", Node: "node-1", Protocol: "TCP"}
	otherNode := matrix.Column{Name: "NP@node-2", Node: "node-2", Protocol: "TCP"}
	closedTCP := matrix.Column{Name: "closed", Role: matrix.RoleSelfTest, Address: "10.244.1.2", Protocol: "TCP"}
	closedUDP := matrix.Column{Name: "closed", Role: matrix.RoleSelfTest, Address: "10.244.1.2", Protocol: "UDP"}

	p := newPacer(1)
	if a, b, c := p.limiter(pod, vip), p.limiter(pod, otherVIP), p.limiter(pod, ownNode); a == nil || a != b || b != c {
		t.Error("one kernel refuses all of these: they share its limit")
	}
	if p.limiter(pod, vip) == p.limiter(pod, otherNode) || p.limiter(pod, vip) == p.limiter(pod, closedUDP) {
		t.Error("other kernels have limits of their own")
	}
	if p.limiter(host, vip) != nil || p.limiter(host, ownNode) != nil || p.limiter(pod, closedTCP) != nil {
		t.Error("nothing limits refusals over loopback or by TCP")
	}
	if p.limiter(host, otherNode) == nil {
		t.Error("another node limits what it refuses to a host")
	}
	if (*pacer)(nil).limiter(pod, vip) != nil {
		t.Error("a nil pacer limits nothing")
	}

	limiter := p.limiter(pod, vip)
	if !limiter.Allow() {
		t.Error("the first one has to wait")
	}
	if limiter.Allow() {
		t.Error("more at once than the kernel allows")
	}
	before := p.limiter(pod, otherNode).Tokens()
	p.charge(pod, otherNode, 3)
	if after := p.limiter(pod, otherNode).Tokens(); before-after < 2.5 {
		t.Errorf("tokens before %v, after 3 unexpected refusals %v", before, after)
	}
	if got, want := newPacer(4).limiter(pod, vip).Limit(), rate.Every(4*refusalPause); got != want {
		t.Errorf("four processes at %v each, want %v", got, want)
	}
}
