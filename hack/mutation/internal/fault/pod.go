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

	"sigs.k8s.io/service-e2e/hack/mutation/internal/rules"
	"sigs.k8s.io/service-e2e/hack/mutation/internal/world"
)

// podMeans are rules in the network namespace of one pod, which goes away with
// the pod.
type podMeans struct {
	choose func(*world.World) (world.Pod, bool)
	rules  []rules.Rule
	pod    world.Pod
}

// inPod makes a fault of rules in a pod.
func inPod(choose func(*world.World) (world.Pod, bool), r ...rules.Rule) func() means {
	return func() means { return &podMeans{choose: choose, rules: r} }
}

// inNamespace runs a command in the network namespace of the pod that has the
// address $1. The exit code 3 says that there is no such pod.
const inNamespace = `
address=$1; shift
for namespace in /run/netns/*; do
	if nsenter --net="$namespace" ip -o addr show | grep -qF " $address/"; then
		exec nsenter --net="$namespace" "$@"
	fi
done
exit 3
`

const noSuchPod = 3

func (m *podMeans) run(ctx context.Context, hosts *Hosts, input string, command ...string) (string, error) {
	return hosts.Run(ctx, m.pod.Node, input, append([]string{"sh", "-c", inNamespace, "sh", m.pod.Address}, command...)...)
}

func (m *podMeans) apply(ctx context.Context, hosts *Hosts, w *world.World) error {
	pod, found := m.choose(w)
	if !found || pod == m.pod {
		return nil
	}
	m.pod = pod
	_, err := m.run(ctx, hosts, rules.Script(m.rules), "nft", "-f", "-")
	if exitCode(err) == noSuchPod {
		return nil // has gone meanwhile
	}
	return err
}

// verify knows of nothing but that the pod was found: after the run it is gone,
// and the counters with it.
func (m *podMeans) verify(context.Context, *Hosts) error {
	if m.pod == (world.Pod{}) {
		return fmt.Errorf("the pod was never there")
	}
	return nil
}

func (m *podMeans) remove(ctx context.Context, hosts *Hosts) error {
	if m.pod == (world.Pod{}) {
		return nil
	}
	_, err := m.run(ctx, hosts, rules.Clear(), "nft", "-f", "-")
	if exitCode(err) == noSuchPod {
		return nil
	}
	if err != nil {
		return err
	}
	tables, err := m.run(ctx, hosts, "", "nft", "list", "tables")
	if err == nil && strings.Contains(tables, rules.Table) {
		return fmt.Errorf("in pod %s/%s: table %s is still there", m.pod.Namespace, m.pod.Name, rules.Table)
	}
	if exitCode(err) == noSuchPod {
		return nil
	}
	return err
}
