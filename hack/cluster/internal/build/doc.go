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

// Package build makes everything that the embedded cluster runs: binaries from
// pinned Go modules (hack/cluster/components, whose go.sum files verify them)
// and image archives from those binaries and Debian packages.
//
// The build is a list of steps. Each step has a key, a hash over all that its
// result depends on, and leaves its result in a directory of the cache that is
// named after the key. A directory appears there by one rename, when it is
// complete, so that an interrupted build leaves nothing half done, and what is
// up to date is recognised by its mere existence.
package build
