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
	"regexp"
	"strconv"
	"strings"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/world"
)

// flowTable remembers where the node has sent each UDP flow, and sends flows that
// it knows there again whenever connection tracking has to choose anew, before
// kube-proxy does. All of it takes place where packets pass: whoever followed the
// events of connection tracking instead would come too late now and then, and the
// client's next packet would have moved on.
//
// Whatever comes to the nat chains is the first packet of a flow for connection
// tracking: those that are counted by "flows" and not by "unknown" were known
// before, so kube-proxy had made the node forget them. Names are not looked up
// over flows that matter here.
const flowTable = `table ip sflows {
	counter flows {
	}
	counter unknown {
	}
	map flows {
		type ipv4_addr . inet_service . ipv4_addr . inet_service : ipv4_addr . inet_service
		flags dynamic,timeout
		timeout 10m
		size 65535
	}
	chain remember {
		type filter hook postrouting priority 110
		ip protocol udp ct direction original ct status dnat udp dport != 53 update @flows { ct original ip saddr . ct original proto-src . ct original ip daddr . ct original proto-dst : ct reply ip saddr . ct reply proto-src }
	}
	chain again {
		counter name flows
		dnat ip to ip saddr . udp sport . ip daddr . udp dport map @flows
		counter name unknown
	}
	chain pre {
		type nat hook prerouting priority -110
		ip protocol udp jump again
	}
	chain output {
		type nat hook output priority -110
		ip protocol udp jump again
	}
}
`

// flowMeans keeps a node's UDP flows where they are, whatever kube-proxy makes
// connection tracking forget.
type flowMeans struct {
	node int
	name string
	// known are the addresses that have been backends, and whether they are
	// still.
	known map[string]bool
}

// staleFlows makes a fault of UDP flows that outlive their backend.
func staleFlows(node int) func() means {
	return func() means { return &flowMeans{node: node, known: map[string]bool{}} }
}

func (m *flowMeans) apply(ctx context.Context, hosts *Hosts, w *world.World) error {
	for address := range m.known {
		m.known[address] = false
	}
	each(w.Subjects(), func(_ world.Service, p world.Port) {
		for _, b := range p.Backends {
			if b.Ready {
				m.known[b.Address] = true
			}
		}
	})
	if m.name != "" {
		return nil
	}
	m.name = w.Nodes[m.node].Name
	_, err := hosts.Run(ctx, m.name, flowTable, "nft", "-f", "-")
	return err
}

func (m *flowMeans) verify(ctx context.Context, hosts *Hosts) error {
	listed, err := hosts.Run(ctx, m.name, "", "nft", "list", "table", "ip", "sflows")
	if err != nil {
		return err
	}
	kept, known, err := readFlows(listed)
	if err != nil {
		return err
	}
	gone := 0
	for _, backend := range known {
		if serves, was := m.known[backend]; was && !serves {
			gone++
		}
	}
	if kept == 0 || gone == 0 {
		return fmt.Errorf("%d flows were kept, and %d of all are to backends that are gone", kept, gone)
	}
	return nil
}

func (m *flowMeans) remove(ctx context.Context, hosts *Hosts) error {
	if m.name == "" {
		return nil
	}
	_, err := hosts.Run(ctx, m.name, "add table ip sflows\ndelete table ip sflows\n", "nft", "-f", "-")
	return errors.Join(err, hosts.forgetUDP(ctx, m.name))
}

var (
	flowCounter = regexp.MustCompile(`counter (flows|unknown) \{\s*packets (\d+)`)
	flowElement = regexp.MustCompile(` : (\d+\.\d+\.\d+\.\d+) \. \d+`)
)

// readFlows reads from a listing of the table how many flows were sent where they
// had gone before, and the backends of all that it remembers.
func readFlows(listed string) (kept int, backends []string, err error) {
	packets := map[string]int{}
	for _, found := range flowCounter.FindAllStringSubmatch(listed, -1) {
		if packets[found[1]], err = strconv.Atoi(found[2]); err != nil {
			return 0, nil, err
		}
	}
	if len(packets) != 2 {
		return 0, nil, fmt.Errorf("the counters are missing in: %s", strings.TrimSpace(listed))
	}
	for _, found := range flowElement.FindAllStringSubmatch(listed, -1) {
		backends = append(backends, found[1])
	}
	return packets["flows"] - packets["unknown"], backends, nil
}
