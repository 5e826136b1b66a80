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

	v1 "k8s.io/api/core/v1"
)

// nftablesMode is the mode of kube-proxy in which it programs nftables.
const nftablesMode = "nftables"

// proxyModePort is where kube-proxy tells its mode on each node, by default
// (metricsBindAddress in its configuration).
const proxyModePort = 10249

// askProxyMode returns the mode of kube-proxy, such as iptables, as the first of the
// nodes of these host-network clients has it that tells; empty if none does, as with
// other Service proxies.
func askProxyMode(ctx context.Context, prober Prober, hosts []source) string {
	for _, host := range hosts {
		seen, err := prober.Probe(ctx, Probe{
			Source: host.Row.Name, Address: Loopback(v1.IPv4Protocol), Port: proxyModePort, Protocol: v1.ProtocolTCP,
			Request: "proxyMode", Tries: 1,
		})
		for mode := range seen.Answers {
			if err == nil {
				return mode
			}
		}
	}
	return ""
}
