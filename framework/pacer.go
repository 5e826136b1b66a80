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
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
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
// pause before the first, and none at once. While a [Stream] probes node ports this
// is not enough; nodes that send no redirects (net.ipv4.conf.*.send_redirects=0) are
// a better place for those.
const refusalPause = 1100 * time.Millisecond

// pacer keeps probes that draw ICMP errors below the kernels' limit. It counts
// per source and per kernel that refuses it. A nil pacer limits nothing.
type pacer struct {
	mu       sync.Mutex
	limiters map[string]*rate.Limiter
	// url is where Ginkgo processes that probe from the same clients agree on
	// whose turn it is, see [servePacer]; empty if there is one process.
	url string
	// unlimited are the nodes whose kernels have no limit, see [unlimitedNodes], and
	// all tells that these are all.
	unlimited []string
	all       bool
}

func newPacer(url string) *pacer {
	return &pacer{limiters: map[string]*rate.Limiter{}, url: url}
}

// free makes refusals by nodes without a limit go unpaced.
func (p *pacer) free(nodes []Node, unlimited []string) {
	p.unlimited, p.all = unlimited, len(unlimited) == len(nodes)
}

// key names the limit that a refusal from the column to the row counts against:
// that of the node or pod that is addressed, else of the source's own node. It
// is empty where nothing limits: a node's own clients are refused over its
// loopback interface, and a closed TCP port by TCP itself; or if the kernel is told
// not to (net.ipv4.icmp_ratelimit=0 and net.ipv6.icmp.ratelimit=0), which saves a
// run much time.
func (p *pacer) key(row matrix.Row, column matrix.Column) string {
	refuser := column.Node
	switch {
	case column.Role == matrix.RoleSelfTest && column.Protocol == string(v1.ProtocolTCP):
		return ""
	case column.Role == matrix.RoleSelfTest:
		refuser = column.Address
	case refuser == "":
		refuser = row.Node
	}
	switch {
	case p == nil, row.Kind == matrix.SourceHost && refuser == row.Node:
		return ""
	case slices.Contains(p.unlimited, refuser), refuser == "" && p.all: // without a name it is one of them
		return ""
	}
	return row.Name + " " + refuser + " " + column.Family
}

// reserve takes n turns and returns how long it is until the first of them.
func (p *pacer) reserve(key string, n int) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	limiter := p.limiters[key]
	if limiter == nil {
		limiter = rate.NewLimiter(rate.Every(refusalPause), 1)
		p.limiters[key] = limiter
	}
	first := limiter.Reserve().Delay()
	for range n - 1 {
		limiter.Reserve()
	}
	return first
}

// take is reserve among all processes that probe from the row's client. Only
// the pod-network clients are a process's own.
func (p *pacer) take(ctx context.Context, row matrix.Row, key string, n int) (time.Duration, error) {
	if p.url == "" || row.Kind == matrix.SourcePod || row.Kind == matrix.SourceBackend {
		return p.reserve(key, n), nil
	}
	query := url.Values{"key": {key}, "n": {strconv.Itoa(n)}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url+"?"+query.Encode(), nil)
	if err != nil {
		return 0, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, fmt.Errorf("asking the first Ginkgo process for a turn to be refused: %w", err)
	}
	defer response.Body.Close()
	var delay time.Duration
	if err := json.NewDecoder(response.Body).Decode(&delay); err != nil {
		return 0, fmt.Errorf("asking the first Ginkgo process for a turn to be refused: %w", err)
	}
	return delay, nil
}

// servePacer serves the limits of shared clients to all Ginkgo processes, which
// run on one machine, until ctx ends. It returns the URL for [newPacer].
func servePacer(ctx context.Context) (string, error) {
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return "", fmt.Errorf("listening for the other Ginkgo processes: %w", err)
	}
	all := newPacer("")
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.FormValue("n"))
		if err != nil || n < 1 {
			http.Error(w, "n must be a positive number", http.StatusBadRequest)
			return
		}
		fmt.Fprint(w, int64(all.reserve(r.FormValue("key"), n)))
	})}
	go func() { _ = server.Serve(listener) }()
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return "http://" + listener.Addr().String(), nil
}

// wait waits until one more refusal may be drawn.
func (p *pacer) wait(ctx context.Context, row matrix.Row, column matrix.Column) error {
	key := p.key(row, column)
	if key == "" {
		return nil
	}
	delay, err := p.take(ctx, row, key, 1)
	if err != nil {
		return err
	}
	sleep(ctx, delay)
	return ctx.Err()
}

// sleep returns after the duration, or when ctx ends.
func sleep(ctx context.Context, duration time.Duration) {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// quiet waits until the kernels that the cells of a row depend on have sent
// nothing to it for as long as it takes them to send a refusal again.
func (p *pacer) quiet(ctx context.Context) {
	if p != nil {
		sleep(ctx, refusalPause)
	}
}

// charge takes note of refusals that nobody expected, so that those that are
// expected later wait for longer.
func (p *pacer) charge(ctx context.Context, row matrix.Row, column matrix.Column, refusals int) {
	if key := p.key(row, column); key != "" {
		// Without an answer nothing is paced, and the next wait says why.
		_, _ = p.take(ctx, row, key, refusals)
	}
}

// errorLimits are the settings by which Linux limits ICMP errors, below /proc/sys.
var errorLimits = map[v1.IPFamily]string{v1.IPv4Protocol: "net/ipv4/icmp_ratelimit", v1.IPv6Protocol: "net/ipv6/icmp/ratelimit"}

// unlimitedNodes returns the nodes whose host-network clients say that their kernels
// send ICMP errors of these families without a limit.
func unlimitedNodes(ctx context.Context, prober Prober, hosts []source, families []v1.IPFamily) []string {
	limited := make([]bool, len(hosts))
	for _, family := range families {
		for i, limit := range askSysctl(ctx, prober, hosts, errorLimits[family]) {
			limited[i] = limited[i] || limit != "0"
		}
	}
	var unlimited []string
	for i, host := range hosts {
		if !limited[i] {
			unlimited = append(unlimited, host.Row.Node)
		}
	}
	return unlimited
}
