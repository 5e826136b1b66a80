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

package fault

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strings"
	"sync"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/world"
)

// flowMeans brings back the UDP flows that kube-proxy makes a node forget,
// because their backend is gone. kube-proxy reconciles them at each of its
// syncs, so each time they are brought back again.
type flowMeans struct {
	node int
	name string
	stop func()

	mu sync.Mutex
	// gone are the addresses that have been backends and are not any more.
	known, gone map[string]bool
	// restored counts flows that were brought back.
	restored int
	err      error
}

// staleFlows makes a fault of UDP flows that outlive their backend.
func staleFlows(node int) func() means {
	return func() means { return &flowMeans{node: node, known: map[string]bool{}, gone: map[string]bool{}} }
}

func (m *flowMeans) apply(ctx context.Context, hosts *Hosts, w *world.World) error {
	now := map[string]bool{}
	each(w.Subjects(), func(_ world.Service, p world.Port) {
		for _, b := range p.Backends {
			if b.Ready {
				now[b.Address] = true
			}
		}
	})
	m.mu.Lock()
	for address := range m.known {
		m.gone[address] = !now[address]
	}
	for address := range now {
		m.known[address], m.gone[address] = true, false
	}
	m.mu.Unlock()
	if m.name != "" {
		return nil
	}
	m.name = w.Nodes[m.node].Name
	return m.follow(ctx, hosts)
}

// follow begins to listen to what connection tracking forgets.
func (m *flowMeans) follow(ctx context.Context, hosts *Hosts) error {
	ctx, cancel := context.WithCancel(ctx)
	cmd := hosts.command(ctx, m.name, "conntrack", "-E", "-e", "DESTROY", "-p", "udp")
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return fmt.Errorf("on %s: following connection tracking: %w", m.name, err)
	}
	var reading sync.WaitGroup
	reading.Go(func() { m.restore(ctx, hosts, out) })
	m.stop = func() {
		cancel()
		reading.Wait()
		_ = cmd.Wait() // was killed
	}
	return nil
}

// restore makes the flows again that end though they have not expired.
func (m *flowMeans) restore(ctx context.Context, hosts *Hosts, events io.Reader) {
	lines := bufio.NewScanner(events)
	for lines.Scan() {
		flow, ok := parseFlow(lines.Text())
		m.mu.Lock()
		stale := ok && m.gone[flow.backend]
		m.mu.Unlock()
		if !stale {
			continue
		}
		_, err := hosts.Run(ctx, m.name, "", append([]string{"conntrack"}, flow.insertion()...)...)
		m.mu.Lock()
		switch {
		case err == nil:
			m.restored++
		case ctx.Err() == nil && exitCode(err) != 1: // 1: is there again already
			m.err = errors.Join(m.err, err)
		}
		m.mu.Unlock()
	}
}

func (m *flowMeans) verify(context.Context, *Hosts) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.restored == 0 && m.err == nil {
		return errors.New("no flow was brought back")
	}
	return m.err
}

func (m *flowMeans) remove(ctx context.Context, hosts *Hosts) error {
	if m.stop == nil {
		return nil
	}
	m.stop()
	m.stop = nil
	return hosts.forgetUDP(ctx, m.name)
}

// flow is a UDP flow whose destination was translated.
type flow struct {
	client, frontend, backend                         string
	clientPort, frontendPort, backendPort, returnPort string
	// returnTo is the address that the backend answers to.
	returnTo string
}

var flowPattern = regexp.MustCompile(`src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+) (?:\[UNREPLIED\] )?src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+)`)

// parseFlow reads a line of conntrack(8). It reports whether it is one of a flow
// whose destination was translated.
func parseFlow(line string) (flow, bool) {
	f := flowPattern.FindStringSubmatch(line)
	if f == nil || !strings.Contains(line, "udp") || f[2] == f[5] {
		return flow{}, false
	}
	return flow{
		client: f[1], frontend: f[2], clientPort: f[3], frontendPort: f[4],
		backend: f[5], returnTo: f[6], backendPort: f[7], returnPort: f[8],
	}, true
}

// insertion returns the arguments by which conntrack(8) makes the flow.
func (f flow) insertion() []string {
	const seconds = "120"
	args := []string{
		"-I", "-p", "udp", "--timeout", seconds,
		"--src", f.client, "--dst", f.frontend, "--sport", f.clientPort, "--dport", f.frontendPort,
		"--reply-src", f.backend, "--reply-dst", f.returnTo, "--reply-port-src", f.backendPort, "--reply-port-dst", f.returnPort,
		"--dst-nat", net.JoinHostPort(f.backend, f.backendPort),
	}
	if f.returnTo != f.client {
		args = append(args, "--src-nat", net.JoinHostPort(f.returnTo, f.returnPort))
	}
	return args
}
