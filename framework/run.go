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
	"time"

	"github.com/onsi/ginkgo/v2"
	coordinationv1 "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/kubernetes/test/e2e/framework"
	"k8s.io/utils/ptr"
)

const (
	// runLabel is on every namespace of a run; its value is the run's name.
	runLabel = "service-e2e.sigs.k8s.io/run"
	// runLease is the Lease in the run's shared namespace that says that the
	// run is alive.
	runLease = "run"
)

// sharedNamespace is the name of the namespace that all specs of a run share.
func sharedNamespace(run string) string {
	return "service-e2e-" + run
}

// labelNamespaces makes every namespace that upstream's framework creates for
// a spec carry the run's name, so that a later run can tell what a killed run
// has left. It ends the run if somebody has deleted what all its specs need: the
// cells of all of them would be ERROR.
func labelNamespaces(run string) {
	framework.TestContext.CreateTestingNS = func(ctx context.Context, baseName string, client clientset.Interface, labels map[string]string) (*v1.Namespace, error) {
		if gone, err := sharedIsGone(ctx, client, run); err != nil {
			return nil, err
		} else if gone {
			ginkgo.AbortSuite(fmt.Sprintf("the namespace %s, with the clients of this run in it, was deleted while the run needed it: find out by whom, and run the suite again", sharedNamespace(run)))
		}
		labels[runLabel] = run
		return framework.CreateTestingNS(ctx, baseName, client, labels)
	}
}

// sharedIsGone reports whether the namespace that all specs share was deleted.
func sharedIsGone(ctx context.Context, client clientset.Interface, run string) (bool, error) {
	namespace, err := client.CoreV1().Namespaces().Get(ctx, sharedNamespace(run), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading namespace %s: %w", sharedNamespace(run), err)
	}
	return namespace.DeletionTimestamp != nil, nil
}

// keepAlive creates the run's Lease and renews it until ctx ends.
func keepAlive(ctx context.Context, client clientset.Interface, run string) error {
	leases := client.CoordinationV1().Leases(sharedNamespace(run))
	now := metav1.NowMicro()
	lease, err := leases.Create(ctx, &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Name: runLease},
		Spec: coordinationv1.LeaseSpec{
			HolderIdentity:       ptr.To(run),
			RenewTime:            &now,
			LeaseDurationSeconds: ptr.To(int32(Timeouts.LeaseExpiry.Seconds())),
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("creating lease %s/%s: %w", sharedNamespace(run), runLease, err)
	}
	go wait.UntilWithContext(ctx, func(ctx context.Context) {
		lease.Spec.RenewTime = ptr.To(metav1.NowMicro())
		updated, err := leases.Update(ctx, lease, metav1.UpdateOptions{})
		if err != nil {
			if ctx.Err() == nil {
				framework.Logf("Renewing the lease of this run: %v", err)
			}
			return
		}
		lease = updated
	}, Timeouts.LeaseRenewal)
	return nil
}

// removeDeadRuns deletes the namespaces of runs that were killed: those whose
// Lease has expired or is gone. Runs that are alive are left alone.
func removeDeadRuns(ctx context.Context, client clientset.Interface) error {
	namespaces, err := client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: runLabel})
	if err != nil {
		return fmt.Errorf("listing namespaces of earlier runs: %w", err)
	}
	alive := map[string]bool{}
	for i := range namespaces.Items {
		namespace := &namespaces.Items[i]
		run := namespace.Labels[runLabel]
		if _, known := alive[run]; !known {
			if alive[run], err = runIsAlive(ctx, client, run, time.Now()); err != nil {
				return err
			}
		}
		if alive[run] || namespace.DeletionTimestamp != nil || time.Since(namespace.CreationTimestamp.Time) < Timeouts.LeaseExpiry {
			continue
		}
		framework.Logf("Removing namespace %s, which the dead run %s has left", namespace.Name, run)
		if err := client.CoreV1().Namespaces().Delete(ctx, namespace.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("deleting namespace %s of an earlier run: %w", namespace.Name, err)
		}
	}
	return nil
}

func runIsAlive(ctx context.Context, client clientset.Interface, run string, now time.Time) (bool, error) {
	lease, err := client.CoordinationV1().Leases(sharedNamespace(run)).Get(ctx, runLease, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading lease %s/%s: %w", sharedNamespace(run), runLease, err)
	}
	return lease.Spec.RenewTime != nil && now.Sub(lease.Spec.RenewTime.Time) < Timeouts.LeaseExpiry, nil
}
