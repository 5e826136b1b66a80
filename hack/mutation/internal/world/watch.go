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

package world

import (
	"context"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
)

// Watch calls changed with the World as it is, and again whenever an object of
// which it is made has changed, one call at a time. It returns when ctx ends, or
// with the first error of changed.
func Watch(ctx context.Context, client clientset.Interface, external []string, changed func(context.Context, *World) error) error {
	ctx, cancel := context.WithCancel(ctx)
	ranges, err := serviceCIDRs(ctx, client)
	if err != nil {
		cancel()
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	defer factory.Shutdown()
	defer cancel() // first, or Shutdown waits for ever
	var (
		nodes     = factory.Core().V1().Nodes()
		services  = factory.Core().V1().Services()
		endpoints = factory.Discovery().V1().EndpointSlices()
		pods      = factory.Core().V1().Pods()
		dirty     = make(chan struct{}, 1)
	)
	mark := func() {
		select {
		case dirty <- struct{}{}:
		default: // is marked already
		}
	}
	for _, informer := range []cache.SharedIndexInformer{nodes.Informer(), services.Informer(), endpoints.Informer(), pods.Informer()} {
		_, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    func(any) { mark() },
			UpdateFunc: func(any, any) { mark() },
			DeleteFunc: func(any) { mark() },
		})
		if err != nil {
			return fmt.Errorf("watching the cluster: %w", err)
		}
	}
	factory.Start(ctx.Done())
	for kind, synced := range factory.WaitForCacheSync(ctx.Done()) {
		if !synced {
			return fmt.Errorf("watching the cluster: the list of %v did not come", kind)
		}
	}
	mark()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-dirty:
		}
		o := Objects{ServiceCIDRs: ranges}
		errs := make([]error, 4)
		o.Nodes, errs[0] = nodes.Lister().List(labels.Everything())
		o.Services, errs[1] = services.Lister().List(labels.Everything())
		o.EndpointSlices, errs[2] = endpoints.Lister().List(labels.Everything())
		o.Pods, errs[3] = pods.Lister().List(labels.Everything())
		err := errors.Join(errs...)
		if err == nil {
			err = changed(ctx, Build(o, external))
		}
		if err != nil && ctx.Err() == nil {
			return err
		}
	}
}

// serviceCIDRs returns the ranges that ClusterIPs are taken from.
func serviceCIDRs(ctx context.Context, client clientset.Interface) ([]string, error) {
	list, err := client.NetworkingV1().ServiceCIDRs().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing the ranges of ClusterIPs: %w", err)
	}
	var all []string
	for _, item := range list.Items {
		all = append(all, item.Spec.CIDRs...)
	}
	return all, nil
}
