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
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	v1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"

	"sigs.k8s.io/service-e2e/matrix"
)

// pipelineTo returns the way to a source that is served by handler, and counts its
// connections.
func pipelineTo(t *testing.T, handler http.HandlerFunc) (*dialer, *atomic.Int32) {
	t.Helper()
	var dialed atomic.Int32
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	transport := server.Client().Transport.(*http.Transport)
	d := &dialer{base: server.URL, client: server.Client(), pipelines: &pipelines{
		dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			dialed.Add(1)
			return (&net.Dialer{}).DialContext(ctx, network, address)
		},
	}}
	t.Cleanup(func() { d.pipelines.close("") })
	t.Cleanup(transport.CloseIdleConnections)
	return d, &dialed
}

func probesOf(addresses ...string) []Probe {
	var probes []Probe
	for _, address := range addresses {
		probes = append(probes, Probe{Source: "pod@node-1", Address: address, Port: 80, Protocol: v1.ProtocolTCP, Tries: 1})
	}
	return probes
}

func TestProbeAll(t *testing.T) {
	d, dialed := pipelineTo(t, func(w http.ResponseWriter, r *http.Request) {
		switch host := r.FormValue("host"); host {
		case "slow":
			time.Sleep(pipelinePatience + 100*time.Millisecond)
			fmt.Fprint(w, `{"errors":["i/o timeout"]}`)
		case "slow and broken":
			time.Sleep(pipelinePatience + 100*time.Millisecond)
			panic(http.ErrAbortHandler)
		case "nosuch":
			http.Error(w, "lookup nosuch: no such host", http.StatusBadRequest)
		case "refused":
			fmt.Fprint(w, `{"errors":["connect: connection refused"]}`)
		case "broken":
			panic(http.ErrAbortHandler)
		default:
			fmt.Fprintf(w, `{"responses":[%q]}`, host)
		}
	})
	b1, fd := answered("b1", 1), answered("fd00::9", 1)
	for _, test := range []struct {
		name  string
		hosts []string
		want  []matrix.Observation
		// late is what is seen by the probe after those; nil if it is for Probe.
		late []matrix.Observation
		// dialed is how many connections there have been by then.
		dialed int32
	}{
		{"all", []string{"b1", "fd00::9", "refused", "nosuch"}, []matrix.Observation{
			b1, fd, failed(matrix.Refused, 1, "connect: connection refused"), failed(matrix.NoSuchName, 1, "lookup nosuch: no such host"),
		}, nil, 1},
		{"again", []string{"fd00::9", "b1"}, []matrix.Observation{fd, b1}, nil, 1},
		{"up to the broken", []string{"b1", "broken", "b1"}, []matrix.Observation{b1}, nil, 1},
		{"after that", []string{"b1"}, []matrix.Observation{b1}, nil, 2},
		{"up to the slow", []string{"b1", "slow", "b1"}, []matrix.Observation{b1}, []matrix.Observation{failed(matrix.TimedOut, 1, "i/o timeout")}, 2},
		{"after that", []string{"b1"}, []matrix.Observation{b1}, nil, 3},
		{"slow, and then broken", []string{"b1", "slow and broken"}, []matrix.Observation{b1}, []matrix.Observation{{}}, 3},
		// A connection that served before may be stale, a new one is not.
		{"after that", []string{"b1"}, []matrix.Observation{b1}, nil, 4},
		{"broken", []string{"broken", "b1"}, nil, nil, 5},
	} {
		seen, pending, err := d.ProbeAll(t.Context(), probesOf(test.hosts...))
		if err != nil {
			t.Fatal(err)
		}
		var late []matrix.Observation
		if pending != nil {
			one, err := pending()
			if err != nil {
				t.Fatal(err)
			}
			late = append(late, one)
		}
		if diff := cmp.Diff(test.late, late); diff != "" {
			t.Errorf("%s, late (-want +got):\n%s", test.name, diff)
		}
		if diff := cmp.Diff(test.want, seen); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
		if dialed.Load() != test.dialed {
			t.Errorf("%s: %d connections, want %d", test.name, dialed.Load(), test.dialed)
		}
	}
}

func TestProbeAllIsPipelined(t *testing.T) {
	// Nothing is answered before all requests have been sent, which one connection
	// can only do if it does not wait for answers.
	const probes = pipelineSize
	var sent atomic.Int64
	d, _ := pipelineTo(t, func(w http.ResponseWriter, _ *http.Request) {
		for sent.Load() == 0 {
			time.Sleep(time.Millisecond)
		}
		fmt.Fprint(w, `{"responses":["b1"]}`)
	})
	dial := d.pipelines.dial
	d.pipelines.dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		return &countingConn{conn, &sent}, err
	}
	seen, _, err := d.ProbeAll(t.Context(), probesOf(slices.Repeat([]string{"10.96.0.9"}, probes)...))
	if err != nil || len(seen) != probes {
		t.Errorf("%d of %d probes were answered (%v)", len(seen), probes, err)
	}
}

// countingConn counts what has been written in whole.
type countingConn struct {
	net.Conn
	written *atomic.Int64
}

func (c *countingConn) Write(data []byte) (int, error) {
	n, err := c.Conn.Write(data)
	c.written.Add(1)
	return n, err
}

// TestProbeAllLeavesTheRestToProbe: whatever is wrong with the way to the source, it is
// for single probes to tell.
func TestProbeAllLeavesTheRestToProbe(t *testing.T) {
	nothing := func(t *testing.T, d *dialer) {
		t.Helper()
		if seen, late, err := d.ProbeAll(t.Context(), probesOf("10.96.0.9")); err != nil || late != nil || len(seen) > 0 {
			t.Errorf("got %v, %v, want nothing", seen, err)
		}
	}
	t.Run("no way to the source", func(t *testing.T) {
		d, _ := pipelineTo(t, func(http.ResponseWriter, *http.Request) {})
		d.pipelines.dial = func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }
		nothing(t, d)
	})
	t.Run("a way that takes too long", func(t *testing.T) {
		quickTimeouts(t)
		Timeouts.TunnelSlack = time.Millisecond
		d, _ := pipelineTo(t, func(http.ResponseWriter, *http.Request) {})
		d.pipelines.dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		nothing(t, d)
	})
	t.Run("no HTTP", func(t *testing.T) {
		here, there := net.Pipe()
		go func() {
			_, _ = there.Read(make([]byte, 1<<16))
			_, _ = there.Write([]byte("SSH-2.0\r\n\r\n"))
			_ = there.Close()
		}()
		d := &dialer{base: "http://source:8080", pipelines: &pipelines{
			dial: func(context.Context, string, string) (net.Conn, error) { return here, nil },
		}}
		nothing(t, d)
	})
	t.Run("context ended", func(t *testing.T) {
		over := make(chan struct{})
		d, _ := pipelineTo(t, func(http.ResponseWriter, *http.Request) { <-over })
		t.Cleanup(func() { close(over) })
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, _, err := d.ProbeAll(ctx, probesOf("10.96.0.9")); err == nil {
			t.Error("no error after the context has ended")
		}
	})
}

// TestPipelinesOfAPodThatIsGone: a new source of the same name has connections of its
// own.
func TestPipelinesOfAPodThatIsGone(t *testing.T) {
	a := newAgnhostProber(nil, &rest.Config{})
	a.add(&source{Row: matrix.Row{Name: "b1@node-1"}, Namespace: "ns", Pod: "b1", Port: 8080})
	here, there := net.Pipe()
	base := a.dialer(a.sources["b1@node-1"]).base
	a.toPods.pipelines.put(base, &pipeline{conn: here})
	a.add(&source{Row: matrix.Row{Name: "b1@node-1"}, Namespace: "ns-2", Pod: "b1", Port: 8080})
	if _, err := there.Read(make([]byte, 1)); err == nil {
		t.Error("the connection to the pod that is gone is still open")
	}
	if n := len(a.toPods.pipelines.idle[base]); n > 0 {
		t.Errorf("%d connections to the pod that is gone are kept", n)
	}
}
