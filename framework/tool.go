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
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"sigs.k8s.io/service-e2e/matrix"
)

// tool is a command line program beside agnhost in the client's image, for what
// /dial cannot ask. agnhost runs it by /shell, so it takes the same way to the
// source and is as quick as a process is.
type tool struct {
	// command returns the shell command that makes one try.
	command func(p Probe) string
	// parse reads its output, the standard error included, and its exit
	// code, into the observation of one try.
	parse func(output string, exitCode string) matrix.Observation
}

// tools are the tools by the word that requests for them begin with.
var tools = map[string]tool{
	string(HealthCheck): healthCheckTool,
	dnsRequest:          digTool,
}

// toolOf returns the tool for a request; nil is for what /dial asks.
func toolOf(request Request) *tool {
	word, _, _ := strings.Cut(string(request), ":")
	if t, ok := tools[word]; ok {
		return &t
	}
	return nil
}

// exitMark precedes the exit code in the output of a tool.
const exitMark = "\nexit code "

// shellURL returns the URL on which agnhost netexec at base runs the tool.
func (t *tool) shellURL(base string, p Probe) string {
	command := fmt.Sprintf("%s; printf '%s%%d' $?", t.command(p), strings.ReplaceAll(exitMark, "\n", `\n`))
	return base + "/shell?" + url.Values{"cmd": {command}}.Encode()
}

// parseReply turns the reply of agnhost's /shell into an observation.
func (t *tool) parseReply(status int, body []byte) matrix.Observation {
	var reply struct {
		Output string `json:"output"`
		Error  string `json:"error"`
	}
	if err := json.Unmarshal(body, &reply); status != http.StatusOK || err != nil {
		return failed(matrix.Error, 1, fmt.Sprintf("agnhost replied %d: %s", status, shorten(string(body))))
	}
	at := strings.LastIndex(reply.Output, exitMark)
	if at < 0 {
		return failed(matrix.Error, 1, "the shell of the source did not end as it should: "+shorten(reply.Output+" "+reply.Error))
	}
	exitCode := reply.Output[at+len(exitMark):]
	if exitCode == "127" {
		return failed(matrix.Error, 1, "the source lacks a tool: "+shorten(reply.Output[:at]))
	}
	return t.parse(reply.Output[:at], exitCode)
}

// quoted returns a text as one word for a shell.
func quoted(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
