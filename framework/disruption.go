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
	"github.com/onsi/ginkgo/v2"
	"k8s.io/kubernetes/test/e2e/framework"
	e2eskipper "k8s.io/kubernetes/test/e2e/framework/skipper"
)

// Disruptive is --svc.disruptive.
var Disruptive bool

// NeedDisruption skips the spec unless the cluster may be disrupted: the flag
// says so, or the kubeconfig of a cluster that was made to be broken.
func (t *Topology) NeedDisruption() {
	ginkgo.GinkgoHelper()
	if !Disruptive && !clusterExtension().Disposable {
		e2eskipper.Skipf("disturbs all users of the cluster; allow it with --svc.disruptive")
	}
}

// clusterExtension returns what the kubeconfig of this run tells beyond the API.
func clusterExtension() extension {
	ginkgo.GinkgoHelper()
	e, err := findExtension(framework.TestContext.KubeConfig, framework.TestContext.KubeContext)
	framework.ExpectNoError(err, "reading what the kubeconfig tells about the cluster")
	return e
}
