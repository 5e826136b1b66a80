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
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/rules"
	"sigs.k8s.io/service-e2e/hack/mutation/internal/world"
)

// VerbForwardDNS is the verb by which this program runs on a node and forwards
// DNS there: the address to listen on and that of the server follow.
const VerbForwardDNS = "forward-dns"

// forwarderPort is where the forwarder listens, on the node's own address.
const forwarderPort = 5399

// dnsMeans sends the queries of one node to a forwarder that never forgets an
// answer.
type dnsMeans struct {
	*ruleMeans
	node      int
	name      string // the node's
	forwarder *exec.Cmd
	stop      context.CancelFunc
	// ended takes how the forwarder ended.
	ended chan error
}

// staleDNS makes a fault of a DNS server that goes on answering what was right
// when it was asked first.
func staleDNS(node int) func() means {
	return func() means {
		write := func(w *world.World) plan {
			p := plan{}
			n := w.Nodes[node]
			for _, address := range w.DNS {
				if own := world.Of(world.V6(address), n.Addresses); own != "" {
					f := to(address, "udp", dnsPort)
					// The forwarder's own queries come from the output hook.
					p[node] = append(p[node], rules.Rule{
						Chain: rules.PreNAT, V6: f.v6, Match: f.match, Do: fmt.Sprintf("dnat to %s", net.JoinHostPort(own, fmt.Sprint(forwarderPort))),
					})
				}
			}
			return p
		}
		return &dnsMeans{ruleMeans: &ruleMeans{write: write, wanted: map[string]string{}}, node: node}
	}
}

func (m *dnsMeans) apply(ctx context.Context, hosts *Hosts, w *world.World) error {
	if m.forwarder == nil && len(w.DNS) > 0 {
		n := w.Nodes[m.node]
		if err := installSelf(ctx, hosts, n.Name); err != nil {
			return err
		}
		ctx, stop := context.WithCancel(ctx)
		m.stop, m.name = stop, n.Name
		m.forwarder = hosts.command(ctx, n.Name, forwarderPath, VerbForwardDNS,
			net.JoinHostPort(n.Addresses[0], fmt.Sprint(forwarderPort)), net.JoinHostPort(w.DNS[0], fmt.Sprint(dnsPort)))
		if err := m.forwarder.Start(); err != nil {
			stop()
			m.forwarder = nil
			return fmt.Errorf("on %s: starting the forwarder: %w", n.Name, err)
		}
		m.ended = make(chan error, 1)
		go func(cmd *exec.Cmd) { m.ended <- cmd.Wait() }(m.forwarder)
	}
	return m.ruleMeans.apply(ctx, hosts, w)
}

// verify also fails if the forwarder is no more: without it, nothing is answered,
// which is another fault.
func (m *dnsMeans) verify(ctx context.Context, hosts *Hosts) error {
	select {
	case err := <-m.ended:
		m.ended <- err
		return fmt.Errorf("the forwarder has ended: %w", err)
	default:
	}
	return m.ruleMeans.verify(ctx, hosts)
}

func (m *dnsMeans) remove(ctx context.Context, hosts *Hosts) error {
	err := m.ruleMeans.remove(ctx, hosts)
	if m.forwarder != nil {
		m.stop()
		<-m.ended //nolint:errcheck // it says that it was killed
		m.forwarder = nil
		_, removed := hosts.Run(ctx, m.name, "", "rm", "-f", forwarderPath)
		err = errors.Join(err, removed)
	}
	return err
}

// forwarderPath is where this program is on the node, which need not see the
// folder that it is in here.
const forwarderPath = "/run/service-e2e-forward-dns"

// installSelf copies this program to a node.
func installSelf(ctx context.Context, hosts *Hosts, node string) error {
	path, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	self, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading this program: %w", err)
	}
	_, err = hosts.Run(ctx, node, string(self), "sh", "-c", `cat > "$1" && chmod 0755 "$1"`, "sh", forwarderPath)
	return err
}

// ForwardDNS forwards queries over UDP to a server, and answers each question
// for ever as it was answered first. Failures are not kept.
func ForwardDNS(listen, server string) error {
	const maxMessage = 4096
	conn, err := net.ListenPacket("udp", listen)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	defer conn.Close()
	var (
		mu      sync.Mutex
		answers = map[string][]byte{}
	)
	for {
		query := make([]byte, maxMessage)
		n, from, err := conn.ReadFrom(query)
		if err != nil {
			return fmt.Errorf("receiving: %w", err)
		}
		query = query[:n]
		go func() {
			question, ok := question(query)
			if !ok {
				return
			}
			mu.Lock()
			answer := answers[question]
			mu.Unlock()
			if answer == nil {
				if answer = ask(server, query); answer == nil {
					return
				}
				if succeeded(answer) {
					mu.Lock()
					answers[question] = answer
					mu.Unlock()
				}
			}
			_, _ = conn.WriteTo(append(query[:2:2], answer[2:]...), from) // the client asks again
		}()
	}
}

// headerSize is the length of a DNS message's header (RFC 1035 section 4.1.1).
const headerSize = 12

// question returns what is asked, type and class included.
func question(message []byte) (string, bool) {
	for i := headerSize; i < len(message); i += int(message[i]) + 1 {
		if message[i] == 0 && i+5 <= len(message) {
			return strings.ToLower(string(message[headerSize : i+5])), true
		}
	}
	return "", false
}

// succeeded tells whether an answer has the code NOERROR and holds a record.
func succeeded(message []byte) bool {
	return len(message) >= headerSize && message[3]&0xf == 0 && (message[6] != 0 || message[7] != 0)
}

// ask returns the server's answer; nil if there is none.
func ask(server string, query []byte) []byte {
	const timeout, maxMessage = 2 * time.Second, 65535
	conn, err := net.DialTimeout("udp", server, timeout)
	if err != nil {
		return nil
	}
	defer conn.Close()
	answer := make([]byte, maxMessage)
	if err := conn.SetDeadline(time.Now().Add(timeout)); err != nil {
		return nil
	}
	if _, err := conn.Write(query); err != nil {
		return nil
	}
	n, err := conn.Read(answer)
	if err != nil || n < headerSize {
		return nil
	}
	return answer[:n]
}
