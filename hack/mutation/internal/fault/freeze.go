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
	"context"
	"fmt"
	"strings"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/world"
)

// freezeMeans stops kube-proxy of one node without ending it: what it has
// programmed goes on working, and nothing new is.
type freezeMeans struct {
	node int
	// when tells whether the time has come; it sees every world.
	when func(*world.World) bool
	// name of the node, once it is frozen.
	frozen string
}

// frozenProxy makes a fault of a frozen kube-proxy.
func frozenProxy(node int, begin func() func(*world.World) bool) func() means {
	return func() means { return &freezeMeans{node: node, when: begin()} }
}

const (
	kubeProxyPID  = "$(cat /run/service-e2e/kube-proxy.pid)"
	freezeScript  = "kill -STOP " + kubeProxyPID
	thawScript    = "kill -CONT " + kubeProxyPID
	stateOfScript = "sed 's/.*) //; s/ .*//' /proc/" + kubeProxyPID + "/stat"
)

func (m *freezeMeans) apply(ctx context.Context, hosts *Hosts, w *world.World) error {
	if !m.when(w) || m.frozen != "" || m.node >= len(w.Nodes) {
		return nil
	}
	m.frozen = w.Nodes[m.node].Name
	_, err := hosts.Run(ctx, m.frozen, "", "sh", "-c", freezeScript)
	return err
}

func (m *freezeMeans) verify(ctx context.Context, hosts *Hosts) error {
	if m.frozen == "" {
		return fmt.Errorf("the time to freeze kube-proxy never came")
	}
	return m.expect(ctx, hosts, "T")
}

func (m *freezeMeans) remove(ctx context.Context, hosts *Hosts) error {
	if m.frozen == "" {
		return nil
	}
	if _, err := hosts.Run(ctx, m.frozen, "", "sh", "-c", thawScript); err != nil {
		return err
	}
	return m.expect(ctx, hosts, "SR")
}

// expect fails unless kube-proxy is in one of the states, in the letters of
// proc(5).
func (m *freezeMeans) expect(ctx context.Context, hosts *Hosts, states string) error {
	out, err := hosts.Run(ctx, m.frozen, "", "sh", "-c", stateOfScript)
	if err != nil {
		return err
	}
	if state := strings.TrimSpace(out); state == "" || !strings.Contains(states, state) {
		return fmt.Errorf("kube-proxy of %s is in state %q, want one of %q", m.frozen, state, states)
	}
	return nil
}
