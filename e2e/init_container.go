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

package e2e

import (
	"context"
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/test/e2e/framework"
	e2epod "k8s.io/kubernetes/test/e2e/framework/pod"
	admissionapi "k8s.io/pod-security-admission/api"
	"k8s.io/utils/ptr"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/matrix"
)

// Restartable init containers, or sidecars, run as long as the pod and take part
// in its readiness (KEP-753).
var _ = SIGDescribe("Services of restartable init containers", func() {
	f := framework.NewDefaultFramework("sidecar")
	f.NamespacePodSecurityLevel = admissionapi.LevelBaseline

	for _, protocol := range e2esvc.Protocols {
		// PORT-04 and PORT-05
		f.It(fmt.Sprintf("should forward to their ports by number and by name while they are ready over %s", protocol), func(ctx context.Context) {
			t := e2esvc.NewTopology(ctx, f)
			b1 := t.CreateBackends(ctx, e2esvc.BackendSpec{Name: "b1", Group: "web", Node: 0,
				Tweak: func(b *e2esvc.Backend, c *v1.Container) {
					namingPort("side", protocol)(b, c)
					c.ReadinessProbe.ProbeHandler = v1.ProbeHandler{Exec: &v1.ExecAction{Command: []string{"test", "!", "-e", unreadyFile}}}
					c.ReadinessProbe.FailureThreshold = 1
				},
				Pod: asSidecar})[0]
			web := t.CreateService(ctx, "web", "web", e2esvc.ServicePort(80, protocol),
				e2esvc.WithPort(e2esvc.Targeting(e2esvc.ServicePort(81, protocol), intstr.FromString("side"))),
				// A name that no container of the pod declares.
				e2esvc.WithPort(e2esvc.Targeting(e2esvc.ServicePort(82, protocol), intstr.FromString("other"))))
			check := func(phase string, expected matrix.Expectation) {
				table := t.NewTable(web.VIP())
				table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), expected)
				table.Expect(matrix.AllRows(), matrix.ColumnsIn(web.VIPPort(82, protocol)), matrix.Refuse())
				t.Check(ctx, phase, table)
			}

			check("ready", matrix.Connect("b1"))
			runInBackend(f, b1, "touch", unreadyFile)
			check("not ready", matrix.Refuse())
			runInBackend(f, b1, "rm", unreadyFile)
			check("ready again", matrix.Connect("b1"))
		})
	}
})

// unreadyFile makes a container unready while it exists.
const unreadyFile = "/tmp/unready"

// asSidecar makes the only container of a pod a restartable init container,
// beside one that does nothing.
func asSidecar(pod *v1.Pod) {
	sidecar := pod.Spec.Containers[0]
	sidecar.RestartPolicy = ptr.To(v1.ContainerRestartPolicyAlways)
	pod.Spec.InitContainers = []v1.Container{sidecar}
	pod.Spec.Containers = []v1.Container{e2epod.NewAgnhostContainer("main", nil, nil)}
}

// runInBackend runs a command in the container of a backend.
func runInBackend(f *framework.Framework, b *e2esvc.Backend, command ...string) {
	_, _, err := e2epod.ExecCommandInContainerWithFullOutput(f, b.Pod.Name, b.Name, command...)
	framework.ExpectNoError(err, "running %q in backend %s", command, b.Name)
}
