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

// Command cluster brings up a real multi-node Kubernetes on one Linux machine
// without Docker: each host is a set of namespaces with processes of its own.
// See README.md beside it.
package main

import (
	"os"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/cli"
)

func main() { os.Exit(cli.Main()) }
