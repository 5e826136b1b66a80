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
	"errors"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/rules"
	"sigs.k8s.io/service-e2e/hack/mutation/internal/world"
)

// podMeans are rules in the network namespaces of pods, which go away with the
// pods.
type podMeans struct {
	choose func(*world.World) []world.Pod
	rules  []rules.Rule
	// done are the pods that have the rules, or had them.
	done []world.Pod
}

// inPods makes a fault of rules in some pods.
func inPods(choose func(*world.World) []world.Pod, r ...rules.Rule) func() means {
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

// run runs a command in the network namespace of a pod. That the pod is gone is
// no error.
func (m *podMeans) run(ctx context.Context, hosts *Hosts, pod world.Pod, input string, command ...string) (string, error) {
	out, err := hosts.Run(ctx, pod.Node, input, append([]string{"sh", "-c", inNamespace, "sh", pod.Address}, command...)...)
	if exitCode(err) == noSuchPod {
		return "", nil
	}
	return out, err
}

func (m *podMeans) apply(ctx context.Context, hosts *Hosts, w *world.World) error {
	for _, pod := range m.choose(w) {
		if slices.Contains(m.done, pod) || pod.Terminating {
			continue
		}
		m.done = append(m.done, pod)
		if _, err := m.run(ctx, hosts, pod, rules.Script(m.rules), "nft", "-f", "-"); err != nil {
			return err
		}
	}
	return nil
}

// verify knows of nothing but that there was a pod: after the run it is gone, and
// the counters with it.
func (m *podMeans) verify(context.Context, *Hosts) error {
	if len(m.done) == 0 {
		return errors.New("there was no such pod")
	}
	return nil
}

func (m *podMeans) remove(ctx context.Context, hosts *Hosts) error {
	var errs []error
	for _, pod := range m.done {
		_, err := m.run(ctx, hosts, pod, rules.Clear(), "nft", "-f", "-")
		if err == nil {
			var tables string
			tables, err = m.run(ctx, hosts, pod, "", "nft", "list", "tables")
			if err == nil && strings.Contains(tables, rules.Table) {
				err = fmt.Errorf("in pod %s/%s: table %s is still there", pod.Namespace, pod.Name, rules.Table)
			}
		}
		errs = append(errs, err)
	}
	m.done = nil
	return errors.Join(errs...)
}

// firstBackends returns the first backend of each spec.
func firstBackends(w *world.World) []world.Pod {
	var victims []world.Pod
	seen := map[string]bool{}
	each(w.Subjects(), func(s world.Service, port world.Port) {
		for _, b := range port.Backends {
			at := slices.IndexFunc(w.Pods, func(p world.Pod) bool { return p.Namespace == s.Namespace && p.Name == b.Name })
			if b.Ready && at >= 0 && !seen[s.Namespace] {
				seen[s.Namespace] = true
				victims = append(victims, w.Pods[at])
			}
		}
	})
	return victims
}
