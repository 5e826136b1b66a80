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

package world

import (
	"cmp"
	"fmt"
	"net"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/utils/ptr"
)

// World is what a fault can be aimed at. Its lists are sorted, so that the same
// objects always make the same faults.
type World struct {
	Nodes []Node
	// Services are all but those of the cluster itself and of its add-ons.
	Services []Service
	// Sentinels is how many Services there are by which the suite finds out
	// that all proxies know the others.
	Sentinels int
	// Pods are the running pods of the namespaces that these Services are in.
	Pods []Pod
	// External are the addresses of the client outside of the cluster.
	External []string
	// DNS are the addresses of the Service of the cluster's DNS, DNSPods those of
	// its pods.
	DNS, DNSPods []string
	// API are the addresses of the Service kubernetes, which must go on working.
	API []string
	// ServiceCIDRs hold all ClusterIPs.
	ServiceCIDRs []string
}

// Node is a node of the cluster.
type Node struct {
	Name string
	// Addresses and PodCIDRs have one entry for each IP family.
	Addresses, PodCIDRs []string
}

// Pod is a running pod.
type Pod struct {
	Namespace, Name, Node, Address string
	HostNetwork, Terminating       bool
	// Shared says that all specs of a run use it.
	Shared bool
}

// Service is a Service with its endpoints.
type Service struct {
	Namespace, Name string
	// Shared says that it belongs to the suite's controls and not to a spec.
	Shared bool
	// VIPs are its ClusterIPs.
	VIPs []string
	// LoadBalancers are its load balancer addresses and external IPs.
	LoadBalancers []string
	// HealthCheck is the health check node port; 0 for none.
	HealthCheck int
	// InternalLocal and ExternalLocal are the traffic policies.
	InternalLocal, ExternalLocal bool
	// Affinity says that each client should stay with one backend.
	Affinity bool
	Ports    []Port
}

// Port is a port of a Service.
type Port struct {
	Name string
	// Protocol is tcp, udp or sctp, as rules write it.
	Protocol string
	Port     int
	// NodePort is 0 for none.
	NodePort int
	// Backends are its endpoints, ready or not, sorted by name.
	Backends []Backend
}

// Backend is an endpoint for one port.
type Backend struct {
	// Name is the pod's; the address of an endpoint without one.
	Name, Node, Address string
	Port                int
	Ready, Terminating  bool
}

// Objects are what a World is made of.
type Objects struct {
	Nodes          []*v1.Node
	Services       []*v1.Service
	EndpointSlices []*discoveryv1.EndpointSlice
	Pods           []*v1.Pod
	ServiceCIDRs   []string
}

const (
	// sharedPrefix is how the namespaces begin that all specs of a run share.
	sharedPrefix = "service-e2e-"
	// sentinelPrefix is how the names of sentinels begin.
	sentinelPrefix = "sentinel-"
)

// systemNamespaces are left alone.
var systemNamespaces = []string{"default", "kube-node-lease", "kube-public", "kube-system", "local-path-storage", "metallb-system"}

// Build makes a World.
func Build(o Objects, external []string) *World {
	w := &World{External: external, ServiceCIDRs: o.ServiceCIDRs}
	for _, node := range o.Nodes {
		w.Nodes = append(w.Nodes, buildNode(node))
	}
	slices.SortFunc(w.Nodes, func(a, b Node) int { return natural(a.Name, b.Name) })
	for _, service := range o.Services {
		switch {
		case service.Namespace == "default" && service.Name == "kubernetes":
			w.API = service.Spec.ClusterIPs
		case service.Namespace == "kube-system" && service.Name == "kube-dns":
			w.DNS = append(w.DNS, service.Spec.ClusterIPs...)
		case slices.Contains(systemNamespaces, service.Namespace):
		case strings.HasPrefix(service.Name, sentinelPrefix):
			w.Sentinels++
		default:
			w.Services = append(w.Services, buildService(service, o.EndpointSlices))
		}
	}
	slices.SortFunc(w.Services, func(a, b Service) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), natural(a.Name, b.Name))
	})
	for _, pod := range o.Pods {
		if pod.Labels["k8s-app"] == "kube-dns" && pod.Status.PodIP != "" {
			w.DNSPods = append(w.DNSPods, pod.Status.PodIP)
		}
		if !slices.Contains(systemNamespaces, pod.Namespace) && pod.Status.PodIP != "" && pod.Status.Phase == v1.PodRunning {
			w.Pods = append(w.Pods, Pod{
				Namespace: pod.Namespace, Name: pod.Name, Node: pod.Spec.NodeName, Address: pod.Status.PodIP,
				HostNetwork: pod.Spec.HostNetwork, Terminating: pod.DeletionTimestamp != nil,
				Shared: strings.HasPrefix(pod.Namespace, sharedPrefix),
			})
		}
	}
	slices.SortFunc(w.Pods, func(a, b Pod) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), natural(a.Name, b.Name))
	})
	slices.Sort(w.DNSPods)
	return w
}

func buildNode(node *v1.Node) Node {
	n := Node{Name: node.Name, PodCIDRs: node.Spec.PodCIDRs}
	for _, address := range node.Status.Addresses {
		if address.Type == v1.NodeInternalIP {
			n.Addresses = append(n.Addresses, address.Address)
		}
	}
	return n
}

func buildService(service *v1.Service, endpointSlices []*discoveryv1.EndpointSlice) Service {
	s := Service{
		Namespace: service.Namespace, Name: service.Name, Shared: strings.HasPrefix(service.Namespace, sharedPrefix),
		HealthCheck:   int(service.Spec.HealthCheckNodePort),
		InternalLocal: ptr.Deref(service.Spec.InternalTrafficPolicy, "") == v1.ServiceInternalTrafficPolicyLocal,
		ExternalLocal: service.Spec.ExternalTrafficPolicy == v1.ServiceExternalTrafficPolicyLocal,
		Affinity:      service.Spec.SessionAffinity == v1.ServiceAffinityClientIP,
	}
	for _, vip := range service.Spec.ClusterIPs {
		if net.ParseIP(vip) != nil { // a headless Service has none
			s.VIPs = append(s.VIPs, vip)
		}
	}
	for _, ingress := range service.Status.LoadBalancer.Ingress {
		if ingress.IP != "" {
			s.LoadBalancers = append(s.LoadBalancers, ingress.IP)
		}
	}
	s.LoadBalancers = append(s.LoadBalancers, service.Spec.ExternalIPs...)
	for _, port := range service.Spec.Ports {
		p := Port{Name: port.Name, Protocol: strings.ToLower(string(port.Protocol)), Port: int(port.Port), NodePort: int(port.NodePort)}
		for _, slice := range endpointSlices {
			if slice.Namespace == service.Namespace && slice.Labels[discoveryv1.LabelServiceName] == service.Name {
				p.Backends = append(p.Backends, backends(slice, port.Name)...)
			}
		}
		slices.SortFunc(p.Backends, func(a, b Backend) int {
			return cmp.Or(natural(a.Name, b.Name), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Port, b.Port))
		})
		p.Backends = slices.Compact(p.Backends)
		s.Ports = append(s.Ports, p)
	}
	return s
}

// backends returns the endpoints that a slice has for the named port.
func backends(slice *discoveryv1.EndpointSlice, name string) []Backend {
	var found []Backend
	for _, port := range slice.Ports {
		if ptr.Deref(port.Name, "") != name || port.Port == nil {
			continue
		}
		for _, endpoint := range slice.Endpoints {
			b := Backend{
				Address: endpoint.Addresses[0], Name: endpoint.Addresses[0], Node: ptr.Deref(endpoint.NodeName, ""),
				Port: int(*port.Port), Ready: ptr.Deref(endpoint.Conditions.Ready, true),
				Terminating: ptr.Deref(endpoint.Conditions.Terminating, false),
			}
			if endpoint.TargetRef != nil {
				b.Name = endpoint.TargetRef.Name
			}
			found = append(found, b)
		}
	}
	return found
}

// V6 tells whether an address or a range is one of IPv6.
func V6(address string) bool { return strings.Contains(address, ":") }

// Of returns the first of the addresses or ranges that is of the IP family; ""
// if there is none.
func Of(v6 bool, addresses []string) string {
	for _, address := range addresses {
		if V6(address) == v6 {
			return address
		}
	}
	return ""
}

// Subjects are the Services of specs.
func (w *World) Subjects() []Service {
	return slices.DeleteFunc(slices.Clone(w.Services), func(s Service) bool { return s.Shared })
}

// String names the Service.
func (s Service) String() string { return s.Namespace + "/" + s.Name }

// Ready returns the port's ready backends of an IP family, and those that are
// not.
func (p Port) Ready(v6 bool) (ready, unready []Backend) {
	for _, b := range p.Backends {
		switch {
		case V6(b.Address) != v6:
		case b.Ready:
			ready = append(ready, b)
		default:
			unready = append(unready, b)
		}
	}
	return ready, unready
}

// Node returns the number of the node of that name; -1 if there is none.
func (w *World) Node(name string) int {
	return slices.IndexFunc(w.Nodes, func(n Node) bool { return n.Name == name })
}

// natural compares names such that node-2 comes before node-10.
func natural(a, b string) int {
	stem := func(s string) string { return strings.TrimRight(s, "0123456789") }
	if stem(a) == stem(b) {
		return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
	}
	return strings.Compare(a, b)
}

// Endpoint renders an address and a port as rules write them.
func (b Backend) Endpoint() string { return fmt.Sprintf("%s . %d", b.Address, b.Port) }
