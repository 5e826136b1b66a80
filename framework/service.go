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
	"strings"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/test/e2e/framework"
	e2eservice "k8s.io/kubernetes/test/e2e/framework/service"

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
		TargetPort: intstr.FromInt(Ports{HTTP: httpPort, UDP: udpPort}.Of(protocol)),
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
	return &Service{Service: created, t: t}
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
	updated, err := e2eservice.UpdateService(ctx, s.t.f.ClientSet, s.Namespace, s.Name, change)
	framework.ExpectNoError(err, "updating Service %s", s.Name)
	s.Service = updated
	s.t.unsettled = true
	s.t.flows.deleted[s.Spec.ClusterIP] = true
}

// Delete deletes the Service. Its columns can still be probed.
func (s *Service) Delete(ctx context.Context) {
	ginkgo.GinkgoHelper()
	err := s.t.f.ClientSet.CoreV1().Services(s.Namespace).Delete(ctx, s.Name, metav1.DeleteOptions{})
	framework.ExpectNoError(err, "deleting Service %s", s.Name)
	s.t.flows.deleted[s.Spec.ClusterIP] = true
}

// VIP returns the columns of the Service's ClusterIP, one per port.
func (s *Service) VIP() []matrix.Column {
	var columns []matrix.Column
	for _, port := range s.Spec.Ports {
		columns = append(columns, s.VIPPort(port.Port, port.Protocol))
	}
	return columns
}

// VIPPort returns the column of one port of the Service's ClusterIP, whether
// the Service defines that port or not.
func (s *Service) VIPPort(port int32, protocol v1.Protocol) matrix.Column {
	return matrix.Column{
		Name:     fmt.Sprintf("%s VIP:%d/%s", s.Name, port, protocol),
		Kind:     matrix.FrontendClusterIP,
		Role:     matrix.RoleSubject,
		Service:  s.Name,
		Address:  s.Spec.ClusterIP,
		Port:     int(port),
		Protocol: string(protocol),
		Family:   string(ipFamily(s.Spec.ClusterIP)),
	}
}

// SourceSeen turns columns into ones that ask the backend which source address
// it sees instead of who it is. The answers are [SourceKept] and
// [SourceRewritten].
func SourceSeen(columns []matrix.Column) []matrix.Column {
	var asking []matrix.Column
	for _, column := range columns {
		column.Name = "src " + column.Name
		column.Request = string(ClientIP)
		asking = append(asking, column)
	}
	return asking
}

// NodePorts returns the columns of the Service's node ports, one per node and
// port.
func (s *Service) NodePorts() []matrix.Column {
	var columns []matrix.Column
	for _, port := range s.Spec.Ports {
		if port.NodePort == 0 {
			continue
		}
		label := s.Name + " NP"
		if len(s.Spec.Ports) > 1 {
			label = fmt.Sprintf("%s NP:%d", s.Name, port.Port)
		}
		columns = append(columns, s.t.nodePortColumns(label, s.Name, port.NodePort, port.Protocol)...)
	}
	return columns
}

// nodePortColumns returns one column per node for a port of the nodes.
func (t *Topology) nodePortColumns(label, service string, port int32, protocol v1.Protocol) []matrix.Column {
	var columns []matrix.Column
	for _, node := range t.Nodes {
		columns = append(columns, matrix.Column{
			Name:     fmt.Sprintf("%s/%s@%s", label, protocol, node.Name),
			Kind:     matrix.FrontendNodePort,
			Role:     matrix.RoleSubject,
			Service:  service,
			Node:     node.Name,
			Address:  node.Address,
			Port:     int(port),
			Protocol: string(protocol),
			Family:   string(ipFamily(node.Address)),
		})
	}
	return columns
}

// UnallocatedNodePort returns the columns of a node port that no Service has,
// one per node. It is a negative control: nothing may answer there.
func (t *Topology) UnallocatedNodePort(ctx context.Context, protocol v1.Protocol) []matrix.Column {
	ginkgo.GinkgoHelper()
	services, err := t.f.ClientSet.CoreV1().Services(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	framework.ExpectNoError(err, "listing the node ports in use")
	used := map[int32]bool{}
	for _, service := range services.Items {
		used[service.Spec.HealthCheckNodePort] = true
		for _, port := range service.Spec.Ports {
			used[port.NodePort] = true
		}
	}
	// The allocator hands out ports of the upper part of the range first
	// (KEP-3668), so the lower part is where a port stays unallocated.
	const unlikelyAllocated = 86
	for _, offset := range rand.Perm(unlikelyAllocated) {
		port := int32(e2eservice.NodePortRange.Base + offset)
		if !used[port] {
			return t.nodePortColumns("no Service", "", port, protocol)
		}
	}
	framework.Failf("all of the first %d node ports from %d on are in use; free one, the spec needs it as a negative control", unlikelyAllocated, e2eservice.NodePortRange.Base)
	return nil
}
