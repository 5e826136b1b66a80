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
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/onsi/ginkgo/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/test/e2e/framework"
	e2eskipper "k8s.io/kubernetes/test/e2e/framework/skipper"
)

// longestFreeze is how long a process stays frozen at most, should nobody be
// left to thaw it.
const longestFreeze = 5 * time.Minute

// Process is a program of the cluster on some hosts, whoever keeps it running:
// the kubelet, systemd, or whatever else. It is known by its name.
type Process struct {
	command string
	hosts   []host
	frozen  bool
}

// KubeProxies returns kube-proxy on nodes. It skips the spec if that is not what
// serves Services there.
func (t *Topology) KubeProxies(ctx context.Context, nodes ...Node) *Process {
	ginkgo.GinkgoHelper()
	var names []string
	for _, node := range nodes {
		names = append(names, node.Name)
	}
	p := &Process{command: "kube-proxy", hosts: t.hosts(ctx, names...)}
	for _, host := range p.hosts {
		if _, err := host.run(ctx, p.find()); err != nil {
			e2eskipper.Skipf("needs kube-proxy, and there is no process of that name on %s", host.name())
		}
	}
	t.proxies = append(t.proxies, p)
	return p
}

// proxyFrozen tells whether the spec keeps kube-proxy of a node from its work.
func (t *Topology) proxyFrozen(node string) bool {
	return slices.ContainsFunc(t.proxies, func(p *Process) bool {
		return p.frozen && slices.ContainsFunc(p.hosts, func(h host) bool { return h.name() == node })
	})
}

// APIServers returns kube-apiserver wherever it runs: in pods, or where the
// kubeconfig says. It skips the spec if neither is known, as with a control
// plane that somebody else hosts.
func (t *Topology) APIServers(ctx context.Context) *Process {
	ginkgo.GinkgoHelper()
	const command = "kube-apiserver"
	pods, err := t.f.ClientSet.CoreV1().Pods(metav1.NamespaceSystem).List(ctx, metav1.ListOptions{LabelSelector: "component=" + command})
	framework.ExpectNoError(err, "looking for pods of "+command)
	var nodes []string
	for _, pod := range pods.Items {
		nodes = append(nodes, pod.Spec.NodeName)
	}
	extension := clusterExtension()
	switch {
	case len(nodes) > 0:
		return &Process{command: command, hosts: t.hosts(ctx, nodes...)}
	case extension.APIServerHost != "" && extension.NodeExec != "":
		return &Process{command: command, hosts: []host{commandHost{extension.NodeExec, extension.APIServerHost}}}
	default:
		e2eskipper.Skipf("needs to know where %s runs: it is in no pod of namespace %s, and the kubeconfig does not tell", command, metav1.NamespaceSystem)
		return nil
	}
}

// find is a script that sets pids to the processes, and fails if there are none.
func (p *Process) find() string {
	return fmt.Sprintf(`find() { grep -lx %s /proc/[0-9]*/comm 2>/dev/null | cut -d/ -f3 | sort -n | tr '\n' ' '; }; pids=$(find); [ -n "$pids" ]`, p.command)
}

// onAll runs a script on all hosts at the same time.
func (p *Process) onAll(ctx context.Context, what, script string) {
	ginkgo.GinkgoHelper()
	ginkgo.By(fmt.Sprintf("%s %s on %d hosts", what, p.command, len(p.hosts)))
	errs := make([]error, len(p.hosts))
	var wg sync.WaitGroup
	for i, host := range p.hosts {
		wg.Go(func() { _, errs[i] = host.run(ctx, p.find()+" && "+script) })
	}
	wg.Wait()
	for _, err := range errs {
		framework.ExpectNoError(err, "%s %s", what, p.command)
	}
}

// detached makes a script go on after the shell that has begun it has ended.
func detached(script string) string {
	return "{ (" + script + ") </dev/null >/dev/null 2>&1 & }"
}

// Freeze stops the processes where they are: they do nothing and answer nothing,
// and nobody replaces them. They go on when the spec ends, at the latest.
func (p *Process) Freeze(ctx context.Context) {
	ginkgo.GinkgoHelper()
	p.frozen = true
	p.onAll(ctx, "freezing", "kill -STOP $pids && "+detached(fmt.Sprintf("sleep %.0f; kill -CONT $pids", longestFreeze.Seconds())))
	ginkgo.DeferCleanup(p.Thaw)
}

// Thaw lets frozen processes go on.
func (p *Process) Thaw(ctx context.Context) {
	ginkgo.GinkgoHelper()
	p.onAll(ctx, "thawing", "kill -CONT $pids")
	p.frozen = false
}

// awaitNew is a script that waits until other processes run than those of pids.
const awaitNew = `i=0; while now=$(find); [ -z "$now" ] || [ "$now" = "$pids" ]; do i=$((i+1)); [ $i -lt 600 ] || exit 1; sleep 0.2; done`

// Restart kills the processes, frozen or not, and waits until whoever keeps them
// running has started others. Those may need a while to do their work.
func (p *Process) Restart(ctx context.Context) {
	ginkgo.GinkgoHelper()
	p.onAll(ctx, "restarting", "kill -KILL $pids && "+awaitNew)
	p.frozen = false
}

// Outage freezes the processes for a while and then kills them. It returns at
// once, and happens by itself: for what is in the way to the hosts.
func (p *Process) Outage(ctx context.Context, duration time.Duration) {
	ginkgo.GinkgoHelper()
	// The answer to this command is to come through first.
	p.onAll(ctx, "interrupting", detached(fmt.Sprintf("sleep 1; kill -STOP $pids; sleep %.0f; kill -KILL $pids", duration.Seconds())))
}

// apiAnswers tells whether the API server is ready.
func (t *Topology) apiAnswers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	body, err := t.f.ClientSet.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
	return err == nil && strings.TrimSpace(string(body)) == "ok"
}

// AwaitAPI waits until the API server answers, or no longer does.
func (t *Topology) AwaitAPI(ctx context.Context, answers bool) {
	ginkgo.GinkgoHelper()
	what := "the API server to answer"
	if !answers {
		what = "the API server to answer no more"
	}
	await(ctx, what, Timeouts.Restart, func() []string {
		if now := t.apiAnswers(ctx); now != answers {
			return []string{fmt.Sprintf("it answers: %v", now)}
		}
		return nil
	})
}

// flushRules removes all that kube-proxy has set up on its node, with the tools that
// kube-proxy itself has, else the node's.
const flushRules = `flushed=
for pid in $(find) 1; do
  in="nsenter -t $pid -m -n --"
  for family in ip ip6; do
    if $in nft list table $family kube-proxy >/dev/null 2>&1; then
      $in nft delete table $family kube-proxy && flushed=yes
    fi
  done
  for tables in iptables ip6tables; do
    if $in $tables-save 2>/dev/null | grep -q '^:KUBE-SERVICES'; then
      $in $tables-save | grep -v KUBE- | $in $tables-restore && flushed=yes
    fi
  done
  [ -z "$flushed" ] || break
done
[ -n "$flushed" ]`

// FlushRules removes all rules of kube-proxy from its nodes.
func (p *Process) FlushRules(ctx context.Context) {
	ginkgo.GinkgoHelper()
	p.onAll(ctx, "flushing the rules of", flushRules)
}

// AwaitPods waits until all pods of nodes, whoever they belong to, are ready.
func (t *Topology) AwaitPods(ctx context.Context, nodes ...Node) {
	ginkgo.GinkgoHelper()
	for _, node := range nodes {
		await(ctx, "the pods on "+node.Name+" to be ready", t.f.Timeouts.PodStart, func() []string {
			list, err := t.f.ClientSet.CoreV1().Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{FieldSelector: "spec.nodeName=" + node.Name})
			if err != nil {
				return []string{err.Error()}
			}
			var waiting []string
			for i := range list.Items {
				pod := &list.Items[i]
				if !podutil.IsPodTerminal(pod) && pod.DeletionTimestamp == nil && !podReady(pod) {
					waiting = append(waiting, fmt.Sprintf("%s/%s: %s", pod.Namespace, pod.Name, podState(pod)))
				}
			}
			return waiting
		})
	}
}
