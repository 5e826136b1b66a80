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

// Package e2e holds the specs, one file per Service topic, and the entry point
// of the suite, which `go test -c ./e2e -o svc.test` compiles.
//
// A spec reads in five moves: topology, objects, expected table, check; then a
// change, and the next table. Everything that takes more than a line belongs
// into package framework, everything that needs no cluster into package
// matrix. Start reading at cluster_ip.go.
package e2e
