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

// Command mutation measures the suite: it injects known faults into the real data
// plane of embedded clusters, one at a time, and scores whether the suite detects
// each, names the right place, accuses nobody else, and is green again when the
// fault is gone.
//
// Faults are in internal/fault (start at library.go), what they are aimed at in
// internal/world, and how they are tried and scored in internal/trial.
package main
