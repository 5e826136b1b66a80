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

package forward

import (
	"io"
	"net"
	"strings"
	"testing"
)

func TestServe(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() {
		conn, err := server.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		// Answers only after the client has finished: the end must get through.
		raw, _ := io.ReadAll(conn)
		_, _ = conn.Write([]byte(strings.ToUpper(string(raw))))
	}()

	listener, err := Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() { _ = serve(listener, (&net.Dialer{}).DialContext, server.Addr().String()) }()

	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_, _ = client.Write([]byte("hello"))
	_ = client.(*net.TCPConn).CloseWrite()
	raw, err := io.ReadAll(client)
	if err != nil || string(raw) != "HELLO" {
		t.Errorf("got %q, %v", raw, err)
	}
}

func TestListenOnTakenPort(t *testing.T) {
	first, err := Listen(0)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if _, err := Listen(Port(first)); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("got %v, want an error that says that the port is in use", err)
	}
}
