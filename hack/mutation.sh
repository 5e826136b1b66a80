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

# Measures the suite by known faults, on embedded clusters of its own, which it
# takes down in the end: hack/mutation/README.md. More flags of the program can
# be given as arguments.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_go
build_cluster
build_suite
go_build "${OUT}/mutation" ./hack/mutation go build
arguments=("--name=${CLUSTER_NAME}-mut" "--artifacts=${ARTIFACTS}")
[[ -z "${FAULTS:-}" ]] || arguments+=("--faults=${FAULTS}")
[[ -z "${MODES:-}" ]] || arguments+=("--modes=${MODES}")
[[ -z "${SUBSET:-}" ]] || arguments+=("--subset=${SUBSET}")
[[ -z "${HEALTHY:-}" ]] || arguments+=("--healthy=${HEALTHY}")
[[ -z "${RUNS:-}" ]] || arguments+=("--runs=${RUNS}")
[[ -z "${RESUME:-}" ]] || arguments+=(--resume)
[[ -z "${FRESH:-}" ]] || arguments+=(--fresh)
if [[ -n "${PROVE:-}" ]]; then
  build_ginkgo
  arguments+=(--prove "--ginkgo=${OUT}/ginkgo" "--procs=${PARALLEL}" "--focus=${FOCUS}")
  [[ -n "${FAULTS:-}" ]] || arguments+=("--faults=^node-cut$")
fi
case "${PEER:-}" in
"") ;;
upstream)
  say "building upstream's e2e.test (the first build takes about 10 minutes)"
  arguments+=(--peer=upstream "--upstream=$(upstream_binary)")
  ;;
*)
  die "PEER=${PEER}: the only peer is upstream"
  ;;
esac
forwarding "${OUT}/mutation" "${arguments[@]}" "$@"
