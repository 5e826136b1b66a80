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
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/rules"
	"sigs.k8s.io/service-e2e/hack/mutation/internal/world"
)

var update = flag.Bool("update", false, "write the golden files")

// sample is a world with something for every fault: a Service with two ready
// backends and one that is not ready, over both IP families, one without
// endpoints, and the suite's own.
func sample() *world.World {
	w := &world.World{
		External: []string{"172.18.0.3", "fd00:18::3"}, DNS: []string{"10.96.0.10"}, DNSPods: []string{"10.244.3.2"},
		API: []string{"10.96.0.1"}, ServiceCIDRs: []string{"10.96.0.0/16", "fd00:96::/112"},
	}
	for i := 1; i <= 3; i++ {
		w.Nodes = append(w.Nodes, world.Node{
			Name:      fmt.Sprintf("svc-node-%d", i),
			Addresses: []string{fmt.Sprintf("172.18.0.1%d", i), fmt.Sprintf("fd00:18::1%d", i)},
			PodCIDRs:  []string{fmt.Sprintf("10.244.%d.0/24", i), fmt.Sprintf("fd00:244:%d::/64", i)},
		})
	}
	backend := func(i int, ready bool, v6 bool) world.Backend {
		b := world.Backend{Name: fmt.Sprintf("b%d", i), Node: fmt.Sprintf("svc-node-%d", i), Address: fmt.Sprintf("10.244.%d.8", i), Port: 8080, Ready: ready}
		if v6 {
			b.Address = fmt.Sprintf("fd00:244:%d::8", i)
		}
		return b
	}
	port := world.Port{Name: "tcp-80", Protocol: "tcp", Port: 80, NodePort: 30080, Backends: []world.Backend{
		backend(1, true, false), backend(2, true, false), backend(3, false, false), backend(1, true, true),
	}}
	udp := world.Port{Name: "udp-80", Protocol: "udp", Port: 80, NodePort: 30081, Backends: port.Backends[:1]}
	w.Services = []world.Service{
		{Namespace: "clusterip-1", Name: "web", VIPs: []string{"10.96.7.7", "fd00:96::7"}, Affinity: true, Ports: []world.Port{port, udp}},
		{
			Namespace: "nodeport-1", Name: "local", VIPs: []string{"10.96.8.8"}, HealthCheck: 30090,
			InternalLocal: true, ExternalLocal: true,
			Ports: []world.Port{{Protocol: "tcp", Port: 80, NodePort: 30082, Backends: port.Backends[:1]}},
		},
		{Namespace: "service-e2e-x", Name: "bystander", Shared: true, VIPs: []string{"10.96.1.1"}, Ports: []world.Port{
			{Protocol: "tcp", Port: 80, NodePort: 30001, Backends: []world.Backend{{Name: "bystander", Address: "10.244.3.9", Node: "svc-node-3", Port: 8080, Ready: true}}},
		}},
		{Namespace: "service-e2e-x", Name: "empty", Shared: true, VIPs: []string{"10.96.2.2"}, Ports: []world.Port{{Protocol: "tcp", Port: 80, NodePort: 30002}}},
	}
	w.Pods = []world.Pod{{Namespace: "service-e2e-x", Name: "pod-svc-node-2", Node: "svc-node-2", Address: "10.244.2.4", Shared: true}}
	return w
}

// TestRules holds the rules of every fault against a golden file.
func TestRules(t *testing.T) {
	for _, f := range Library() {
		var write func(*world.World) plan
		switch m := f.means().(type) {
		case *ruleMeans:
			write = m.write
		case *dnsMeans:
			write = m.write
		default:
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			w := sample()
			var b strings.Builder
			p := write(w)
			for _, node := range slices.Sorted(maps.Keys(p)) {
				fmt.Fprintf(&b, "# %s\n%s", w.Nodes[node].Name, rules.Script(p[node]))
			}
			if len(p) == 0 {
				t.Error("no rule at all")
			}
			path := filepath.Join("testdata", f.Name+".nft")
			if *update {
				if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := b.String(); got != string(want) {
				t.Errorf("rules differ from %s; look at them after: make update\n%s", path, got)
			}
		})
	}
}

// TestLibrary: what is said about each fault is complete.
func TestLibrary(t *testing.T) {
	names := map[string]bool{}
	bug := regexp.MustCompile(`^[\w.-]+/[\w.-]+#\d+$`)
	for _, f := range Library() {
		if names[f.Name] {
			t.Errorf("two faults are called %s", f.Name)
		}
		names[f.Name] = true
		if f.Title == "" || f.How == "" || len(f.Expect) == 0 {
			t.Errorf("%s lacks a title, a way, or an expectation", f.Name)
		}
		if f.Quick && f.Focus == "" {
			t.Errorf("%s is in the sample, but no spec can notice it", f.Name)
		}
		for _, expression := range []string{f.Focus, f.Upstream} {
			if _, err := regexp.Compile(expression); err != nil {
				t.Errorf("%s: %v", f.Name, err)
			}
		}
		for _, text := range f.Bugs {
			if !bug.MatchString(text) {
				t.Errorf("%s: %q is no bug report", f.Name, text)
			}
		}
		for _, e := range f.Expect {
			if e.Culprit == "" || len(e.Faults) == 0 {
				t.Errorf("%s expects a finding without a culprit or a fault", f.Name)
			}
		}
	}
}

// TestMemory: faults that depend on the past go on with what was there.
func TestMemory(t *testing.T) {
	before, after := sample(), sample()
	after.Services[0].Ports[0].Backends = after.Services[0].Ports[0].Backends[1:2]
	after.Services[0].Affinity = false
	for _, tc := range []struct{ fault, want string }{
		{"backend-removed", "{ 0 : 10.244.1.8 . 8080, 1 : 10.244.2.8 . 8080 }"},
		{"affinity-stuck", "jhash ip saddr"},
	} {
		m := find(t, tc.fault).means().(*ruleMeans)
		m.write(before)
		if script := rules.Script(m.write(after)[node2]); !strings.Contains(script, tc.want) {
			t.Errorf("%s: no %q in\n%s", tc.fault, tc.want, script)
		}
		if script := rules.Script(find(t, tc.fault).means().(*ruleMeans).write(after)[node2]); strings.Contains(script, tc.want) {
			t.Errorf("%s: an injection remembers another one:\n%s", tc.fault, script)
		}
	}
}

// TestOnceProgrammed: kube-proxy is frozen after the sentinel has gone, or when a
// backend is deleted, and not before.
func TestOnceProgrammed(t *testing.T) {
	world := func(sentinels int, terminating bool) *world.World {
		w := sample()
		w.Sentinels = sentinels
		w.Pods = append(w.Pods, world.Pod{Name: "b1", Terminating: terminating})
		return w
	}
	for _, tc := range []struct {
		name      string
		sentinels []int
		deleted   bool
		want      bool
	}{
		{"nothing yet", []int{0, 0}, false, false},
		{"sentinel there", []int{0, 1}, false, false},
		{"sentinel gone", []int{0, 1, 0}, false, true},
		{"backend deleted", []int{0}, true, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			when := onceProgrammed()
			got := false
			for _, n := range tc.sentinels {
				got = when(world(n, tc.deleted))
			}
			if got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func find(t *testing.T, name string) *Fault {
	t.Helper()
	chosen := Select(Library(), regexp.MustCompile("^"+name+"$"), false)
	if len(chosen) != 1 {
		t.Fatalf("%d faults are called %s", len(chosen), name)
	}
	return chosen[0]
}

// TestFocus: the specs that have to notice a fault are there. A run would say so,
// too, after a minute.
func TestFocus(t *testing.T) {
	paths, err := filepath.Glob("../../../../e2e/*.go")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no specs: %v", err)
	}
	var sources strings.Builder
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		sources.Write(raw)
	}
	protocol := regexp.MustCompile(` over (TCP|UDP|\(TCP\|UDP\))`)
	for _, f := range Library() {
		for focus := range strings.SplitSeq(protocol.ReplaceAllString(f.Focus, ""), "|") {
			_, text, found := strings.Cut(focus, "should ")
			if !found || !strings.Contains(sources.String(), "should "+text) {
				t.Errorf("%s: no spec is called %q", f.Name, focus)
			}
		}
	}
}
