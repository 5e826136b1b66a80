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

package trial

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// restoreTimeout is how long a cluster may take to be as it was before: until
// the namespaces of a run are gone, and what the proxies have programmed for
// them.
const restoreTimeout = 90 * time.Second

// runLabel is on every namespace of a run of the suite.
const runLabel = "service-e2e.sigs.k8s.io/run"

// dumpScript prints all of a node's state that faults could have changed.
const dumpScript = `
nft -s list ruleset
iptables-save
ip6tables-save
ip rule; ip -6 rule
ip route; ip -6 route
for service in kube-proxy kubelet containerd; do
	echo "$service is $(sed 's/.*) //; s/ .*//; s/[RD]/S/' "/proc/$(cat /run/service-e2e/$service.pid)/stat")"
done
`

// emptyChain is a chain without rules, as nft lists it. kube-proxy empties the
// chains of what is gone, and removes them the next time something changes.
var emptyChain = regexp.MustCompile(`(?m)^\s*chain \S+ \{\n\s*\}\n`)

// state is what there is on each node, and the settings of the cluster's DNS.
type state map[string][]string

// readState reads the state of a cluster.
func readState(ctx context.Context, c *cluster) (state, error) {
	list, err := c.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing nodes: %w", err)
	}
	s := state{}
	for _, node := range list.Items {
		out, err := c.hosts.Run(ctx, node.Name, "", "sh", "-c", dumpScript)
		if err != nil {
			return nil, err
		}
		s[node.Name] = normalised(out)
	}
	settings, err := c.client.CoreV1().ConfigMaps(metav1.NamespaceSystem).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing ConfigMaps: %w", err)
	}
	for _, settings := range settings.Items {
		for key, value := range settings.Data {
			s["ConfigMap "+settings.Name+" "+key] = normalised(value)
		}
	}
	return s, nil
}

// normalised returns the lines of a dump without what changes by itself. They
// are sorted, because Services are programmed in no order.
func normalised(dump string) []string {
	var lines []string
	dump = emptyChain.ReplaceAllString(dump, "")
	for line := range strings.Lines(dump) {
		line = strings.TrimSpace(line)
		if strings.Contains(line, " dev cni0") || strings.Contains(line, " dev veth") {
			continue // routes that come with the first pod, and with each
		}
		if name, counters, found := strings.Cut(line, " ["); found && strings.HasPrefix(line, ":") && strings.HasSuffix(counters, "]") {
			line = name // an iptables chain and its counters
		}
		if line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return lines
}

// difference returns a line that only one of the states has; "" if they are the
// same.
func (s state) difference(other state) string {
	for _, where := range slices.Sorted(maps2(s, other)) {
		a, b := s[where], other[where]
		for i := range max(len(a), len(b)) {
			switch {
			case i >= len(b) || i < len(a) && a[i] < b[i]:
				return fmt.Sprintf("%s lacks %q", where, a[i])
			case i >= len(a) || a[i] > b[i]:
				return fmt.Sprintf("%s has %q", where, b[i])
			}
		}
	}
	return ""
}

// maps2 iterates over the keys of both states.
func maps2(a, b state) func(func(string) bool) {
	return func(yield func(string) bool) {
		for key := range a {
			if !yield(key) {
				return
			}
		}
		for key := range b {
			if _, both := a[key]; !both && !yield(key) {
				return
			}
		}
	}
}

// awaitNoNamespaces waits until no namespace is left that has the label.
func awaitNoNamespaces(ctx context.Context, c *cluster, label string, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for {
		list, err := c.client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: label})
		if err != nil {
			return fmt.Errorf("listing namespaces of earlier runs: %w", err)
		}
		if len(list.Items) == 0 {
			return nil
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return fmt.Errorf("cluster %s: %d namespaces of earlier runs are still there", c.name, len(list.Items))
		}
	}
}

// settledState waits until nothing is left of earlier runs, and returns the state
// in which the cluster is then.
func settledState(ctx context.Context, c *cluster) (state, error) {
	ctx, cancel := context.WithTimeout(ctx, restoreTimeout)
	defer cancel()
	var last state
	for {
		namespaces, err := c.client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: runLabel})
		if err != nil {
			return nil, fmt.Errorf("listing namespaces of earlier runs: %w", err)
		}
		now, err := readState(ctx, c)
		if err != nil {
			return nil, err
		}
		if last != nil && len(namespaces.Items) == 0 && last.difference(now) == "" {
			return now, nil
		}
		last = now
		select {
		case <-time.After(2 * time.Second):
		case <-ctx.Done():
			return nil, fmt.Errorf("cluster %s does not settle: %d namespaces of earlier runs are there", c.name, len(namespaces.Items))
		}
	}
}

// awaitState waits until the cluster is again as it was.
func awaitState(ctx context.Context, c *cluster, before state) error {
	ctx, cancel := context.WithTimeout(ctx, restoreTimeout)
	defer cancel()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	difference := "nothing is known of it"
	for {
		now, err := readState(ctx, c)
		if err == nil {
			if difference = before.difference(now); difference == "" {
				return nil
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("the state of cluster %s is not what it was: %s", c.name, difference)
		}
	}
}
