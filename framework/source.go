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
	"net/http"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/kubernetes/test/e2e/framework"
	e2epod "k8s.io/kubernetes/test/e2e/framework/pod"

	"sigs.k8s.io/service-e2e/matrix"
)

// maxConnections bounds the connections to one source. Tries that run into their time
// limit each take one for 5 s, and a table may hold some dozens of them.
const maxConnections = 64

// source is one client: a table row and the way to it.
type source struct {
	Row matrix.Row `json:"row"`
	// Namespace and Pod are empty for the off-cluster client.
	Namespace string `json:"namespace,omitempty"`
	Pod       string `json:"pod,omitempty"`
	Port      int    `json:"port,omitempty"`
	// URL is set for the off-cluster client.
	URL string `json:"url,omitempty"`
	// Addresses are those that the client has by itself, one per IP family.
	Addresses []string `json:"addresses,omitempty"`
}

// host is what the way to a pod calls it, see [tunnels.DialContext].
func (s *source) host() string {
	return e2epod.Addr{Namespace: s.Namespace, PodName: s.Pod, Port: s.Port}.String()
}

// byHand returns a shell command that makes one probe from this source.
func (s *source) byHand(p Probe) string {
	kubectl := fmt.Sprintf("%s exec -n %s %s -- ", framework.TestContext.KubectlPath, s.Namespace, s.Pod)
	if sizeOf(p.Request) > 0 {
		base := fmt.Sprintf("http://localhost:%d", s.Port)
		if s.URL != "" {
			base, kubectl = s.URL, ""
		}
		return kubectl + fmt.Sprintf(`curl -sS "%s"`, sizedByHand(base, p))
	}
	if s.URL != "" {
		return fmt.Sprintf("curl -sS '%s'", ProbeURL(s.URL, p))
	}
	if tool := toolOf(p.Request); tool != nil {
		return kubectl + "sh -c " + quoted(tool.script(p))
	}
	return kubectl + fmt.Sprintf("curl -sS '%s'", ProbeURL(fmt.Sprintf("http://localhost:%d", s.Port), p))
}

// agnhostProber makes probes from any source that runs agnhost netexec. Pods
// are reached by port-forward, the off-cluster client by plain HTTP;
// connections are kept open and shared by all probes.
type agnhostProber struct {
	tunnels *tunnels
	// toPods leads through the tunnels, direct to the off-cluster client.
	toPods, direct way

	mu      sync.Mutex
	sources map[string]*source
}

var _ Prober = &agnhostProber{}

func newAgnhostProber(client clientset.Interface, config *rest.Config) *agnhostProber {
	// The SPDY dialer fills these in lazily, which is a data race when
	// connections to several pods are opened at once.
	config = rest.CopyConfig(config)
	config.GroupVersion = &schema.GroupVersion{}
	config.NegotiatedSerializer = scheme.Codecs
	tunnels := newTunnels(client, config)
	direct := http.DefaultTransport.(*http.Transport).Clone()
	direct.Proxy = nil // the client is named by address, on the way there nothing may interfere
	return &agnhostProber{
		tunnels: tunnels,
		toPods:  newWay(&http.Transport{DialContext: tunnels.DialContext}),
		direct:  newWay(direct),
		sources: map[string]*source{},
	}
}

// way is how sources are reached, be it with one probe or with several at once.
type way struct {
	client    *http.Client
	pipelines *pipelines
}

func newWay(transport *http.Transport) way {
	transport.MaxConnsPerHost = maxConnections
	transport.MaxIdleConnsPerHost = maxConnections
	return way{&http.Client{Transport: transport}, &pipelines{dial: transport.DialContext}}
}

// close ends all idle connections.
func (w way) close() {
	w.client.CloseIdleConnections()
	w.pipelines.close("")
}

// add makes a source known.
func (a *agnhostProber) add(s *source) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if before := a.sources[s.Row.Name]; before != nil && before.URL == "" {
		// That pod is gone, but nobody would notice.
		a.toPods.pipelines.close(a.dialer(before).base)
		a.tunnels.close(before.host())
	}
	a.sources[s.Row.Name] = s
}

// Probe implements [Prober].
func (a *agnhostProber) Probe(ctx context.Context, p Probe) (matrix.Observation, error) {
	s, err := a.source(p.Source)
	if err != nil {
		return matrix.Observation{}, err
	}
	return a.dialer(s).Probe(ctx, p)
}

// ProbeAll implements [Prober].
func (a *agnhostProber) ProbeAll(ctx context.Context, source string, probes []Probe) ([]matrix.Observation, Pending, error) {
	s, err := a.source(source)
	if err != nil {
		return nil, nil, err
	}
	return a.dialer(s).ProbeAll(ctx, probes)
}

// source returns the source of a name.
func (a *agnhostProber) source(name string) (*source, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s := a.sources[name]; s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("no source is called %q", name)
}

// dialer returns the way to a source.
func (a *agnhostProber) dialer(s *source) *dialer {
	if s.URL == "" {
		return &dialer{
			base: "http://" + s.host(), client: a.toPods.client, pipelines: a.toPods.pipelines,
			hangs: func(since time.Time) { a.tunnels.closeIfSilent(s.host(), since) },
		}
	}
	return &dialer{base: strings.TrimSuffix(s.URL, "/"), client: a.direct.client, pipelines: a.direct.pipelines}
}

// close ends all idle connections.
func (a *agnhostProber) close() {
	a.toPods.close()
	a.direct.close()
	a.tunnels.close("")
}
