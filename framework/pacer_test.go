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
	"slices"
	"testing"

	v1 "k8s.io/api/core/v1"

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

	p := newPacer("")
	if a, b, c := p.key(pod, vip), p.key(pod, otherVIP), p.key(pod, ownNode); a == "" || a != b || b != c {
		t.Error("one kernel refuses all of these: they share its limit")
	}
	if p.key(pod, vip) == p.key(pod, otherNode) || p.key(pod, vip) == p.key(pod, closedUDP) {
		t.Error("other kernels have limits of their own")
	}
	if p.key(host, vip) != "" || p.key(host, ownNode) != "" || p.key(pod, closedTCP) != "" {
		t.Error("nothing limits refusals over loopback or by TCP")
	}
	if p.key(host, otherNode) == "" {
		t.Error("another node limits what it refuses to a host")
	}
	external := matrix.Row{Name: "external", Kind: matrix.SourceExternal}
	nodes := []Node{{Name: "node-1"}, {Name: "node-2"}}
	p.free(nodes, []string{"node-1"})
	if p.key(pod, vip) != "" || p.key(external, ownNode) != "" {
		t.Error("a node without a limit limits refusals")
	}
	if p.key(pod, otherNode) == "" || p.key(pod, closedUDP) == "" || p.key(external, vip) == "" {
		t.Error("other kernels have theirs all the same")
	}
	p.free(nodes, []string{"node-1", "node-2"})
	if p.key(pod, otherNode) != "" || p.key(external, vip) != "" || p.key(pod, closedUDP) == "" {
		t.Error("without limits of nodes only pods have theirs")
	}
	p.free(nodes, nil)
	if (*pacer)(nil).key(pod, vip) != "" {
		t.Error("a nil pacer limits nothing")
	}

	if delay := p.reserve("a", 1); delay != 0 {
		t.Errorf("the first one has to wait for %v", delay)
	}
	if delay := p.reserve("a", 3); delay < refusalPause/2 {
		t.Errorf("more at once than the kernel allows: the second waits for %v only", delay)
	}
	if delay := p.reserve("a", 1); delay < 3*refusalPause {
		t.Errorf("after three more the next waits for %v only", delay)
	}
}

func TestPacerOfProcesses(t *testing.T) {
	ctx := t.Context()
	at, err := servePacer(ctx)
	if err != nil {
		t.Fatal(err)
	}
	first, second := newPacer(at), newPacer(at)
	host := matrix.Row{Name: "host@node-1", Kind: matrix.SourceHost, Node: "node-1"}
	pod := matrix.Row{Name: "pod@node-1", Kind: matrix.SourcePod, Node: "node-1"}
	for _, test := range []struct {
		p    *pacer
		row  matrix.Row
		free bool
	}{{first, host, true}, {second, host, false}, {first, pod, true}, {second, pod, true}} {
		delay, err := test.p.take(ctx, test.row, test.row.Name, 1)
		if err != nil || (delay == 0) != test.free {
			t.Errorf("%s waits for %v, err %v; want it free: %v", test.row.Name, delay, err, test.free)
		}
	}
	if _, err := newPacer("http://localhost:1").take(ctx, host, "a", 1); err == nil {
		t.Error("no error without a first process")
	}
}

func TestUnlimitedNodes(t *testing.T) {
	hosts := []source{
		{Row: matrix.Row{Name: "host@node-1", Kind: matrix.SourceHost, Node: "node-1"}},
		{Row: matrix.Row{Name: "host@node-2", Kind: matrix.SourceHost, Node: "node-2"}},
		{Row: matrix.Row{Name: "host@node-3", Kind: matrix.SourceHost, Node: "node-3"}},
	}
	fake := &FakeProber{Respond: func(p Probe, _ int) matrix.Observation {
		switch {
		case p.Source == "host@node-1", p.Source == "host@node-2" && p.Address == errorLimits[v1.IPv4Protocol]:
			return answered("0", 1)
		case p.Source == "host@node-2":
			return answered("1000", 1)
		}
		return failed(matrix.NoSuchName, 1, "no such file")
	}}
	for _, test := range []struct {
		families []v1.IPFamily
		want     []string
	}{
		{[]v1.IPFamily{v1.IPv4Protocol}, []string{"node-1", "node-2"}},
		{[]v1.IPFamily{v1.IPv6Protocol, v1.IPv4Protocol}, []string{"node-1"}},
	} {
		if got := unlimitedNodes(t.Context(), fake, hosts, test.families); !slices.Equal(got, test.want) {
			t.Errorf("%v: %v, want %v", test.families, got, test.want)
		}
	}
}
