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
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/service-e2e/matrix"
)

const (
	// batchSize bounds the probes of one request. Linux takes command lines of
	// 128 KiB, of which a probe takes 1 KiB at most.
	batchSize = 32
	// batchPatience is how long one probe of a batch may take, all its tries
	// together. It is generous: what takes longer is asked for again.
	batchPatience = 3 * time.Second
	// statusMark precedes the HTTP status of a probe in the output of a batch.
	statusMark = "\nstatus "
)

// batchable tells whether a request can be made along with others: it must be over
// soon, and do no harm if it is made twice.
func batchable(request Request) bool {
	if tool := toolOf(request); tool != nil {
		return tool.quick
	}
	return sizeOf(request) == 0
}

// ProbeAll makes the tries of several probes in one request: the way to the source
// leads through the API server and costs more than a dozen tries. A shell of the
// source asks the source itself, over its loopback interface, for one probe after
// the other.
func (d *dialer) ProbeAll(ctx context.Context, probes []Probe) ([]matrix.Observation, error) {
	if d.local == "" {
		return nil, ctx.Err()
	}
	limit := time.Duration(len(probes)) * batchPatience
	status, body, err := d.get(ctx, shellURL(d.base, d.batchScript(probes)), limit)
	if err != nil {
		return nil, ctx.Err() // each probe by itself will tell what the matter is
	}
	reply, err := parseShellReply(status, body)
	if err != nil {
		return nil, ctx.Err()
	}
	return d.parseBatch(probes, reply.Output), ctx.Err()
}

// batchScript returns the command that makes all probes, and stops at the first
// that takes too long.
func (d *dialer) batchScript(probes []Probe) string {
	words := []string{fmt.Sprintf(`curl -s --fail-early --noproxy '*' -m %d -w '%s%%{http_code}\n'`,
		int(batchPatience.Seconds()), strings.ReplaceAll(statusMark, "\n", `\n`))}
	for _, p := range probes {
		words = append(words, quoted(ProbeURL(d.local, p)))
	}
	return strings.Join(words, " ")
}

// parseBatch reads the output of a batch up to the first probe that did not end.
func (d *dialer) parseBatch(probes []Probe, output string) []matrix.Observation {
	var seen []matrix.Observation
	for _, p := range probes {
		body, rest, ok := strings.Cut(output, statusMark)
		if !ok {
			break
		}
		var code string
		code, output, _ = strings.Cut(rest, "\n")
		status, err := strconv.Atoi(code)
		if err != nil || status == 0 {
			break
		}
		seen = append(seen, parseReply(p, status, []byte(body)))
	}
	return seen
}
