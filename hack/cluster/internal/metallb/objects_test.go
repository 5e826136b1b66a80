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

package metallb

import (
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// manifest has what matters of MetalLB's own, in its order.
const manifest = `apiVersion: v1
kind: Namespace
metadata: {name: metallb-system}
---
apiVersion: v1
kind: Secret
metadata: {name: metallb-webhook-cert, namespace: metallb-system}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: controller, namespace: metallb-system}
spec:
  template:
    spec:
      containers:
      - {name: controller, livenessProbe: {initialDelaySeconds: 10}, readinessProbe: {initialDelaySeconds: 10, periodSeconds: 10}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: speaker, namespace: metallb-system}
spec:
  template:
    spec:
      containers:
      - {name: speaker, readinessProbe: {initialDelaySeconds: 10, periodSeconds: 10}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: metallb-webhook-configuration}
`

func names(objects []*unstructured.Unstructured) []string {
	var all []string
	for _, object := range objects {
		all = append(all, object.GetKind()+" "+object.GetName())
	}
	return all
}

func TestObjects(t *testing.T) {
	pool, err := Pool([]string{"192.0.2.1-192.0.2.9"})
	if err != nil {
		t.Fatal(err)
	}
	objects, err := Objects(strings.NewReader(manifest), Secrets{CACert: []byte("ca"), Members: "secret"}, pool)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"Namespace metallb-system", "Secret memberlist", "Secret metallb-webhook-cert",
		"Deployment controller", "DaemonSet speaker", "IPAddressPool nodes", "L2Advertisement nodes",
		"ValidatingWebhookConfiguration metallb-webhook-configuration",
	}
	if got := names(objects); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, tc := range []struct {
		object int
		path   []string
		want   string
	}{
		{1, []string{"data", "secretkey"}, "c2VjcmV0"},
		{2, []string{"data", "ca.crt"}, "Y2E="},
	} {
		if got, _, err := unstructured.NestedString(objects[tc.object].Object, tc.path...); got != tc.want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", tc.path, got, err, tc.want)
		}
	}
	for _, workload := range objects[3:5] {
		containers, _, err := unstructured.NestedSlice(workload.Object, "spec", "template", "spec", "containers")
		if err != nil || len(containers) != 1 {
			t.Fatalf("%s: %v, %v", workload.GetName(), containers, err)
		}
		container := containers[0].(map[string]any)
		readiness := container["readinessProbe"].(map[string]any)
		if _, delayed := readiness["initialDelaySeconds"]; delayed || readiness["periodSeconds"] != 10.0 {
			t.Errorf("%s: got readiness probe %v", workload.GetName(), readiness)
		}
		startup := container["startupProbe"].(map[string]any)
		if startup["periodSeconds"] != int64(1) {
			t.Errorf("%s: got startup probe %v", workload.GetName(), startup)
		}
	}
}

func TestObjectsOfAnotherManifest(t *testing.T) {
	for _, kind := range []string{"Secret", "Deployment", "DaemonSet", "ValidatingWebhookConfiguration"} {
		other := strings.Replace(manifest, "kind: "+kind, "kind: Other", 1)
		if _, err := Objects(strings.NewReader(other), Secrets{}, nil); err == nil {
			t.Errorf("without %s: want an error", kind)
		}
	}
	silent := strings.Replace(manifest, "readinessProbe", "startupProbe", 1)
	if _, err := Objects(strings.NewReader(silent), Secrets{}, nil); err == nil {
		t.Error("without a probe: want an error")
	}
}

func TestPool(t *testing.T) {
	ranges := []string{"172.18.0.200-172.18.0.250", "fd00:172:18::200-fd00:172:18::250"}
	objects, err := Pool(ranges)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := unstructured.NestedStringSlice(objects[0].Object, "spec", "addresses")
	if err != nil || !slices.Equal(got, ranges) {
		t.Errorf("got %q, %v, want %q", got, err, ranges)
	}
	for _, object := range objects {
		if object.GetNamespace() != Namespace {
			t.Errorf("%s is in namespace %q", object.GetKind(), object.GetNamespace())
		}
	}
	if _, err := Pool(nil); err == nil {
		t.Error("without addresses: want an error")
	}
}
