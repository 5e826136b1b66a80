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

# Proves the project: unit tests, verify scripts, the core of the suite in each
# proxy mode, or with FULL=yes all of it, on embedded clusters of its own, both at
# once, and then a sample of known faults that the suite has to notice. Stops after
# what has failed, and leaves nothing behind. The last line sums up all parts.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_go
modes=(iptables nftables)
unset KUBECONFIG # a developer's own cluster is not to be touched
FOCUS="" SKIP="" LABEL_FILTER=""
mkdir -p "${ARTIFACTS}"
ARTIFACTS="$(cd "${ARTIFACTS}" && pwd)"
export ARTIFACTS FOCUS SKIP LABEL_FILTER
rm -f "${ARTIFACTS}"/test-*

# The clusters of two checkouts on one machine are told apart by this. It is
# short, as it becomes a part of every node's name.
checkout_id() {
  sha256sum <<<"$1" | cut -c 1-5
}

# cluster_for PART is the name of this checkout's cluster in a proxy mode, or for
# mutation.
cluster_for() {
  echo "ci-${1:0:3}-$(checkout_id "${ROOT}")"
}

# take_down CLUSTER takes a cluster down, if it was ever begun, and fails if
# something is left of it.
take_down() {
  local -x CLUSTER_NAME="$1"
  if ! hack/leftovers.sh >/dev/null; then
    build_cluster
    "${OUT}/cluster" down --name "${CLUSTER_NAME}"
  fi
  hack/leftovers.sh
}

# take_down_all does it with all clusters of this checkout.
take_down_all() {
  local part code=0
  for part in "${modes[@]}" mutation; do
    take_down "$(cluster_for "${part}")" >"${ARTIFACTS}/test-cleanup.log" 2>&1 || {
      cat "${ARTIFACTS}/test-cleanup.log"
      echo "error: the cluster $(cluster_for "${part}") has left something behind"
      code=1
    }
  done
  return "${code}"
}

# take_down_abandoned takes down the clusters of runs that were killed: their
# checkouts may be gone, as those of CI jobs are, and will not do it.
take_down_abandoned() {
  local running="" cmdline dir
  while read -r cmdline; do
    running+=" $(checkout_id "$(readlink "${cmdline%/*}/cwd")")"
  done < <(grep -lsz 'hack/test\.sh$' /proc/[0-9]*/cmdline)
  for dir in "$(dirname "$(cluster_dir)")"/ci-???-?????; do
    if [[ -d "${dir}" && "${running}" != *" ${dir##*-}"* ]]; then
      say "taking down the cluster ${dir##*/}, which a run that was killed has left"
      take_down "${dir##*/}"
    fi
  done
}

# begin NAME COMMAND... begins a part, see part.sh.
declare -A process
begin() {
  start hack/part.sh "$@"
  process["$1"]="${STARTED}"
}

# end NAME... waits for parts, and fails if one of them has.
ended=()
end() {
  local name code=0
  for name in "$@"; do
    join "${process["${name}"]}" || code=1
    unset "process[${name}]"
    ended+=("${name}")
  done
  return "${code}"
}

# finish sums up what there is, whatever has ended the script.
finish() {
  local code=$? name child passed=0 failed=0 skipped=0 numbers
  # What runs beside a part that has failed is stopped, and does not count.
  interrupt_children
  for child in "${process[@]}"; do
    join "${child}" || true
  done
  trap '' INT TERM HUP
  take_down_all || code=1
  if [[ -n "${INTERRUPTED}" ]]; then
    echo "error: interrupted"
    code=130
  fi
  echo
  for name in "${ended[@]}"; do
    read -ra numbers < <(cat "${ARTIFACTS}/test-${name}.counts" 2>/dev/null || echo 0 1 0 0)
    printf '%-14s %5d passed %5d failed %5d skipped %6d s\n' "${name}" "${numbers[@]}"
    passed=$((passed + numbers[0])) failed=$((failed + numbers[1])) skipped=$((skipped + numbers[2]))
  done
  # What failed outside of the parts counts as one.
  [[ ${code} -eq 0 || ${failed} -ne 0 ]] || failed=1
  echo "total time ${SECONDS} s"
  echo "${passed} passed, ${failed} failed, ${skipped} skipped" | tee "${ARTIFACTS}/test-summary.txt"
  exit "${code}"
}
trap finish EXIT

# Packages are installed here and at the begin of the build, as apt-get gives up
# where another one runs.
need_packages "${UNIT_PACKAGES[@]}" "${VERIFY_PACKAGES[@]}"
take_down_abandoned

# What the suite runs on takes the longest to build on a new machine.
begin build hack/build.sh --all
begin unit hack/unit.sh
end unit
begin verify hack/verify-all.sh
end verify build

# On two processors the whole suite takes longer than anybody waits for a change
# to be proven. What every Service does is proven each time, all else by FULL=yes.
if [[ -z "${FULL:-}" ]]; then
  FOCUS="Services (ClusterIP|NodePort|hairpin|without endpoints|with several ports) "
  say "running the specs of the core: ${FOCUS}(FULL=yes runs all)"
fi

# Side by side, the suites of both modes share the processors. Where these have
# nothing to spare a try may take longer than the 5 s that agnhost gives it.
PARALLEL=$(((3 * PARALLEL + 3) / 4))
export PARALLEL
suites=()
for mode in "${modes[@]}"; do
  begin "suite-${mode}" env PROXY_MODE="${mode}" CLUSTER_NAME="$(cluster_for "${mode}")" ARTIFACTS="${ARTIFACTS}/${mode}" \
    hack/e2e.sh --svc.tables=false
  suites+=("suite-${mode}")
done
end "${suites[@]}"

# No spec may get lost on the way.
planned="$("${OUT}/svc.test" --list-tests | grep '^ ' | grep -cE -- "${FOCUS}")"
for name in "${suites[@]}"; do
  read -r passed failed skipped _ <"${ARTIFACTS}/test-${name}.counts"
  [[ $((passed + failed + skipped)) -eq ${planned} ]] ||
    die "${planned} specs were planned, but in ${name} ${passed} passed, ${failed} failed and ${skipped} were skipped"
done

take_down_all
begin mutation env -u FAULTS -u HEALTHY -u PEER -u PROVE -u RESUME FRESH=1 SUBSET=quick MODES=nftables hack/mutation.sh --name="$(cluster_for mutation)"
end mutation
