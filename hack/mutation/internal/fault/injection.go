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

package fault

import (
	"context"
	"errors"
	"fmt"
	"time"

	clientset "k8s.io/client-go/kubernetes"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/world"
)

// removalTimeout bounds the removal of a fault, which takes place even after an
// interrupt.
const removalTimeout = time.Minute

// ErrUnmet says that a fault was in place, but that nothing has come by.
var ErrUnmet = errors.New("no packet has met any of the rules")

// Injection is a fault that is in a cluster.
type Injection struct {
	hosts *Hosts
	means means
	stop  context.CancelFunc
	ended chan error
	err   error
}

// Inject puts a fault into a cluster and keeps it there, until it is removed.
func Inject(ctx context.Context, f *Fault, client clientset.Interface, hosts *Hosts) (*Injection, error) {
	watching, stop := context.WithCancel(ctx)
	i := &Injection{hosts: hosts, means: f.means(), stop: stop, ended: make(chan error, 1)}
	first := make(chan struct{})
	begun := false
	go func() {
		i.ended <- world.Watch(watching, client, hosts.External, func(_ context.Context, w *world.World) error {
			// What has been begun on a node is ended even if the watch is.
			err := i.means.apply(context.WithoutCancel(ctx), hosts, w)
			if !begun && err == nil {
				begun = true
				close(first)
			}
			return err
		})
	}()
	select {
	case <-first:
		return i, nil
	case err := <-i.ended:
		i.ended <- err
	case <-ctx.Done():
	}
	err := i.Remove(ctx)
	return nil, fmt.Errorf("injecting %s: %w", f.Name, errors.Join(context.Cause(ctx), i.err, err))
}

// Verify fails if the fault is not in place, or nothing has come of it, which is
// ErrUnmet where that can be told. It is for after the specs, when there was
// something to break.
func (i *Injection) Verify(ctx context.Context) error {
	i.halt()
	if i.err != nil {
		return i.err
	}
	return i.means.verify(ctx, i.hosts)
}

// Remove heals the cluster.
func (i *Injection) Remove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), removalTimeout)
	defer cancel()
	i.halt()
	return i.means.remove(ctx, i.hosts)
}

// halt ends the watch, so that nothing is applied any more.
func (i *Injection) halt() {
	i.stop()
	if i.ended != nil {
		i.err = <-i.ended
		i.ended = nil
	}
}
