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
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"k8s.io/kubernetes/test/e2e/framework"

	"sigs.k8s.io/service-e2e/matrix"
)

const (
	// pipelineSize bounds the probes that are sent at once: their requests must find
	// room on the way, for nobody reads them before their turn.
	pipelineSize = 32
	// pipelinePatience is how long one probe of a pipeline may take, all its tries
	// together. It is generous: what takes longer is asked for again.
	pipelinePatience = 3 * time.Second
)

// pipelinable tells whether a request can be made along with others: it must be over
// soon, and do no harm if it is made twice.
func pipelinable(request Request) bool {
	if tool := toolOf(request); tool != nil {
		return tool.quick
	}
	return sizeOf(request) == 0
}

// ProbeAll sends the requests for several probes at once, over one connection, and
// then reads the answers, which come in the same order (HTTP/1.1 pipelining, RFC 9112
// section 9.3.2; [http.Client] cannot do so). The way to a source leads through the API
// server and the kubelet, and to take it for each probe costs more than the probe.
func (d *dialer) ProbeAll(ctx context.Context, probes []Probe) ([]matrix.Observation, error) {
	if d.pipelines == nil {
		return nil, ctx.Err()
	}
	for {
		p, err := d.pipelines.take(ctx, d.base)
		if err != nil {
			return nil, ctx.Err() // each probe by itself will tell what the matter is
		}
		seen, end := p.ask(ctx, d.base, probes)
		if end == nil {
			d.pipelines.put(d.base, p)
			return seen, nil
		}
		p.close()
		// A connection may have been closed while nobody used it.
		if len(seen) > 0 || !p.used || !errors.Is(end, io.ErrUnexpectedEOF) || ctx.Err() != nil {
			return seen, ctx.Err()
		}
	}
}

// pipeline is a connection to a source.
type pipeline struct {
	conn   net.Conn
	reader *bufio.Reader
	// used tells that all was well with it before.
	used bool
}

// reply is one answer that a pipeline has read.
type reply struct {
	status int
	body   []byte
	err    error
}

// ask makes the probes and returns what was seen by the first of them, up to the one
// that took too long or could not be made. The error tells why the others were not:
// [io.ErrUnexpectedEOF] if the connection is broken. It is of no use any more then.
func (p *pipeline) ask(ctx context.Context, base string, probes []Probe) ([]matrix.Observation, error) {
	// Connections by port-forward know no deadlines, so both ends are left alone
	// if they hang, until the connection is closed.
	var requests strings.Builder
	for _, probe := range probes {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, ProbeURL(base, probe), nil)
		if err != nil {
			return nil, err
		}
		_ = request.Write(&requests) // to memory
	}
	replies := make(chan reply, len(probes)+1) // the end of writing may be told as well
	go func() {
		if _, err := io.WriteString(p.conn, requests.String()); err != nil {
			replies <- reply{err: err}
		}
	}()
	go func() {
		for range probes {
			one := p.read()
			replies <- one
			if one.err != nil {
				return
			}
		}
	}()
	var seen []matrix.Observation
	timer := time.NewTimer(pipelinePatience)
	defer timer.Stop()
	for _, probe := range probes {
		select {
		case one := <-replies:
			if one.err != nil {
				return seen, io.ErrUnexpectedEOF
			}
			seen = append(seen, parseReply(probe, one.status, one.body))
			timer.Reset(pipelinePatience)
		case <-timer.C:
			return seen, context.DeadlineExceeded
		case <-ctx.Done():
			return seen, ctx.Err()
		}
	}
	return seen, nil
}

// read reads one answer.
func (p *pipeline) read() reply {
	response, err := http.ReadResponse(p.reader, nil)
	if err != nil {
		return reply{err: err}
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return reply{status: response.StatusCode, body: body, err: err}
}

// close ends the connection, however long that takes.
func (p *pipeline) close() { go p.conn.Close() }

// pipelines are connections to sources that nobody uses just now, by the host of their
// base URL.
type pipelines struct {
	dial func(ctx context.Context, network, address string) (net.Conn, error)

	mu   sync.Mutex
	idle map[string][]*pipeline
}

// take returns a connection to a source, a new one if there is no other.
func (p *pipelines) take(ctx context.Context, base string) (*pipeline, error) {
	parsed, err := url.Parse(base)
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	if n := len(p.idle[base]); n > 0 {
		last := p.idle[base][n-1]
		p.idle[base] = p.idle[base][:n-1]
		p.mu.Unlock()
		return last, nil
	}
	p.mu.Unlock()

	ctx, cancel := context.WithTimeout(ctx, Timeouts.TunnelSlack)
	defer cancel()
	dialed := make(chan *pipeline, 1)
	failed := make(chan error, 1)
	go func() {
		conn, err := p.dial(ctx, "tcp", parsed.Host)
		if err != nil {
			failed <- err
			return
		}
		dialed <- &pipeline{conn: conn, reader: bufio.NewReader(conn)}
	}()
	select {
	case fresh := <-dialed:
		return fresh, nil
	case err := <-failed:
		return nil, err
	case <-ctx.Done():
		go func() {
			select {
			case late := <-dialed:
				late.close()
			case err := <-failed:
				framework.Logf("Connecting to a source: %v", err)
			}
		}()
		return nil, ctx.Err()
	}
}

// put keeps a connection for the next who asks for one.
func (p *pipelines) put(base string, one *pipeline) {
	one.used = true
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.idle == nil {
		p.idle = map[string][]*pipeline{}
	}
	p.idle[base] = append(p.idle[base], one)
}

// close ends the idle connections to the source with a base URL, or to all sources
// if it is empty.
func (p *pipelines) close(base string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for of, idle := range p.idle {
		if base != "" && of != base {
			continue
		}
		for _, one := range idle {
			one.close()
		}
		delete(p.idle, of)
	}
}
