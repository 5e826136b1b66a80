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

// Package host makes hosts out of namespaces. A host is a pid, mount, uts, ipc
// and cgroup namespace inside of a named network namespace, and a process 1
// that sets up the mounts, starts the host's services, restarts what dies, and
// reaps what is orphaned. Killing process 1 switches the host off.
//
// Start at Spec, then Start (in the process that wants a host), Enter (half
// way in) and Init (process 1).
package host
