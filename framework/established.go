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
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/service-e2e/matrix"
)

// establishedRequest is the word that requests by [Established] begin with.
const establishedRequest = "established"

// Established turns TCP columns into ones that ask twice over one connection, with
// a pause in between in which something may change. A try is answered if both
// answers are by the same backend.
func Established(columns []matrix.Column, pause time.Duration) []matrix.Column {
	return asking(columns, "established %s", fmt.Sprintf("%s:%.0f", establishedRequest, pause.Seconds()))
}

// establishedTool asks with bash alone, which begins an answer's last line anew
// for each of both. curl has no pause between two requests.
var establishedTool = tool{
	command: func(p Probe) string {
		_, pause, _ := strings.Cut(string(p.Request), ":")
		const ask = `ask() { printf 'GET /envvar?var=%s HTTP/1.1\r\nHost: service\r\n\r\n' >&3; size=0; ` +
			`while IFS=': ' read -r -t %.0f -u 3 field value; do value=${value%%$'\r'}; ` +
			`case $field in [Cc]ontent-[Ll]ength) size=$value;; $'\r') break;; esac; done; ` +
			`IFS= read -r -t %.0f -N "$size" -u 3 answer && echo "$answer"; }`
		wait := dialTimeout.Seconds()
		return "bash --norc -c " + quoted(fmt.Sprintf(ask+"; exec 3<>/dev/tcp/%s/%d || exit 1; ask; sleep %s; ask",
			identityVariable, wait, wait, p.Address, p.Port, pause)) + " 2>&1"
	},
	parse: func(output, exitCode string) matrix.Observation {
		answers := strings.Fields(output)
		switch outcome := classifyError(strings.ToLower(output)); {
		case exitCode == "0" && len(answers) == 2 && answers[0] == answers[1]:
			return answered(answers[0], 1)
		case exitCode == "0" && len(answers) == 2:
			return answered(shorten(strings.Join(answers, " then ")), 1)
		case exitCode != "0" && outcome != matrix.Error:
			return failed(outcome, 1, shorten(output))
		default:
			return failed(matrix.TimedOut, 1, "one connection, "+strconv.Itoa(len(answers))+" of 2 answers: "+shorten(output))
		}
	},
}
