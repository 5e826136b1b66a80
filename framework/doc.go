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

// Package framework is everything that touches a cluster: the topology (which
// nodes there are, one client per node, pinned backends), Services and their
// frontends as table columns, the probers, convergence, and the check that
// ties a probed table to a spec's verdict, its failure text and its reports.
//
// It builds on upstream's k8s.io/kubernetes/test/e2e/framework, which specs
// import as framework; this package is imported as e2esvc.
//
// Start reading at [Topology], which is what a spec holds in its hand, and at
// [Topology.Check]. What may not live here: knowledge of a particular Service
// scenario (that is package e2e) and pure table logic (that is package
// matrix).
package framework
