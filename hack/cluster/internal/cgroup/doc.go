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

// Package cgroup gives a cluster its own group in every cgroup hierarchy of
// the machine, version 1, 2 or both side by side. Membership is how a process
// is known to belong to a cluster: it is inherited, cannot be lost, and needs
// no file of ours. The hierarchies themselves are used as they are mounted.
package cgroup
