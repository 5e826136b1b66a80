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
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	e2epod "k8s.io/kubernetes/test/e2e/framework/pod"
	"k8s.io/streaming/pkg/httpstream"
)

// tunnels connect to ports of pods by port-forward, as `kubectl port-forward` does: all
// connections to a port share one way through the API server and the kubelet. To open
// that costs as much as two dozen requests (three TLS handshakes).
type tunnels struct {
	// forward forwards from local.port, which it sets before it closes ready, until
	// stop is closed or the way is broken.
	forward func(to e2epod.Addr, local *tunnel) error

	mu   sync.Mutex
	open map[string]*tunnel
}

// tunnel is the way to one port of a pod.
type tunnel struct {
	// port is where this process listens for what is to go there.
	port uint16
	// ready is closed when it does, over when it does no longer. Closing stop ends it.
	ready, over, stop chan struct{}
	// err is why it is over.
	err error
	// heard is when something last came through, in Unix nanoseconds.
	heard atomic.Int64
}

// tunnelConn takes note of what comes through.
type tunnelConn struct {
	net.Conn
	tunnel *tunnel
}

func (c *tunnelConn) Read(data []byte) (int, error) {
	n, err := c.Conn.Read(data)
	if n > 0 {
		c.tunnel.heard.Store(time.Now().UnixNano())
	}
	return n, err
}

func newTunnels(client clientset.Interface, config *rest.Config) *tunnels {
	return &tunnels{forward: func(to e2epod.Addr, local *tunnel) error {
		dialer, err := portForwardDialer(client, config, to)
		if err != nil {
			return err
		}
		forwarder, err := portforward.NewOnAddressesForStreaming(dialer, []string{"127.0.0.1"}, []string{"0:" + strconv.Itoa(to.Port)},
			local.stop, make(chan struct{}), io.Discard, io.Discard)
		if err != nil {
			return err
		}
		go func() {
			select {
			case <-forwarder.Ready:
			case <-local.over:
				return
			}
			if ports, err := forwarder.GetPorts(); err == nil {
				local.port = ports[0].Local
				close(local.ready)
			}
		}()
		return forwarder.ForwardPorts()
	}}
}

// portForwardDialer asks the API server for a way to a pod over a WebSocket
// (KEP-4006), or over SPDY if it has none.
func portForwardDialer(client clientset.Interface, config *rest.Config, to e2epod.Addr) (httpstream.Dialer, error) {
	request := client.CoreV1().RESTClient().Post().Resource("pods").Namespace(to.Namespace).Name(to.PodName).SubResource("portforward")
	transport, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return nil, err
	}
	overSPDY := spdy.NewDialerForStreaming(upgrader, &http.Client{Transport: transport}, http.MethodPost, request.URL())
	overWebSocket, err := portforward.NewSPDYOverWebsocketDialerForStreaming(request.URL(), config)
	if err != nil {
		return nil, err
	}
	return portforward.NewFallbackDialerForStreaming(overWebSocket, overSPDY, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	}), nil
}

// DialContext connects to <namespace>.<pod>:<port>.
func (t *tunnels) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	one, err := t.to(address)
	if err != nil {
		return nil, err
	}
	select {
	case <-one.ready:
	case <-one.over:
		return nil, fmt.Errorf("forwarding a port to %s: %w", address, one.err)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", strconv.Itoa(int(one.port))))
	if err != nil {
		return nil, err
	}
	return &tunnelConn{conn, one}, nil
}

// to returns the tunnel to an address, which is being opened if there was none.
func (t *tunnels) to(address string) (*tunnel, error) {
	port, err := e2epod.ParseAddr(address)
	if err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if one := t.open[address]; one != nil {
		return one, nil
	}
	one := &tunnel{ready: make(chan struct{}), over: make(chan struct{}), stop: make(chan struct{})}
	one.heard.Store(time.Now().UnixNano())
	if t.open == nil {
		t.open = map[string]*tunnel{}
	}
	t.open[address] = one
	go func() {
		one.err = t.forward(*port, one)
		t.forget(address, one)
		close(one.over)
	}()
	return one, nil
}

// forget makes the next who asks for a way get a new one.
func (t *tunnels) forget(address string, one *tunnel) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open[address] == one {
		delete(t.open, address)
	}
}

// closeIfSilent ends the tunnel to an address if nothing has come through for a while:
// one whose other end is gone without a word would hang for ever.
func (t *tunnels) closeIfSilent(address string, since time.Time) {
	t.closeWhere(func(to string, one *tunnel) bool { return to == address && one.heard.Load() < since.UnixNano() })
}

// close ends the tunnel to an address, or all of them if it is empty.
func (t *tunnels) close(address string) {
	t.closeWhere(func(to string, _ *tunnel) bool { return address == "" || to == address })
}

// closeWhere ends the tunnels for which which is true.
func (t *tunnels) closeWhere(which func(address string, one *tunnel) bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for address, one := range t.open {
		if which(address, one) {
			close(one.stop)
			delete(t.open, address)
		}
	}
}
