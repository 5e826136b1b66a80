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

// Package fault is the library of faults: each is one way in which Services are
// known to break in the field, how to break a node's real data plane the same
// way, and what a perfect diagnosis says.
//
// Start reading at [Library]. Nearly all faults are rules that come before those
// of kube-proxy (see package rules); the rest stop a program, change the state of a
// pod, or of connection tracking. An [Injection] holds one in place while the
// addresses that it is aimed at come and go.
package fault
