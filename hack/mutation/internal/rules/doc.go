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

// Package rules writes nftables rules that come before those of kube-proxy, in
// whichever mode that is, and leave them alone: all are in one table of their
// own, so that deleting the table undoes everything.
//
// The first NAT chain on a hook that sets a mapping wins. Chains of this package
// have a priority just ahead of kube-proxy's.
package rules
