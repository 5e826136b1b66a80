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
	"errors"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	e2epod "k8s.io/kubernetes/test/e2e/framework/pod"
)

// listeningTunnels are tunnels that end in this process. They count how often one was
// opened.
func listeningTunnels(t *testing.T) (*tunnels, *atomic.Int32) {
	t.Helper()
	var opened atomic.Int32
	ways := &tunnels{forward: func(_ e2epod.Addr, local *tunnel) error {
		opened.Add(1)
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer listener.Close()
		local.port = uint16(listener.Addr().(*net.TCPAddr).Port)
		close(local.ready)
		<-local.stop
		return nil
	}}
	t.Cleanup(func() { ways.close("") })
	return ways, &opened
}

func TestTunnelsAreShared(t *testing.T) {
	ways, opened := listeningTunnels(t)
	dial := func(address string) {
		t.Helper()
		conn, err := ways.DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		_ = conn.Close()
	}
	dial("ns.b1:8080")
	dial("ns.b1:8080")
	dial("ns.b2:8080")
	if n := opened.Load(); n != 2 {
		t.Errorf("%d tunnels to two pods", n)
	}
	one, err := ways.to("ns.b1:8080")
	if err != nil {
		t.Fatal(err)
	}
	ways.close("ns.b1:8080")
	<-one.over
	dial("ns.b1:8080")
	dial("ns.b2:8080")
	if n := opened.Load(); n != 3 {
		t.Errorf("%d tunnels after one of two was closed, want 3", n)
	}
}

func TestTunnelIsClosedIfSilent(t *testing.T) {
	ways, opened := listeningTunnels(t)
	conn, err := ways.DialContext(t.Context(), "tcp", "ns.b1:8080")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	one, err := ways.to("ns.b1:8080")
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	one.heard.Store(begun.Add(time.Second).UnixNano())
	ways.closeIfSilent("ns.b1:8080", begun)
	ways.closeIfSilent("ns.b2:8080", begun.Add(time.Hour))
	if again, err := ways.to("ns.b1:8080"); err != nil || again != one {
		t.Error("a tunnel through which something came was closed")
	}
	ways.closeIfSilent("ns.b1:8080", begun.Add(2*time.Second))
	<-one.over
	if n := opened.Load(); n != 1 {
		t.Errorf("%d tunnels were opened, want 1", n)
	}
}

func TestTunnelThatCannotBeOpened(t *testing.T) {
	tries := 0
	ways := &tunnels{forward: func(e2epod.Addr, *tunnel) error {
		tries++
		return errors.New("pods \"b1\" not found")
	}}
	for range 2 {
		if _, err := ways.DialContext(t.Context(), "tcp", "ns.b1:8080"); err == nil || !strings.Contains(err.Error(), "ns.b1:8080: pods") {
			t.Errorf("got %v, want what the API server says", err)
		}
	}
	if tries != 2 {
		t.Errorf("%d tries of two", tries)
	}
	if _, err := ways.DialContext(t.Context(), "tcp", "b1"); err == nil {
		t.Error("no error without a port")
	}
}

func TestTunnelThatHangs(t *testing.T) {
	stopped := make(chan struct{})
	ways := &tunnels{forward: func(_ e2epod.Addr, local *tunnel) error {
		<-local.stop
		close(stopped)
		return nil
	}}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := ways.DialContext(ctx, "tcp", "ns.b1:8080"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the end of the context", err)
	}
	ways.close("ns.b1:8080")
	<-stopped
}
