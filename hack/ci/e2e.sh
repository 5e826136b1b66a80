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

# The contract with test-infra, in the manner of kind's own hack/ci: makes a
# kind cluster, runs the suite on it, and leaves everything in ARTIFACTS. It
# needs Docker and kind; it was written against their documentation and has not
# been run so far, as there was no machine with Docker to run it on.
#
# Settings, all from the environment:
#   ARTIFACTS        where results and the nodes' logs are left (_artifacts)
#   KUBE_PROXY_MODE  iptables (default), nftables, ipvs or none
#   IP_FAMILY        dual (default), ipv4 or ipv6; all but ipv4 want IPv6 of Docker
#   FOCUS, SKIP      regular expressions that select specs by name
#   LABEL_FILTER     Ginkgo's expression that selects specs by label
#   PARALLEL         "true", or how many specs run at a time (4)
#   NODE_IMAGE       the image of kind's nodes (kind's default)

# shellcheck source=hack/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

for command in docker kind kubectl; do
  command -v "${command}" >/dev/null || die "there is no ${command} command in PATH: install Docker, kind and kubectl"
done
need_go

name="${CLUSTER_NAME}"
mkdir -p "${ARTIFACTS}"
export KUBECONFIG="${ARTIFACTS}/.kubeconfig"
if [[ "${PARALLEL}" == true ]]; then
  PARALLEL=4
fi
export ARTIFACTS PARALLEL FOCUS SKIP LABEL_FILTER

clean_up() {
  kind export logs --name "${name}" "${ARTIFACTS}/logs" || true
  kind delete cluster --name "${name}" || true
  # It holds credentials, and all of ARTIFACTS is published.
  rm -f "${KUBECONFIG}"
}

cat >"${ARTIFACTS}/kind-config.yaml" <<EOF
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
networking:
  ipFamily: ${IP_FAMILY}
  kubeProxyMode: ${KUBE_PROXY_MODE:-iptables}
nodes:
- role: control-plane
- role: worker
- role: worker
- role: worker
EOF
trap clean_up EXIT
forwarding kind create cluster --name "${name}" --wait 1m --config "${ARTIFACTS}/kind-config.yaml" \
  ${NODE_IMAGE:+--image "${NODE_IMAGE}"}
forwarding hack/install_metallb.sh
# The cluster is thrown away.
forwarding hack/e2e.sh --svc.tables=false --svc.disruptive
