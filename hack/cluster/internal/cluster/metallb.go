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

package cluster

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"os"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/metallb"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/pki"
)

// deployMetalLB deploys MetalLB in L2 mode, from its own manifest.
func (b *creation) deployMetalLB(ctx context.Context) error {
	objects, err := b.metalLBObjects()
	if err != nil {
		return err
	}
	config, err := newConfig(b.paths)
	if err != nil {
		return err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	for _, object := range objects {
		what := fmt.Sprintf("%s %s to be created", object.GetKind(), object.GetName())
		var rejected error
		err := b.wait(ctx, what, metalLBTimeout, func(ctx context.Context) error {
			err := create(ctx, client, object)
			if apierrors.IsNotFound(err) {
				return err // its definition is not in force yet
			}
			rejected = err
			return nil
		})
		if err != nil {
			return err
		}
		if rejected != nil {
			return fmt.Errorf("creating %s %s: %w", object.GetKind(), object.GetName(), rejected)
		}
	}
	return nil
}

func (b *creation) metalLBObjects() ([]*unstructured.Unstructured, error) {
	manifest, err := os.ReadFile(b.artifacts.MetalLB)
	if err != nil {
		return nil, fmt.Errorf("reading MetalLB's manifest: %w", err)
	}
	pool, err := metallb.Pool(b.plan.LoadBalancerRanges())
	if err != nil {
		return nil, err
	}
	ca, webhook, err := pki.Webhook(metallb.WebhookAuthority, metallb.WebhookHost)
	if err != nil {
		return nil, err
	}
	return metallb.Objects(bytes.NewReader(manifest), metallb.Secrets{
		CACert: ca.Cert, CAKey: ca.Key, Cert: webhook.Cert, Key: webhook.Key, Members: rand.Text(),
	}, pool)
}

// create creates an object of a kind whose resource has the regular plural.
func create(ctx context.Context, client dynamic.Interface, object *unstructured.Unstructured) error {
	resource, _ := meta.UnsafeGuessKindToResource(object.GroupVersionKind())
	var err error
	if namespace := object.GetNamespace(); namespace != "" {
		_, err = client.Resource(resource).Namespace(namespace).Create(ctx, object, metav1.CreateOptions{})
	} else {
		_, err = client.Resource(resource).Create(ctx, object, metav1.CreateOptions{})
	}
	return err
}
