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

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	e2eskipper "k8s.io/kubernetes/test/e2e/framework/skipper"
)

// NeedNodes skips the spec if there are fewer schedulable nodes.
func (t *Topology) NeedNodes(count int) {
	ginkgo.GinkgoHelper()
	if len(t.Nodes) < count {
		e2eskipper.Skipf("needs %d schedulable nodes, there is %d", count, len(t.Nodes))
	}
}

// NeedExternalIPs skips the spec if the cluster does not admit externalIPs.
func (t *Topology) NeedExternalIPs(ctx context.Context) {
	ginkgo.GinkgoHelper()
	_, err := t.f.ClientSet.CoreV1().Services(t.f.Namespace.Name).Create(ctx, &v1.Service{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "external-ips-"},
		Spec: v1.ServiceSpec{
			Ports:       []v1.ServicePort{ServicePort(80, v1.ProtocolTCP)},
			ExternalIPs: []string{t.UnusedAddress(ctx, t.Families[0])},
		},
	}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if apierrors.IsForbidden(err) {
		e2eskipper.Skipf("needs externalIPs, which the cluster does not admit: %v", err)
	}
	framework.ExpectNoError(err, "trying whether externalIPs are admitted")
}
