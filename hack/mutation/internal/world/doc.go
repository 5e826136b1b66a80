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

// Package world knows what a cluster looks like right now: its nodes, the
// Services under test with their ports and backends, and the clients. Faults are
// written against it, because addresses exist only while a spec runs.
//
// [Build] makes a World from API objects; [Watch] does so whenever one of them
// changes.
package world
