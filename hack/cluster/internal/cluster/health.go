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

package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/cgroup"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/forward"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/host"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/network"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

// healthTimeout bounds one question to one component.
const healthTimeout = 3 * time.Second

// Component is a part of the cluster, as Status reports it.
type Component struct {
	// Name tells components apart, and is the name of the log file.
	Name string
	// Host is the name of the network namespace that it runs in.
	Host string
	// PID is its number on the machine; 0 if it does not run.
	PID int
	// Problem says why it is not healthy; empty if it is.
	Problem string
	// Restarts counts how often it died.
	Restarts int
	// Log is its log file.
	Log string

	// unattended is set if nobody restarts it.
	unattended bool
	// service and short are set for programs of a host.
	service *host.Service
	short   string
}

// components asks every program of the cluster for its health.
func components(ctx context.Context, p Paths, c *plan.Cluster, s *state) []Component {
	var all []Component
	for _, h := range c.Hosts() {
		all = append(all, recorded(p, h)...)
	}
	all = append(all, forwarder(p, s))

	numbers := hostNumbers(c.Name)
	var wg sync.WaitGroup
	for i := range all {
		component := &all[i]
		if component.service == nil {
			continue
		}
		component.PID = numbers[component.short][component.PID]
		if component.PID == 0 && component.Problem == "" {
			component.Problem = "not running"
		}
		if component.Problem == "" {
			wg.Go(func() { component.Problem = ask(ctx, component.Host, *component.service) })
		}
	}
	wg.Wait()
	return all
}

// recorded returns a host and its programs as they are on record. The numbers
// of programs are those that they have on the host.
func recorded(p Paths, h plan.Host) []Component {
	self := Component{Name: h.Short, Host: h.Name, Log: p.HostLog(h.Short), unattended: true}
	process, err := host.ReadProcess(p.Host(h.Short))
	switch {
	case err != nil:
		self.Problem = err.Error()
	case process == host.Process{}:
		self.Problem = "not started"
	case !process.Alive():
		self.Problem = "not running"
	default:
		self.PID = process.PID
	}
	all := []Component{self}
	spec, err := host.ReadSpec(p.Host(h.Short))
	if err != nil {
		return all // told by the host itself
	}
	states, err := host.ReadServices(p.Host(h.Short))
	if err != nil {
		states = nil
	}
	for _, service := range spec.Services {
		state := states[service.Name]
		component := Component{
			Name: componentName(h.Short, service.Name), Host: h.Name,
			PID: state.PID, Restarts: state.Restarts, Log: service.Log,
			service: &service, short: h.Short,
		}
		if state.PID == 0 {
			component.Problem = "not running"
			if state.LastExit != "" {
				component.Problem += ": " + state.LastExit
			}
		}
		all = append(all, component)
	}
	return all
}

func forwarder(p Paths, s *state) Component {
	component := Component{
		Name: forward.Name, Host: "-", PID: s.Forwarder.PID, Log: p.Log("", forward.Name), unattended: true,
	}
	if !s.Forwarder.Alive() {
		component.PID, component.Problem = 0, "not running"
	}
	return component
}

// hostNumbers maps, for each host, the number that a process has there to the
// number that it has on the machine.
func hostNumbers(name string) map[string]map[int]int {
	numbers := map[string]map[int]int{}
	group, err := cgroup.Cluster(name)
	if err != nil {
		return numbers
	}
	children, err := group.Children()
	if err != nil {
		return numbers
	}
	for short, child := range children {
		pids, err := child.Leaf().Processes()
		if err != nil {
			continue
		}
		numbers[short] = map[int]int{}
		for _, pid := range pids {
			if inner := host.InnerPID(pid); inner != 0 {
				numbers[short][inner] = pid
			}
		}
	}
	return numbers
}

// ask returns what is wrong with a service; nothing if it is healthy.
func ask(ctx context.Context, namespace string, s host.Service) string {
	if s.Health == "" {
		return ""
	}
	transport := &http.Transport{DialContext: network.Dialer(namespace), DisableKeepAlives: true}
	if s.HealthCA != "" {
		pem, err := os.ReadFile(s.HealthCA)
		if err != nil {
			return err.Error()
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(pem)
		transport.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.Health, nil)
	if err != nil {
		return err.Error()
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		// "Get URL: dial tcp address: connect: connection refused"
		_, short, _ := strings.Cut(err.Error(), `": `)
		return "no answer: " + short
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Sprintf("%s says %s", s.Health, response.Status)
	}
	return ""
}
