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
	"math/rand/v2"
	"net"
	"strconv"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"

	"sigs.k8s.io/service-e2e/matrix"
)

// fixedPortRequest is the word that requests by [Topology.FixedPort] begin with.
const fixedPortRequest = matrix.RequestFlow

// The source ports of FixedPort: below those that [HostPorts] and kernels choose,
// and above those on which components of Kubernetes listen.
const (
	firstSourcePort = 12000
	sourcePorts     = 8000
)

// FixedPort turns UDP columns into ones that ask who the backend is from one and
// the same source port each time. To the nodes between, all tries of such a cell
// are one flow: what their connection tracking remembers of it decides where the
// next try goes, whatever has become of the Service since.
//
// Each call chooses ports of its own. A column is not for two checks or streams
// at a time, for they would take each other's answers.
func (t *Topology) FixedPort(columns []matrix.Column) []matrix.Column {
	if t.nextSourcePort == 0 {
		// Host-network clients are shared with specs that run side by side.
		t.nextSourcePort = rand.IntN(sourcePorts)
	}
	t.flowSets++
	var fixed []matrix.Column
	for _, column := range columns {
		column.Name = fmt.Sprintf("flow%d %s", t.flowSets, column.Name)
		column.Request = fmt.Sprintf("%s:%d", fixedPortRequest, firstSourcePort+t.nextSourcePort%sourcePorts)
		t.nextSourcePort++
		fixed = append(fixed, column)
	}
	return fixed
}

// hasFixedPort tells whether a column is by [Topology.FixedPort].
func hasFixedPort(column matrix.Column) bool {
	return column.Flow()
}

// silence is what the tool says of a try that nobody answers. Whether socat hears
// of the exit code behind it is a matter of luck.
const silence = "no answer"

// fixedPortTool asks with socat. There is no reuseaddr: a try whose port is still in
// use, by one that was given up, waits for it.
var fixedPortTool = tool{
	command: func(p Probe) string {
		_, sourcePort, _ := strings.Cut(string(p.Request), ":")
		return askUDP(p, ",sourceport="+sourcePort, dialTimeout)
	},
	parse: func(output, exitCode string) matrix.Observation {
		// An error ends the wait for an answer too.
		switch outcome := classifyError(strings.ToLower(output)); {
		case exitCode != "0" && outcome != matrix.Error:
			return failed(outcome, 1, shorten(output))
		case strings.Contains(output, silence):
			return failed(matrix.TimedOut, 1, silence)
		case exitCode != "0":
			return failed(matrix.Error, 1, shorten(output))
		default:
			return answered(shorten(output), 1)
		}
	},
}

// askUDP is a command that asks who the backend is, with options of socat for the
// socket. bash waits for the answer: a command that limits the time of another one
// may end it while the answer lies there.
func askUDP(p Probe, options string, patience time.Duration) string {
	version := 4
	if ipFamily(p.Address) == v1.IPv6Protocol {
		version = 6
	}
	// The answer has no end of line: its first character is waited for, and all
	// others are there then.
	ask := fmt.Sprintf(`printf "envvar %s"; if IFS= read -r -N 1 -t %.0f first; then echo "$first$(dd bs=4096 count=1 2>/dev/null)" >&2; else echo %s >&2; fi`,
		identityVariable, patience.Seconds(), silence)
	// socat has its own idea of quotes; and bash reads its start-up file when its
	// input is a socket, for it might be a remote shell.
	return fmt.Sprintf(`export ask=%s; for turn in 1 2 3 4 5 6 7 8 9 10; do out=$(socat -t0 UDP%d:%s%s SYSTEM:'eval $ask' 2>&1); code=$?; `+
		`case $out in *"already in use"*) sleep 0.5;; *) break;; esac; done; echo "$out"; (exit $code)`,
		quoted("exec bash --norc -c "+quoted(ask)), version, net.JoinHostPort(p.Address, strconv.Itoa(p.Port)), options)
}
