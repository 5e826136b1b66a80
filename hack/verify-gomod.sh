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

# Checks that all go.mod and go.sum files are tidy, and that every module uses
# the same version of Kubernetes and of its staging modules.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

bad=""
while read -r mod; do
  dir="$(dirname "${mod}")"
  if ! diff="$(cd "${dir}" && go mod tidy -diff 2>&1)"; then
    echo "${mod} is not tidy:"
    echo "${diff}"
    bad=yes
  fi
done < <(git ls-files '*go.mod' | grep -v testdata)

# versions FILE prints "module version" of Kubernetes and what it is made of.
versions() {
  (cd "$(dirname "$1")" && go mod edit -json) | tr -d '\n\t "' |
    grep -oE 'New:\{Path:k8s\.io/[a-z-]+,Version:v0\.[0-9.]+|Path:k8s\.io/kubernetes,Version:v[0-9.]+' |
    sed -E 's/^(New:\{)?Path:([^,]*),Version:/\2 /' | sort -u
}
root="$(versions go.mod)"
component="$(versions hack/cluster/components/kubernetes/go.mod)"
kubernetes="$(sed -n 's|^k8s.io/kubernetes v1\.||p' <<<"${root}")"
[[ -n "${kubernetes}" ]] || die "go.mod does not require k8s.io/kubernetes"
if [[ "$(grep kubernetes\  <<<"${component}")" != "k8s.io/kubernetes v1.${kubernetes}" ]]; then
  echo "hack/cluster/components/kubernetes/go.mod has another version of k8s.io/kubernetes than go.mod (v1.${kubernetes})"
  bad=yes
fi
odd="$(printf '%s\n%s\n' "${root}" "${component}" | grep -v '^k8s.io/kubernetes ' | grep -v " v0\.${kubernetes//./\\.}\$" || true)"
if [[ -n "${odd}" ]]; then
  echo "replaced by another version than v0.${kubernetes}: ${odd}"
  bad=yes
fi
[[ -z "${bad}" ]] || die "see above; make update tidies"
