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

# Runs upstream's own specs of what this suite is about, from the e2e.test of the
# Kubernetes version in go.mod, PARALLEL at a time, on the embedded cluster, which it
# brings up first and leaves up. There they run on the off-cluster client, for those
# of load balancers send requests themselves. FOCUS and SKIP select others:
#   FOCUS='\[sig-network\] Services' make upstream
# COMPARE=yes runs the specs of this suite for the same scenarios after that, on the
# same cluster and as many at a time, and tells how long both took.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# What e2e/PARITY.md has rows for, section 1. Left out is what wants the Internet,
# SCTP, SSH to the nodes, a cloud or other images, and the API's own conformance.
: "${FOCUS:=\[sig-network\] (Services |LoadBalancers |Conntrack |DNS |EndpointSlice |HostPort |LocalhostNodePorts |Networking Granular Checks: Services |Service CIDRs |Topology Hints |Traffic Distribution |Connectivity |\[Feature:IPv6DualStack\])}"
: "${SKIP:=SCTP|Disruptive|Provider:|DNS configMap|Forward |finalizer|configurable pod|LocalhostNodePorts should let|API operations|collection of services|status lifecycle|listing all namespaces}"

need_go
build_cluster
say "building upstream's e2e.test (the first build takes about 10 minutes)"
binary="$(upstream_binary)"
use_cluster
mkdir -p "${ARTIFACTS}/upstream"
ARTIFACTS="$(cd "${ARTIFACTS}" && pwd)"
client=() server=()
if [[ -n "${EMBEDDED}" ]]; then
  address="$("$(cluster_dir)/bin/kubectl" get --namespace default endpointslices kubernetes \
    -o jsonpath='{.endpoints[0].addresses[0]}:{.ports[0].port}')"
  [[ "${address}" != *:*:* ]] || address="[${address%:*}]:${address##*:}"
  client=(ip netns exec "${CLUSTER_NAME}-external") server=("--host=https://${address}")
fi
build_ginkgo
if [[ -n "${COMPARE:-}" ]]; then
  build_suite
  same="$(go run ./hack/parity -beside "${FOCUS}" -but "${SKIP}")" || exit 1
fi

# Each of its processes leaves folders behind where temporary files go.
TMPDIR="$(mktemp -d)"
export TMPDIR
trap 'rm -rf "${TMPDIR}"' EXIT

say "running upstream's specs on the cluster of ${KUBECONFIG}, ${PARALLEL} at a time"
begun=${SECONDS} code=0
logged "${ARTIFACTS}/upstream/e2e.log" "${client[@]}" "${OUT}/ginkgo" --procs="${PARALLEL}" --no-color --timeout=24h \
  --focus="${FOCUS}" --skip="${SKIP}" "${binary}" -- "${server[@]}" \
  --provider=skeleton --num-nodes="${NODES}" --report-dir="${ARTIFACTS}/upstream" || code=$?
theirs=$((SECONDS - begun))
say "upstream's specs took ${theirs} s, ${PARALLEL} at a time; what they say is in ${ARTIFACTS}/upstream"

if [[ -n "${COMPARE:-}" && -z "${INTERRUPTED}" ]]; then
  begun=${SECONDS}
  [[ -z "${EMBEDDED}" ]] || unset KUBECONFIG # it is not the user's, whose cluster would have no off-cluster client
  FOCUS="${same}" SKIP='' ARTIFACTS="${ARTIFACTS}/upstream/compare" hack/e2e.sh --svc.tables=false || code=$?
  ours=$((SECONDS - begun))
  say "upstream's specs took ${theirs} s and those of this suite for the same scenarios ${ours} s, $((100 * ours / theirs)) % of that, ${PARALLEL} at a time"
fi
exit "${code}"
