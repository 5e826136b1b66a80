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
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"

	"sigs.k8s.io/service-e2e/matrix"
)

const (
	// dialTimeout is agnhost's own fixed time limit of one try of /dial.
	dialTimeout = 5 * time.Second
	// tunnelAttempts bounds how often one request to a source is sent. The
	// connection behind it may have been closed while it was idle, by the
	// kubelet or by a proxy before the API server; a second failure is no
	// coincidence, a third one settles it.
	tunnelAttempts = 3
	// unidentified is the responder of a try that agnhost counted as good
	// without telling who answered.
	unidentified = matrix.Unidentified
	// maxAnswer limits how much of an answer goes into a table: a foreign
	// server may answer with a whole page.
	maxAnswer = 60
)

// ProbeURL returns the URL on which an agnhost netexec server at base makes the
// probe p.
func ProbeURL(base string, p Probe) string {
	if tool := toolOf(p.Request); tool != nil {
		return shellURL(base, tool.script(p))
	}
	return DialURL(base, p)
}

// DialURL returns the URL on which an agnhost netexec server at base makes
// the probe p. It is all that is needed to repeat a probe by hand.
func DialURL(base string, p Probe) string {
	if sizeOf(p.Request) > 0 {
		return sizedDialURL(base, p)
	}
	request := string(p.Request)
	if p.Request == WhoAreYou {
		// The path of an HTTP request, the whole of a datagram.
		request = "envvar " + identityVariable
		if dialProtocol(p.Protocol) == "http" {
			request = "envvar?var=" + identityVariable
		}
	}
	return dialURL(base, p, request)
}

// dialURL returns the URL of agnhost's /dial for a request.
func dialURL(base string, p Probe, request string) string {
	query := url.Values{}
	query.Set("host", p.Address)
	query.Set("port", strconv.Itoa(p.Port))
	query.Set("protocol", dialProtocol(p.Protocol))
	query.Set("request", request)
	query.Set("tries", strconv.Itoa(p.Tries))
	return base + "/dial?" + query.Encode()
}

// dialProtocol returns the word that /dial knows a protocol by.
func dialProtocol(protocol v1.Protocol) string {
	if protocol == v1.ProtocolTCP || protocol == "" {
		return "http"
	}
	return strings.ToLower(string(protocol))
}

// dialer asks one source, an agnhost netexec server, to make probes.
type dialer struct {
	base   string
	client *http.Client
	// pipelines are for several probes at once; nil makes none.
	pipelines *pipelines
	// hangs is told of a request that has got no answer in time; it may be nil.
	hangs func(since time.Time)
}

// Probe asks the source for p.Tries tries, in one request if agnhost can do so.
// It fails only when ctx ends.
func (d *dialer) Probe(ctx context.Context, p Probe) (matrix.Observation, error) {
	// The request is sent again if the way to the source turns out to be broken.
	url := ProbeURL(d.base, p)
	var lastErr error
	for range tunnelAttempts {
		begun := time.Now()
		status, body, err := d.get(ctx, url, p.duration())
		if ctx.Err() != nil {
			return matrix.Observation{}, ctx.Err()
		}
		if err != nil {
			lastErr = err
			if errors.Is(err, context.DeadlineExceeded) && d.hangs != nil {
				d.hangs(begun)
			}
			continue
		}
		return parseReply(p, status, body), nil
	}
	return failed(matrix.Error, p.Tries, fmt.Sprintf("no way to the source %s: %v", p.Source, lastErr)), nil
}

// duration is how long the tries of a probe may take.
func (p Probe) duration() time.Duration { return time.Duration(p.Tries) * dialTimeout }

// get returns status and body of one GET request. The time that the tries may
// take is known, so whatever takes much longer is a hanging tunnel.
func (d *dialer) get(ctx context.Context, url string, expected time.Duration) (int, []byte, error) {
	ctx, cancel := context.WithTimeout(ctx, expected+Timeouts.TunnelSlack)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, nil, err
	}
	response, err := d.client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, body, err
}

// parseReply turns the reply to a probe into an observation of exactly p.Tries tries.
func parseReply(p Probe, status int, body []byte) matrix.Observation {
	if tool := toolOf(p.Request); tool != nil {
		return tool.parseReply(p, status, body)
	}
	return parseDialReply(p, status, body)
}

// parseDialReply turns the reply of agnhost's /dial into an observation of
// exactly p.Tries tries, whatever the reply contains.
func parseDialReply(p Probe, status int, body []byte) matrix.Observation {
	if status != http.StatusOK {
		// agnhost resolves the name itself, before the first try.
		text := strings.TrimSpace(string(body))
		if status == http.StatusBadRequest && strings.Contains(text, "lookup ") {
			return failed(classifyError(text), p.Tries, text)
		}
		return failed(matrix.Error, p.Tries, fmt.Sprintf("agnhost replied %d: %s", status, shorten(text)))
	}
	var reply struct {
		Responses []string `json:"responses"`
		Errors    []string `json:"errors"`
	}
	if err := json.Unmarshal(body, &reply); err != nil {
		return failed(matrix.Error, p.Tries, fmt.Sprintf("malformed reply of agnhost: %v: %s", err, shorten(string(body))))
	}
	var seen matrix.Observation
	for _, response := range reply.Responses {
		if size := sizeOf(p.Request); size > 0 {
			response = unpadded(response, size, p.Protocol)
		}
		seen = seen.Merge(answered(shorten(strings.TrimSpace(response)), 1))
	}
	for _, text := range reply.Errors {
		if strings.Contains(text, "err:'<nil>'") {
			// An empty datagram is an answer, of somebody unknown.
			seen = seen.Merge(answered(unidentified, 1))
			continue
		}
		seen = seen.Merge(failed(classifyError(text), 1, text))
	}
	switch missing := p.Tries - seen.Tries(); {
	case missing > 0 && len(reply.Responses) == 0:
		// agnhost leaves out all responses when the last try failed or got
		// an empty answer. These tries were answered, by somebody.
		seen = seen.Merge(answered(unidentified, missing))
	case missing != 0:
		return failed(matrix.Error, p.Tries, fmt.Sprintf("agnhost reported %d tries of %d", seen.Tries(), p.Tries))
	}
	return seen
}

func answered(by string, tries int) matrix.Observation {
	if by == "" {
		by = unidentified
	}
	return matrix.Observation{Answers: map[string]int{by: tries}}
}

func failed(outcome matrix.Outcome, tries int, text string) matrix.Observation {
	return matrix.Observation{Outcomes: map[matrix.Outcome]int{outcome: tries}, LastError: text}
}

// shorten cuts an answer to one short line of printable characters.
func shorten(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, text)
	if len(text) > maxAnswer {
		text = text[:maxAnswer-3] + "..."
	}
	return strings.TrimSpace(text)
}
