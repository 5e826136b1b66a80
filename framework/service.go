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
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/test/e2e/framework"
	e2eservice "k8s.io/kubernetes/test/e2e/framework/service"
	"k8s.io/utils/ptr"

	"sigs.k8s.io/service-e2e/matrix"
)

// Service is a Service under test, or a control, with its frontends as table
// columns.
type Service struct {
	*v1.Service
	t *Topology
}

// ServicePort returns a port of a Service whose backends are [Backend]s.
func ServicePort(port int32, protocol v1.Protocol) v1.ServicePort {
	return v1.ServicePort{
		Name:       fmt.Sprintf("%s-%d", strings.ToLower(string(protocol)), port),
		Protocol:   protocol,
		Port:       port,
		TargetPort: intstr.FromInt(Ports{HTTP: httpPort, UDP: udpPort, SCTP: sctpPort}.Of(protocol)),
	}
}

// CreateService creates a Service of type ClusterIP in the spec's namespace
// that selects a group of backends; tweaks make it anything else.
func (t *Topology) CreateService(ctx context.Context, name, group string, port v1.ServicePort, tweaks ...func(*v1.Service)) *Service {
	ginkgo.GinkgoHelper()
	service := &v1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       v1.ServiceSpec{Selector: Selector(group), Ports: []v1.ServicePort{port}},
	}
	for _, tweak := range tweaks {
		tweak(service)
	}
	created, err := t.f.ClientSet.CoreV1().Services(t.f.Namespace.Name).Create(ctx, service, metav1.CreateOptions{})
	framework.ExpectNoError(err, "creating Service %s", name)
	t.unsettled = true
	s := &Service{Service: created, t: t}
	t.services = append(t.services, s)
	return s
}

// ExistingService returns a Service that is not the spec's own, such as those
// that belong to the cluster.
func (t *Topology) ExistingService(ctx context.Context, namespace, name string) *Service {
	ginkgo.GinkgoHelper()
	service, err := t.f.ClientSet.CoreV1().Services(namespace).Get(ctx, name, metav1.GetOptions{})
	framework.ExpectNoError(err, "getting Service %s/%s", namespace, name)
	s := &Service{Service: service, t: t}
	t.services = append(t.services, s)
	return s
}

// DualStack gives a Service both IP families where the cluster has both.
func DualStack() func(*v1.Service) {
	return func(s *v1.Service) { s.Spec.IPFamilyPolicy = ptr.To(v1.IPFamilyPolicyPreferDualStack) }
}

// OfType sets the type of a Service.
func OfType(serviceType v1.ServiceType) func(*v1.Service) {
	return func(s *v1.Service) { s.Spec.Type = serviceType }
}

// Targeting returns the port with another target port: a number, or the name
// of a container port.
func Targeting(port v1.ServicePort, target intstr.IntOrString) v1.ServicePort {
	port.TargetPort = target
	return port
}

// WithPort adds a port to a Service.
func WithPort(port v1.ServicePort) func(*v1.Service) {
	return func(s *v1.Service) { s.Spec.Ports = append(s.Spec.Ports, port) }
}

// Update changes the Service and keeps the result.
func (s *Service) Update(ctx context.Context, change func(*v1.Service)) {
	ginkgo.GinkgoHelper()
	ginkgo.By("changing Service " + s.Name)
	updated, err := e2eservice.UpdateService(ctx, s.t.f.ClientSet, s.Namespace, s.Name, change)
	framework.ExpectNoError(err, "updating Service %s", s.Name)
	// What it had before may be gone.
	s.t.flows.delete(s.addresses())
	s.Service = updated
	s.t.unsettled, s.t.changed = true, time.Now()
	s.t.flows.delete(s.addresses())
}

// addresses returns the addresses of the Service's own frontends.
func (s *Service) addresses() []string {
	addresses := slices.Concat(s.Spec.ClusterIPs, s.Spec.ExternalIPs)
	for _, ingress := range s.Status.LoadBalancer.Ingress {
		addresses = append(addresses, ingress.IP)
	}
	return addresses
}

// Delete deletes the Service. Its columns can still be probed.
func (s *Service) Delete(ctx context.Context) {
	ginkgo.GinkgoHelper()
	ginkgo.By("deleting Service " + s.Name)
	err := s.t.f.ClientSet.CoreV1().Services(s.Namespace).Delete(ctx, s.Name, metav1.DeleteOptions{})
	framework.ExpectNoError(err, "deleting Service %s", s.Name)
	s.t.flows.delete(s.addresses())
	// Whoever answers with its address now means nobody.
	s.t.services = slices.DeleteFunc(s.t.services, func(other *Service) bool { return other == s })
}

// VIP returns the columns of the Service's ClusterIP, one per port.
func (s *Service) VIP() []matrix.Column {
	var columns []matrix.Column
	for _, port := range s.Spec.Ports {
		columns = append(columns, s.VIPPort(port.Port, port.Protocol)...)
	}
	return columns
}

// VIPPort returns the columns of one port of the Service's ClusterIPs, one per
// IP family, whether the Service defines that port or not.
func (s *Service) VIPPort(port int32, protocol v1.Protocol) []matrix.Column {
	var columns []matrix.Column
	for _, address := range s.Spec.ClusterIPs {
		column := s.column(matrix.FrontendClusterIP, address, int(port), protocol)
		column.Name = fmt.Sprintf("%s %s:%d/%s", s.Name, s.label("VIP", address), port, protocol)
		columns = append(columns, column)
	}
	return columns
}

// column returns a column of the Service without a name.
func (s *Service) column(kind matrix.FrontendKind, address string, port int, protocol v1.Protocol) matrix.Column {
	return matrix.Column{
		Kind:     kind,
		Role:     matrix.RoleSubject,
		Service:  s.Name,
		Address:  address,
		Port:     port,
		Protocol: string(protocol),
		Family:   string(ipFamily(address)),
	}
}

// label marks the name of a frontend of the IPv6 half of a dual-stack Service.
func (s *Service) label(name, address string) string {
	family := ipFamily(address)
	switch {
	case len(s.Spec.IPFamilies) > 0 && family != s.Spec.IPFamilies[0] && family == v1.IPv4Protocol:
		return name + "4"
	case family == v1.IPv6Protocol && (len(s.Spec.IPFamilies) != 1 || s.Spec.IPFamilies[0] != family):
		return name + "6"
	default:
		return name
	}
}

// LoadBalancer returns the columns of the addresses in the Service's
// status.loadBalancer, one per address and port.
func (s *Service) LoadBalancer() []matrix.Column {
	var addresses []string
	for _, ingress := range s.Status.LoadBalancer.Ingress {
		if ingress.IP != "" {
			addresses = append(addresses, ingress.IP)
		}
	}
	return s.frontends(matrix.FrontendLoadBalancer, "LB", addresses)
}

// LoadBalancerPort returns the columns of one port of the addresses in the
// Service's status.loadBalancer, whether the Service defines that port or not.
func (s *Service) LoadBalancerPort(port int32, protocol v1.Protocol) []matrix.Column {
	other := s.DeepCopy()
	other.Spec.Ports = []v1.ServicePort{{Port: port, Protocol: protocol}}
	return (&Service{Service: other, t: s.t}).LoadBalancer()
}

// ExternalIPs returns the columns of the Service's externalIPs, one per address
// and port.
func (s *Service) ExternalIPs() []matrix.Column {
	return s.frontends(matrix.FrontendExternalIP, "EIP", s.Spec.ExternalIPs)
}

// frontends returns one column per address and port of the Service. Several
// addresses of an IP family are told apart by themselves.
func (s *Service) frontends(kind matrix.FrontendKind, label string, addresses []string) []matrix.Column {
	perFamily := map[v1.IPFamily]int{}
	for _, address := range addresses {
		perFamily[ipFamily(address)]++
	}
	var columns []matrix.Column
	for _, address := range addresses {
		for _, port := range s.Spec.Ports {
			column := s.column(kind, address, int(port.Port), port.Protocol)
			name := s.label(label, address)
			if perFamily[ipFamily(address)] > 1 {
				name += " " + address
			}
			column.Name = fmt.Sprintf("%s %s:%d/%s", s.Name, name, port.Port, port.Protocol)
			columns = append(columns, column)
		}
	}
	return columns
}

// Loopbacks returns the columns of the Service's node ports on the loopback
// address: each source's own, so for a host-network client its node's.
func (s *Service) Loopbacks() []matrix.Column {
	var columns []matrix.Column
	for _, family := range s.Spec.IPFamilies {
		for _, port := range s.Spec.Ports {
			column := s.column(matrix.FrontendLoopback, Loopback(family), int(port.NodePort), port.Protocol)
			column.Name = fmt.Sprintf("%s %s:%d/%s", s.Name, s.label("loopback", column.Address), port.Port, port.Protocol)
			columns = append(columns, column)
		}
	}
	return columns
}

// HealthChecks returns the columns of the Service's healthCheckNodePort, one per
// node. The answers are [Health].
func (s *Service) HealthChecks() []matrix.Column {
	columns := s.t.nodePortColumns(s, s.Spec.IPFamilies, "HC", s.Spec.HealthCheckNodePort, v1.ProtocolTCP)
	for i := range columns {
		columns[i].Kind = matrix.FrontendHealthCheck
		columns[i].Request = string(HealthCheck)
	}
	return columns
}

// ByName returns the columns of the Service's DNS name, one per port: the
// source looks the name up and connects to what it gets.
func (s *Service) ByName() []matrix.Column {
	name := fmt.Sprintf("%s.%s.svc.%s", s.Name, s.Namespace, framework.TestContext.ClusterDNSDomain)
	var columns []matrix.Column
	for _, port := range s.Spec.Ports {
		column := s.column(matrix.FrontendDNS, name, int(port.Port), port.Protocol)
		column.Family = string(s.t.Families[0])
		column.Name = fmt.Sprintf("%s name:%d/%s", s.Name, port.Port, port.Protocol)
		columns = append(columns, column)
	}
	return columns
}

// SourceSeen turns columns into ones that ask the backend which source address
// it sees instead of who it is. The answers are [SourceKept] and
// [SourceRewritten].
func SourceSeen(columns []matrix.Column) []matrix.Column {
	return asking(columns, "src %s", string(ClientIP))
}

// NodePorts returns the columns of the Service's node ports, one per node, port
// and IP family of the Service.
func (s *Service) NodePorts() []matrix.Column {
	return s.NodePortsOver(s.Spec.IPFamilies...)
}

// NodePortsOver returns the columns of the Service's node ports over IP families
// that the Service may have or not.
func (s *Service) NodePortsOver(families ...v1.IPFamily) []matrix.Column {
	var columns []matrix.Column
	for _, port := range s.Spec.Ports {
		if port.NodePort == 0 {
			continue
		}
		label := "NP"
		if len(s.Spec.Ports) > 1 {
			label = fmt.Sprintf("NP:%d", port.Port)
		}
		columns = append(columns, s.t.nodePortColumns(s, families, label, port.NodePort, port.Protocol)...)
	}
	return columns
}

// PlannedNodePorts returns the columns of the node port that the Service is going
// to have by a port, one per node and IP family of the Service.
func (s *Service) PlannedNodePorts(port v1.ServicePort) []matrix.Column {
	return s.t.nodePortColumns(s, s.Spec.IPFamilies, fmt.Sprintf("NP:%d", port.Port), port.NodePort, port.Protocol)
}

// nodePortColumns returns the columns for a port of the nodes, one per IP family
// and node.
func (t *Topology) nodePortColumns(s *Service, families []v1.IPFamily, label string, port int32, protocol v1.Protocol) []matrix.Column {
	var columns []matrix.Column
	for _, family := range families {
		for _, node := range t.Nodes {
			address := node.Address(family)
			if address == "" {
				continue
			}
			column := s.column(matrix.FrontendNodePort, address, int(port), protocol)
			column.Name = fmt.Sprintf("%s %s/%s@%s", s.Name, s.label(label, address), protocol, node.Name)
			column.Node = node.Name
			columns = append(columns, column)
		}
	}
	return columns
}

// UnallocatedNodePort returns the columns of a node port that no Service has,
// one per node. It is a negative control: nothing may answer there.
func (t *Topology) UnallocatedNodePort(ctx context.Context, protocol v1.Protocol) []matrix.Column {
	ginkgo.GinkgoHelper()
	used := t.usedNodePorts(ctx)
	// Not where specs that run side by side choose theirs.
	for _, offset := range rand.Perm(unlikelyAllocated - chosenNodePorts) {
		port := int32(e2eservice.NodePortRange.Base + offset)
		if !used[port] {
			nobody := &Service{Service: &v1.Service{ObjectMeta: metav1.ObjectMeta{Name: "no Service"}}, t: t}
			columns := t.nodePortColumns(nobody, t.Families[:1], "NP", port, protocol)
			for i := range columns {
				columns[i].Service = ""
			}
			return columns
		}
	}
	framework.Failf("all of the first %d node ports from %d on are in use; free one, the spec needs it as a negative control", unlikelyAllocated-chosenNodePorts, e2eservice.NodePortRange.Base)
	return nil
}
