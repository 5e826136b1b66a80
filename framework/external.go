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
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/onsi/ginkgo/v2"
	"k8s.io/kubernetes/test/e2e/framework"
)

// ExternalClient is the client outside the cluster: an agnhost netexec server
// on a host that reaches the nodes and is not behind any Service proxy.
type ExternalClient struct {
	// URL is where the suite reaches the server, such as
	// http://198.51.100.7:8080.
	URL string `json:"url"`
	// Address is the client's address as the nodes see it; empty if unknown.
	Address string `json:"address,omitempty"`
	// Addresses are the client's addresses, one per IP family, if it has
	// more than one.
	Addresses []string `json:"addresses,omitempty"`
}

// findExternalClient returns the off-cluster client that the flag names, else
// the one that the kubeconfig names, else nil.
func findExternalClient(flagURL, kubeconfig, context string) (*ExternalClient, error) {
	if flagURL != "" {
		parsed, err := url.Parse(flagURL)
		if err != nil || parsed.Scheme != "http" || parsed.Host == "" {
			return nil, fmt.Errorf("--svc.externalClient=%s: want a URL like http://198.51.100.7:8080", flagURL)
		}
		client := &ExternalClient{URL: parsed.Scheme + "://" + parsed.Host}
		if ip := net.ParseIP(parsed.Hostname()); ip != nil && !ip.IsLoopback() {
			client.Address = ip.String()
		}
		return client, nil
	}
	extension, err := findExtension(kubeconfig, context)
	return extension.ExternalClient, err
}

// addresses returns what is known of the client's addresses.
func (e *ExternalClient) addresses() []string {
	switch {
	case len(e.Addresses) > 0:
		return e.Addresses
	case e.Address != "":
		return []string{e.Address}
	default:
		return nil
	}
}

// ExternalEndpoint returns the address of the off-cluster client in the primary IP
// family and the port on which its own server listens, so that a Service can have
// it as its endpoint. The address is empty if there is none, or if it is unknown.
func (t *Topology) ExternalEndpoint(ctx context.Context) (address string, port int32) {
	ginkgo.GinkgoHelper()
	for i := range t.sources {
		s := &t.sources[i]
		address := addressOf(t.Families[0], s.Addresses)
		if s.URL == "" || address == "" {
			continue
		}
		_, body, err := (&dialer{client: t.prober.direct.client}).get(ctx, s.URL+"/serverport", dialTimeout)
		framework.ExpectNoError(err, "asking the off-cluster client for its port")
		number, err := strconv.ParseInt(strings.TrimSpace(string(body)), 10, 32)
		framework.ExpectNoError(err, "reading the port of the off-cluster client")
		return address, int32(number)
	}
	return "", 0
}
