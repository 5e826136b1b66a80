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
	"strings"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/test/e2e/framework"
	e2epod "k8s.io/kubernetes/test/e2e/framework/pod"

	"sigs.k8s.io/service-e2e/images"
	"sigs.k8s.io/service-e2e/matrix"
)

const (
	// outOfWindow opens a TCP connection to an [OutOfWindowServer] and waits for
	// the server to close it. The answer is [Kept]; if the connection is broken
	// meanwhile it is T, because nobody closes it any more.
	outOfWindow Request = "outofwindow"
	// outOfWindowPort is where upstream's server listens, over IPv4 only.
	outOfWindowPort = 9000
	// outOfWindowLife is how long it keeps a connection, and a little more, in
	// seconds. A request to a source may not take much longer (see [dialer]).
	outOfWindowLife = 14
)

// Kept is the answer over a connection that has survived.
const Kept = "kept"

// OutOfWindowServer is a TCP server that sends a segment out of the window on
// each of its connections as soon as it stands. Connection tracking calls such a
// segment invalid and does not translate its addresses back; a client that
// receives it nevertheless knows nothing of the connection, and resets it
// (kubernetes/kubernetes#74839). Otherwise the server closes it after 10 seconds.
type OutOfWindowServer struct {
	t    *Topology
	pod  *v1.Pod
	name string
	node Node
}

// CreateOutOfWindowServers starts one on each node, s1 on the first. Each is a
// group of its own name. It needs a namespace that admits raw sockets.
func (t *Topology) CreateOutOfWindowServers(ctx context.Context) []*OutOfWindowServer {
	ginkgo.GinkgoHelper()
	var pods []*v1.Pod
	for i, node := range t.Nodes {
		name := fmt.Sprintf("s%d", i+1)
		pod := pinnedPod(t.f.Namespace.Name, name, node.Name, v1.Container{
			Name: "server", Image: images.OutOfWindow().Name,
			Env: []v1.EnvVar{{Name: "POD_IPS", ValueFrom: &v1.EnvVarSource{
				FieldRef: &v1.ObjectFieldSelector{FieldPath: "status.podIPs"},
			}}},
			SecurityContext: &v1.SecurityContext{Capabilities: &v1.Capabilities{Add: []v1.Capability{"NET_RAW"}}},
			// No readiness probe: it would be one more connection.
		})
		pod.Labels = map[string]string{groupLabel: name}
		pods = append(pods, pod)
	}
	running, err := createPods(ctx, t.f.ClientSet, t.f.Timeouts.PodStart, pods...)
	framework.ExpectNoError(err, "starting servers of segments out of the window")
	var servers []*OutOfWindowServer
	for i, pod := range running {
		servers = append(servers, &OutOfWindowServer{t: t, pod: pod, name: pod.Name, node: t.Nodes[i]})
	}
	return servers
}

// Name is the server's name, and that of its group.
func (s *OutOfWindowServer) Name() string { return s.name }

// Node is where it runs.
func (s *OutOfWindowServer) Node() Node { return s.node }

// OutOfWindowServicePort is the port of a Service in front of one.
func OutOfWindowServicePort() v1.ServicePort {
	return v1.ServicePort{Name: "raw", Protocol: v1.ProtocolTCP, Port: outOfWindowPort, TargetPort: intstr.FromInt32(outOfWindowPort)}
}

// KeepingConnections turns columns into ones that hold a connection to an
// [OutOfWindowServer].
func KeepingConnections(columns []matrix.Column) []matrix.Column {
	return asking(columns, "%s", string(outOfWindow))
}

// Direct returns the column of the server's own address.
func (s *OutOfWindowServer) Direct() []matrix.Column {
	return KeepingConnections([]matrix.Column{{
		Name:     s.name + " podIP/TCP",
		Kind:     matrix.FrontendPod,
		Role:     matrix.RoleSubject,
		Node:     s.node.Name,
		Address:  addressOf(v1.IPv4Protocol, podIPs(s.pod)),
		Port:     outOfWindowPort,
		Protocol: string(v1.ProtocolTCP),
		Family:   string(v1.IPv4Protocol),
	}})
}

// Injected returns on how many connections the server has sent its segment.
func (s *OutOfWindowServer) Injected(ctx context.Context) int {
	ginkgo.GinkgoHelper()
	logs, err := e2epod.GetPodLogs(ctx, s.t.f.ClientSet, s.pod.Namespace, s.pod.Name, "server")
	framework.ExpectNoError(err, "reading the log of %s", s.name)
	return strings.Count(logs, "boom packet injected")
}

// outOfWindowTool connects with bash, all tries at the same time, and prints a line
// for each. End of file is the server's own close.
var outOfWindowTool = tool{
	command: func(p Probe) string {
		hold := fmt.Sprintf("timeout %d bash -c ", outOfWindowLife) +
			quoted(fmt.Sprintf("exec 3<>/dev/tcp/%s/%d || exit 7; read -r -u 3; exit $?", p.Address, p.Port))
		return fmt.Sprintf("i=0; while [ $i -lt %d ]; do i=$((i+1)); (out=$(%s 2>&1); echo $? $out) & done; wait", max(1, p.Tries), hold)
	},
	parseAll: func(_ Probe, output string) matrix.Observation {
		var seen matrix.Observation
		for line := range strings.Lines(output) {
			exitCode, complaint, _ := strings.Cut(strings.TrimSpace(line), " ")
			seen = seen.Merge(heldConnection(exitCode, complaint))
		}
		return seen
	},
}

// heldConnection returns what became of a connection by the exit code of bash and
// what it complains of.
func heldConnection(exitCode, complaint string) matrix.Observation {
	switch {
	case exitCode == "1" && complaint == "":
		return answered(Kept, 1)
	case exitCode == "1" || exitCode == "7":
		return failed(classifyError(strings.ToLower(complaint)), 1, shorten(complaint))
	case exitCode == "124" || exitCode == "143":
		return failed(matrix.TimedOut, 1, "the server has not closed the connection in time")
	default:
		return failed(matrix.Error, 1, "bash: "+shorten(complaint))
	}
}
