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
	"sync"
	"time"

	"golang.org/x/time/rate"
	v1 "k8s.io/api/core/v1"

	"sigs.k8s.io/service-e2e/matrix"
)

// Kernels limit how many ICMP errors they send, and a refusal by a packet
// filter is one: Linux sends at most one per second to each destination, but
// for a few at once when it has sent none for a while (net.ipv4.icmp_ratelimit,
// inet_peer_xrlim_allow; RFC 1812 section 4.3.2.8 asks for such a limit).
// Whoever probes faster sees timeouts where everything is as it should be.
//
// The limit is shared with ICMP redirects, and every packet that a node sends
// out through the interface that it came from, such as one for a node port
// whose backend is on another node, starts the second anew
// (ip_rt_send_redirect). So refusals are probed after everything else, with a
// pause before the first, and none at once.
const refusalPause = 1100 * time.Millisecond

// pacer keeps probes that draw ICMP errors below the kernels' limit. It counts
// per source and per kernel that refuses it. A nil pacer limits nothing.
type pacer struct {
	mu       sync.Mutex
	limiters map[[2]string]*rate.Limiter
	// processes share the limit: parallel Ginkgo processes probe from the
	// same clients.
	processes int
}

func newPacer(processes int) *pacer {
	return &pacer{limiters: map[[2]string]*rate.Limiter{}, processes: max(1, processes)}
}

// limiter returns the limiter of the kernel that refuses probes from the row to
// the column: that of the node or pod that is addressed, else of the source's
// own node. It is nil where nothing limits: a node's own clients are refused
// over its loopback interface, and a closed TCP port by TCP itself.
func (p *pacer) limiter(row matrix.Row, column matrix.Column) *rate.Limiter {
	refuser := column.Node
	switch {
	case column.Role == matrix.RoleSelfTest && column.Protocol == string(v1.ProtocolTCP):
		return nil
	case column.Role == matrix.RoleSelfTest:
		refuser = column.Address
	case refuser == "":
		refuser = row.Node
	}
	if p == nil || row.Kind == matrix.SourceHost && refuser == row.Node {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	key := [2]string{row.Name, refuser}
	if p.limiters[key] == nil {
		p.limiters[key] = rate.NewLimiter(rate.Every(time.Duration(p.processes)*refusalPause), 1)
	}
	return p.limiters[key]
}

// wait waits until one more refusal may be drawn.
func (p *pacer) wait(ctx context.Context, row matrix.Row, column matrix.Column) error {
	if limiter := p.limiter(row, column); limiter != nil {
		return limiter.Wait(ctx)
	}
	return nil
}

// quiet waits until the kernels that the cells of a row depend on have sent
// nothing to it for as long as it takes them to send a refusal again.
func (p *pacer) quiet(ctx context.Context) {
	if p == nil {
		return
	}
	pause := time.NewTimer(refusalPause)
	defer pause.Stop()
	select {
	case <-pause.C:
	case <-ctx.Done():
	}
}

// charge takes note of refusals that nobody expected, so that those that are
// expected later wait for longer.
func (p *pacer) charge(row matrix.Row, column matrix.Column, refusals int) {
	if limiter := p.limiter(row, column); limiter != nil {
		for range refusals {
			limiter.Reserve()
		}
	}
}
