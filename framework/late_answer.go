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
	"fmt"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"sigs.k8s.io/service-e2e/matrix"
)

const (
	// lateRequest is the request of [Late].
	lateRequest = "late"
	// latePort is where backends by [Topology.AnswerLate] listen.
	latePort = 9053
	// lateAnswer is how long they take to answer: long enough for every proxy to
	// obey what changes after a question, short enough for many questions.
	lateAnswer = 3 * time.Second
)

// AnswerLate gives a backend one more UDP server, which says who it is after
// three seconds. It is for [BackendSpec].Tweak.
func (t *Topology) AnswerLate(_ *Backend, container *v1.Container) {
	var begin []string
	for _, family := range t.Families {
		listen := fmt.Sprintf("UDP4-RECVFROM:%d", latePort)
		if family == v1.IPv6Protocol {
			listen = fmt.Sprintf("UDP6-RECVFROM:%d,ipv6only=1", latePort)
		}
		// A datagram is all that there is to read; the answer has its time after that.
		begin = append(begin, fmt.Sprintf("socat -t %.0f %s,fork SYSTEM:'sleep %.0f; printenv %s' >/dev/null 2>&1 & ",
			2*lateAnswer.Seconds(), listen, lateAnswer.Seconds(), identityVariable))
	}
	script := &container.Command[2]
	*script = strings.Join(begin, "") + *script
}

// LateServicePort is the port of a Service in front of backends by
// [Topology.AnswerLate].
func LateServicePort() v1.ServicePort {
	return v1.ServicePort{Name: "late", Protocol: v1.ProtocolUDP, Port: 80, TargetPort: intstr.FromInt32(latePort)}
}

// Late turns columns of a [LateServicePort] into ones that wait for the late answer.
func Late(columns []matrix.Column) []matrix.Column {
	return asking(columns, "late %s", lateRequest)
}

// lateTool asks like [fixedPortTool], from a new port each time, and is more patient.
var lateTool = tool{
	command: func(p Probe) string { return askUDP(p, "", lateAnswer+dialTimeout) },
	parse:   fixedPortTool.parse,
}
