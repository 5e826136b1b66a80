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


# Installs MetalLB in L2 mode on the kind cluster that KUBECONFIG names, with
# addresses of kind's network that Docker, which counts from the first, does not
# reach. Other ranges can be given:
#   hack/install_metallb.sh [FIRST-LAST...]
# The embedded cluster has MetalLB already. Like hack/ci/e2e.sh this has not been
# run so far, as there was no machine with Docker to run it on.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# range_of SUBNET prints some fifty addresses of it: of IPv4 from its end, of
# IPv6, whose subnets are written with a double colon last, those from ::200 on.
range_of() {
  local base="${1%/*}" bits="${1#*/}" a b c d n last
  if [[ "${base}" == *:* ]]; then
    echo "${base}200-${base}250"
    return
  fi
  IFS=. read -r a b c d <<<"${base}"
  last=$(((a << 24 | b << 16 | c << 8 | d) | ((1 << (32 - bits)) - 1)))
  for n in $((last - 55)) $((last - 5)); do
    echo "$((n >> 24)).$((n >> 16 & 255)).$((n >> 8 & 255)).$((n & 255))"
  done | paste -sd -
}

command -v kubectl >/dev/null || die "there is no kubectl command in PATH: install kubectl"
if [[ $# -eq 0 ]]; then
  subnets="$(docker network inspect "${KIND_EXPERIMENTAL_DOCKER_NETWORK:-kind}" --format '{{range .IPAM.Config}}{{println .Subnet}}{{end}}')"
  for subnet in ${subnets}; do
    set -- "$@" "$(range_of "${subnet}")"
  done
fi
version="$(sed -n 's/^const MetalLBVersion = "\(.*\)"$/\1/p' images/images.go)"
say "installing MetalLB ${version} with addresses $*"
kubectl apply -f "https://raw.githubusercontent.com/metallb/metallb/${version}/config/manifests/metallb-native.yaml"
# Its webhooks want to see the pool. It makes their certificate by itself, and
# has it when kubelet next looks at its volumes.
kubectl -n metallb-system rollout status deployment/controller --timeout=3m
kubectl -n metallb-system rollout status daemonset/speaker --timeout=3m
ranges="$*" tries=0
pool="$(sed "s|ADDRESSES\]|${ranges// /, }]|" hack/cluster/internal/metallb/pool.yaml)"
until kubectl apply -f - <<<"${pool}"; do
  ((++tries < 30)) || die "the API server does not accept MetalLB's pool"
  sleep 1
done
