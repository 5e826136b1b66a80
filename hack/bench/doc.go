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

// Command bench measures how many probes of a Service per second each way of
// probing makes, side by side on one cluster: exec'd "agnhost connect", which
// is how network policy suites probe, against this project's prober.
//
// It makes its own namespace, with a client on every node and one backend
// behind a ClusterIP, and deletes it in the end. It fails if the prober has
// lost its lead.
package main
