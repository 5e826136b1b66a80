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
	"slices"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/utils/ptr"
)

func namespaceOfRun(name, run string, age time.Duration) *v1.Namespace {
	namespace := &v1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.NewTime(time.Now().Add(-age))}}
	if run != "" {
		namespace.Labels = map[string]string{runLabel: run}
	}
	return namespace
}

func leaseOfRun(run string, age time.Duration) *coordinationv1.Lease {
	renewed := metav1.NewMicroTime(time.Now().Add(-age))
	return &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: sharedNamespace(run), Name: runLease},
		Spec:       coordinationv1.LeaseSpec{RenewTime: &renewed},
	}
}

func TestRemoveDeadRuns(t *testing.T) {
	objects := []runtime.Object{
		namespaceOfRun("kube-system", "", 100*time.Hour),
		namespaceOfRun(sharedNamespace("alive"), "alive", time.Hour),
		namespaceOfRun("clusterip-1", "alive", time.Hour),
		leaseOfRun("alive", 5*time.Second),
		namespaceOfRun(sharedNamespace("dead"), "dead", time.Hour),
		namespaceOfRun("clusterip-2", "dead", time.Hour),
		leaseOfRun("dead", 5*time.Minute),
		// Its shared namespace is gone already, this one was left.
		namespaceOfRun("clusterip-3", "gone", time.Hour),
		// It begins right now, its Lease comes a moment later.
		namespaceOfRun(sharedNamespace("new"), "new", time.Second),
	}
	client := fake.NewClientset(objects...)
	if err := removeDeadRuns(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	left, err := client.CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, namespace := range left.Items {
		names = append(names, namespace.Name)
	}
	slices.Sort(names)
	if want := []string{"clusterip-1", "kube-system", sharedNamespace("alive"), sharedNamespace("new")}; !slices.Equal(names, want) {
		t.Errorf("left %v, want %v", names, want)
	}
}

func TestKeepAlive(t *testing.T) {
	before := Timeouts
	t.Cleanup(func() { Timeouts = before })
	Timeouts.LeaseRenewal = 5 * time.Millisecond
	client := fake.NewClientset()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	if err := keepAlive(ctx, client, "me"); err != nil {
		t.Fatal(err)
	}
	renewed := func() time.Time {
		lease, err := client.CoordinationV1().Leases(sharedNamespace("me")).Get(t.Context(), runLease, metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return lease.Spec.RenewTime.Time
	}
	first := renewed()
	for deadline := time.Now().Add(5 * time.Second); !renewed().After(first); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the lease was not renewed")
		}
	}
	if alive, err := runIsAlive(t.Context(), client, "me", time.Now()); err != nil || !alive {
		t.Errorf("alive %v, err %v", alive, err)
	}
}

func TestSharedIsGone(t *testing.T) {
	going := namespaceOfRun(sharedNamespace("going"), "going", time.Hour)
	going.DeletionTimestamp, going.Finalizers = ptr.To(metav1.Now()), []string{"kubernetes"}
	client := fake.NewClientset(namespaceOfRun(sharedNamespace("here"), "here", time.Hour), going)
	for run, want := range map[string]bool{"here": false, "going": true, "gone": true} {
		if gone, err := sharedIsGone(t.Context(), client, run); err != nil || gone != want {
			t.Errorf("%s: gone %v, err %v", run, gone, err)
		}
	}
}
