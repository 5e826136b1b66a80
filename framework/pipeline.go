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
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"sigs.k8s.io/service-e2e/matrix"
)

const (
	// pipelineSize bounds the probes that are sent at once: their requests must find
	// room on the way, for nobody reads them before their turn.
	pipelineSize = 32
	// pipelinePatience is how long the probes after one of a pipeline wait for it, all
	// its tries together.
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
func (d *dialer) ProbeAll(ctx context.Context, probes []Probe) ([]matrix.Observation, Pending, error) {
	if d.pipelines == nil {
		return nil, nil, ctx.Err()
	}
	for {
		p, err := d.pipelines.take(ctx, d.base)
		if err != nil {
			return nil, nil, ctx.Err() // each probe by itself will tell what the matter is
		}
		replies := p.send(ctx, d.base, probes)
		seen, slow := replies.read(ctx, probes)
		switch {
		case len(seen) == len(probes):
			d.pipelines.put(d.base, p)
			return seen, nil, nil
		case slow:
			return seen, func() (matrix.Observation, error) {
				defer p.close()
				return replies.late(ctx, probes[len(seen)])
			}, nil
		}
		p.close()
		// A connection may have been closed while nobody used it.
		if len(seen) > 0 || !p.used || ctx.Err() != nil {
			return seen, nil, ctx.Err()
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

// replies are the answers of a pipeline in the order of its probes. The last one is an
// error if the connection has broken.
type replies <-chan reply

// send sends the requests for the probes and begins to read the answers.
func (p *pipeline) send(ctx context.Context, base string, probes []Probe) replies {
	var requests strings.Builder
	for _, probe := range probes {
		if request, err := http.NewRequestWithContext(ctx, http.MethodGet, ProbeURL(base, probe), nil); err == nil {
			_ = request.Write(&requests) // to memory
		}
	}
	all := make(chan reply, len(probes)+1) // the end of writing may be told as well
	go func() {
		if _, err := io.WriteString(p.conn, requests.String()); err != nil {
			all <- reply{err: err}
		}
	}()
	go func() {
		for range probes {
			one := p.read()
			all <- one
			if one.err != nil {
				return
			}
		}
	}()
	return all
}

// read returns what was seen by the first of the probes, up to the one that is slow or
// could not be made.
func (r replies) read(ctx context.Context, probes []Probe) (seen []matrix.Observation, slow bool) {
	timer := time.NewTimer(pipelinePatience)
	defer timer.Stop()
	for _, probe := range probes {
		select {
		case one := <-r:
			if one.err != nil {
				return seen, false
			}
			seen = append(seen, parseReply(probe, one.status, one.body))
			timer.Reset(pipelinePatience)
		case <-timer.C:
			return seen, true
		case <-ctx.Done():
			return seen, false
		}
	}
	return seen, false
}

// late returns what a slow probe sees, or nothing if its answer does not come.
func (r replies) late(ctx context.Context, probe Probe) (matrix.Observation, error) {
	timer := time.NewTimer(probe.duration() + Timeouts.TunnelSlack)
	defer timer.Stop()
	select {
	case one := <-r:
		if one.err == nil {
			return parseReply(probe, one.status, one.body), nil
		}
	case <-timer.C:
	case <-ctx.Done():
	}
	return matrix.Observation{}, ctx.Err()
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

// close ends the connection.
func (p *pipeline) close() { _ = p.conn.Close() }

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
	conn, err := p.dial(ctx, "tcp", parsed.Host)
	if err != nil {
		return nil, err
	}
	return &pipeline{conn: conn, reader: bufio.NewReader(conn)}, nil
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
