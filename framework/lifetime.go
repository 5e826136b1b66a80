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
	"strconv"
	"time"
)

// lifetimes are how long the nodes remember what leads a later probe from the same
// source port.
type lifetimes struct {
	// Exchange is that of one request and one answer over UDP, and Attempt that of a
	// TCP connection that began and was not answered.
	Exchange, Attempt time.Duration
}

// askLifetimes asks the nodes' host-network clients for the settings of connection
// tracking, and takes the longest times.
func askLifetimes(ctx context.Context, prober Prober, hosts []source) lifetimes {
	longest := func(setting string, usual int) time.Duration {
		seconds := 0
		for _, value := range askSysctl(ctx, prober, hosts, "net/netfilter/"+setting) {
			if of, err := strconv.Atoi(value); err == nil {
				seconds = max(seconds, of)
			} else {
				seconds = max(seconds, usual) // it cannot tell
			}
		}
		return time.Duration(seconds+1) * time.Second // more than a second counts as one
	}
	return lifetimes{
		Exchange: longest("nf_conntrack_udp_timeout", 30),
		Attempt:  longest("nf_conntrack_tcp_timeout_syn_sent", 120),
	}
}

// streamDelay is after how long one more exchange makes Linux take a UDP flow for a
// stream, which it remembers for longer (nf_conntrack_udp_timeout_stream, 120 s).
const streamDelay = 2500 * time.Millisecond
