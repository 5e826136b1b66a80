#!/usr/bin/env bash

# Copyright 2026 The Kubernetes Authors.
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

# Runs the specs that FOCUS selects under delve, on the cluster of KUBECONFIG if
# that is set, else on the embedded cluster, which it brings up first and leaves
# up. Arguments go to delve.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

hack/build.sh --debug
debugger="$(tool dlv github.com/go-delve/delve/cmd/dlv)"
use_cluster
say "try: break e2e/hairpin.go:64, continue, next, print web.Spec.ClusterIP"
# No time limits while a human thinks, and what failed stays for a look at it.
exec "${debugger}" exec "${OUT}/svc.debug.test" "$@" -- -test.timeout=0 -ginkgo.timeout=24h -ginkgo.no-color -ginkgo.v \
  "-ginkgo.focus=${FOCUS}" "-ginkgo.label-filter=${LABEL_FILTER}" -ginkgo.sleep-on-failure=30m \
  --delete-namespace-on-failure=false --svc.tables
