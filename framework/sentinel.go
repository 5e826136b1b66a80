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
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	"k8s.io/utils/ptr"

	"sigs.k8s.io/service-e2e/matrix"
)

// awaitProxies waits until the Service proxy of every node knows the Services
// that were created or changed so far, and the EndpointSlices. It creates one more
// Service, the sentinel, and probes that until it answers: proxies handle Services
// in the order of their changes, or all that are pending at once.
//
// The Services under test must not be probed to find that out. A TCP connection
// to a VIP that its node does not know yet leaves the node untranslated, and so
// will every later one from the same source port, Service or not, because
// connection tracking remembers the first for 120 s
// (nf_conntrack_tcp_timeout_syn_sent). Such a probe would make a later one fail
// when the kernel happens to choose its port again.
//
// A sentinel that does not answer in time is no failure: the table will show
// what is wrong, if anything is. A proxy that the spec has frozen is not waited for.
func (t *Topology) awaitProxies(ctx context.Context) error {
	if !t.unsettled {
		return nil
	}
	t.unsettled = false
	sentinel, err := t.createSentinel(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, Timeouts.Sentinel)
	defer cancel()
	start := time.Now()
	var wg sync.WaitGroup
	for i := range t.sources {
		if row := t.sources[i].Row; row.Kind != matrix.SourceExternal && !t.proxyFrozen(row.Node) {
			wg.Go(func() { t.awaitAnswer(ctx, row.Name, sentinel) })
		}
	}
	wg.Wait()
	framework.Logf("Every proxy was waited for, %.1fs", time.Since(start).Seconds())
	return t.f.ClientSet.CoreV1().Services(sentinel.Namespace).Delete(context.WithoutCancel(ctx), sentinel.Name, metav1.DeleteOptions{})
}

// createSentinel creates a Service whose endpoint, by hand, is the bystander.
func (t *Topology) createSentinel(ctx context.Context) (*v1.Service, error) {
	namespace := t.f.Namespace.Name
	service, err := t.f.ClientSet.CoreV1().Services(namespace).Create(ctx, &v1.Service{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "sentinel-"},
		Spec:       v1.ServiceSpec{Ports: []v1.ServicePort{ServicePort(80, v1.ProtocolTCP)}},
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("creating the sentinel Service: %w", err)
	}
	_, err = t.f.ClientSet.DiscoveryV1().EndpointSlices(namespace).Create(ctx, &discoveryv1.EndpointSlice{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: service.Name + "-",
			Labels:       map[string]string{discoveryv1.LabelServiceName: service.Name, discoveryv1.LabelManagedBy: fieldManager},
		},
		AddressType: discoveryv1.AddressType(t.Families[0]),
		Ports: []discoveryv1.EndpointPort{{
			Name: ptr.To(service.Spec.Ports[0].Name), Port: ptr.To[int32](httpPort), Protocol: ptr.To(v1.ProtocolTCP),
		}},
		Endpoints: []discoveryv1.Endpoint{{Addresses: t.bystanderIPs[:1]}},
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("creating the endpoint of the sentinel Service: %w", err)
	}
	return service, nil
}

// awaitAnswer probes a Service from a source until it is answered. A probe that
// comes too early gets no answer at all, so the next one does not wait for it.
func (t *Topology) awaitAnswer(ctx context.Context, source string, service *v1.Service) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	again := time.NewTicker(Timeouts.Poll)
	defer again.Stop()
	for ctx.Err() == nil {
		wg.Go(func() {
			seen, err := t.prober.Probe(ctx, Probe{
				Source: source, Address: service.Spec.ClusterIP, Port: int(service.Spec.Ports[0].Port), Protocol: v1.ProtocolTCP, Tries: 1,
			})
			if err == nil && seen.Connects() > 0 {
				cancel()
			}
		})
		select {
		case <-again.C:
		case <-ctx.Done():
		}
	}
}
