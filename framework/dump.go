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

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/kubernetes/test/e2e/framework"
	e2epod "k8s.io/kubernetes/test/e2e/framework/pod"
)

// DumpNamespace logs what may explain a failure besides the table: the pods of
// a namespace and the warnings about them. Upstream's own dump adds pages about
// every node, in which the table is lost.
func DumpNamespace(ctx context.Context, f *framework.Framework, namespace string) {
	pods, err := f.ClientSet.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		framework.Logf("Listing the pods of namespace %s: %v", namespace, err)
		return
	}
	e2epod.LogPodStates(pods.Items)
	events, err := f.ClientSet.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{
		FieldSelector: fields.OneTermEqualSelector("type", v1.EventTypeWarning).String(),
	})
	if err != nil {
		framework.Logf("Listing the events of namespace %s: %v", namespace, err)
		return
	}
	for _, event := range events.Items {
		framework.Logf("Warning about %s: %s: %s", event.InvolvedObject.Name, event.Reason, event.Message)
	}
}
