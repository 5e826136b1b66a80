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
	// command returns the shell command that makes one try, or all of them with
	// parseAll or marks.
	command func(p Probe) string
	// marks is set for a program that makes all tries of a probe in one run, and
	// tells what became of each as the shell would, with [exitMark].
	marks bool
	// quick tells that a try is soon over and may as well be made twice, so that it
	// can be made along with others.
	quick bool
	// parse reads its output, the standard error included, and its exit
	// code, into the observation of one try.
	parse func(output string, exitCode string) matrix.Observation
	// parseAll is set for a program that makes all tries of a probe in one
	// run. It is called instead of parse.
	parseAll func(p Probe, output string) matrix.Observation
}

// tools are the tools by the word that requests for them begin with.
var tools = map[string]tool{
	string(HealthCheck): healthCheckTool,
	dnsRequest:          digTool,
	dnsServerRequest:    digTool,
	string(Lookup):      lookupTool,
	fixedPortRequest:    fixedPortTool,
	environmentRequest:  environmentTool,
	string(APIServer):   apiServerTool,
	sysctlRequest:       sysctlTool,
	string(outOfWindow): outOfWindowTool,
	establishedRequest:  establishedTool,
	pingRequest:         pingTool,
	kernelModuleRequest: kernelModuleTool,
	bandwidthRequest:    bandwidthTool,
	lateRequest:         lateTool,
	fromRequest:         fromTool,
	fromPortRequest:     fromPortTool,
}

// toolOf returns the tool for a request; nil is for what /dial asks.
func toolOf(request Request) *tool {
	word, _, _ := strings.Cut(string(request), ":")
	if t, ok := tools[word]; ok {
		return &t
	}
	return nil
}

// asking turns columns into ones that make another request, under a name that the
// format makes of theirs.
func asking(columns []matrix.Column, format, request string) []matrix.Column {
	var others []matrix.Column
	for _, column := range columns {
		column.Name, column.Request = fmt.Sprintf(format, column.Name), request
		others = append(others, column)
	}
	return others
}

// exitMark precedes the exit code in the output of a tool.
const exitMark = "\nexit code "

// escapedExitMark is the same as a format of printf or curl.
var escapedExitMark = strings.ReplaceAll(exitMark, "\n", `\n`)

// script returns the shell command that makes all tries of a probe, each with
// its exit code after it.
func (t *tool) script(p Probe) string {
	if t.marks {
		return t.command(p)
	}
	once := fmt.Sprintf("%s; printf '%s%%d\\n' $?", t.command(p), escapedExitMark)
	if p.Tries <= 1 || t.parseAll != nil {
		return once
	}
	return fmt.Sprintf("i=0; while [ $i -lt %d ]; do i=$((i+1)); %s; done", p.Tries, once)
}

// shellURL returns the URL on which agnhost netexec at base runs a script.
func shellURL(base, script string) string {
	return base + "/shell?" + url.Values{"cmd": {script}}.Encode()
}

// shellReply is the reply of agnhost's /shell.
type shellReply struct {
	Output string `json:"output"`
	Error  string `json:"error"`
}

// parseShellReply fails if the shell has not run.
func parseShellReply(status int, body []byte) (shellReply, error) {
	var reply shellReply
	if err := json.Unmarshal(body, &reply); status != http.StatusOK || err != nil {
		return reply, fmt.Errorf("agnhost replied %d: %s", status, shorten(string(body)))
	}
	return reply, nil
}

// parseReply turns the reply of agnhost's /shell into an observation of exactly
// p.Tries tries.
func (t *tool) parseReply(p Probe, status int, body []byte) matrix.Observation {
	reply, err := parseShellReply(status, body)
	if err != nil {
		return failed(matrix.Error, p.Tries, err.Error())
	}
	var seen matrix.Observation
	rest := reply.Output
	for {
		output, after, ok := strings.Cut(rest, exitMark)
		if !ok {
			break
		}
		var exitCode string
		exitCode, rest, _ = strings.Cut(after, "\n")
		switch {
		case exitCode == "127":
			return failed(matrix.Error, p.Tries, "the source lacks a tool: "+shorten(output))
		case t.parseAll != nil:
			seen = t.parseAll(p, output)
		default:
			seen = seen.Merge(t.parse(output, exitCode))
		}
	}
	if tries := seen.Tries(); tries != p.Tries {
		return failed(matrix.Error, p.Tries, fmt.Sprintf("the shell of the source has made %d tries of %d: %s", tries, p.Tries, shorten(reply.Output+" "+reply.Error)))
	}
	return seen
}

// quoted returns a text as one word for a shell.
func quoted(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
