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

# Runs upstream's own Service specs, from the e2e.test of the Kubernetes version
# in go.mod, on the embedded cluster, which it brings up first and leaves up.
# There they run on the off-cluster client, for those of load balancers send
# requests themselves; these are left out unless asked for:
#   FOCUS='\[sig-network\] LoadBalancers' SKIP=none hack/upstream.sh

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_go
build_cluster
say "building upstream's e2e.test (the first build takes about 10 minutes)"
binary="$(upstream_binary)"
use_cluster
mkdir -p "${ARTIFACTS}/upstream"
client=() server=()
if [[ -n "${EMBEDDED}" ]]; then
  address="$("$(cluster_dir)/bin/kubectl" get --namespace default endpointslices kubernetes \
    -o jsonpath='{.endpoints[0].addresses[0]}:{.ports[0].port}')"
  [[ "${address}" != *:*:* ]] || address="[${address%:*}]:${address##*:}"
  client=(ip netns exec "${CLUSTER_NAME}-external") server=("--host=https://${address}")
fi
say "running upstream's specs on the cluster of ${KUBECONFIG}"
forwarding "${client[@]}" "${binary}" "${server[@]}" \
  "-ginkgo.focus=${FOCUS:-\[sig-network\] Services}" \
  "-ginkgo.skip=${SKIP:-\[Feature:|\[Slow\]|\[Disruptive\]|\[Flaky\]}" \
  -ginkgo.no-color --provider=skeleton --num-nodes="${NODES}" \
  --report-dir="${ARTIFACTS}/upstream"
