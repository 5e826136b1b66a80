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
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"

	"sigs.k8s.io/service-e2e/matrix"
)

// TestEstablishedTool runs the tool's own shell command.
func TestEstablishedTool(t *testing.T) {
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("needs bash")
	}
	var connections atomic.Int32
	var closeAfter atomic.Bool
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if closeAfter.Load() {
			w.Header().Set("Connection", "close")
		}
		fmt.Fprint(w, "ns/b1")
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	address := server.Listener.Addr().(*net.TCPAddr)
	run := func() matrix.Observation {
		p := Probe{Address: address.IP.String(), Port: address.Port, Protocol: v1.ProtocolTCP, Request: "established:0", Tries: 1}
		command := exec.Command("sh", "-c", establishedTool.command(p))
		command.Env = append(os.Environ(), "LANG=C")
		output, err := command.CombinedOutput()
		code := "0"
		if err != nil {
			code = fmt.Sprint(command.ProcessState.ExitCode())
		}
		return establishedTool.parse(string(output), code)
	}

	if seen := run(); seen.Answers["ns/b1"] != 1 || connections.Load() != 1 {
		t.Errorf("want an answer by ns/b1 over one connection, got %+v over %d", seen, connections.Load())
	}
	closeAfter.Store(true)
	begun := time.Now()
	if seen := run(); seen.Connects() != 0 || seen.Outcomes[matrix.Error] != 0 {
		t.Errorf("a connection that does not last is %+v", seen)
	}
	if took := time.Since(begun); took > dialTimeout {
		t.Errorf("a closed connection was noticed after %v only", took)
	}
	server.Close()
	if seen := run(); seen.Outcomes[matrix.Refused] != 1 {
		t.Errorf("a closed port is %+v", seen)
	}
}
