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

	"sigs.k8s.io/service-e2e/hack/mutation/internal/world"
)

// means is how a fault gets into a cluster and out of it again. It is told
// whenever the world changes, so that it can follow addresses that exist only
// while a spec runs. Its methods are not called concurrently.
type means interface {
	// apply makes the nodes what the fault wants them to be.
	apply(ctx context.Context, hosts *Hosts, w *world.World) error
	// verify fails if the fault is not in place, or has had no effect at all.
	verify(ctx context.Context, hosts *Hosts) error
	// remove undoes everything that was done and fails if any of it is left.
	remove(ctx context.Context, hosts *Hosts) error
}
