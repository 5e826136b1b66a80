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

# Proves the project: unit tests, verify scripts, and the suite on embedded
# clusters of its own in each proxy mode. Stops at the first part that fails,
# and leaves nothing behind. The last line sums up all parts.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_go
modes=(iptables nftables)
unset KUBECONFIG # a developer's own cluster is not to be touched
FOCUS="" SKIP="" LABEL_FILTER=""
mkdir -p "${ARTIFACTS}"
ARTIFACTS="$(cd "${ARTIFACTS}" && pwd)"
export ARTIFACTS FOCUS SKIP LABEL_FILTER
passed=0 failed=0 skipped=0
summary=""
begun="${SECONDS}"

# add WHAT LOG adds up the counts of a part, from the last line of its log that
# has such, and says so in the summary.
add() {
  local numbers
  numbers="$(sed -nE 's/^.* ([0-9]+) (specs )?passed, ([0-9]+) failed, ([0-9]+) skipped.*/\1 \3 \4/p' "${ARTIFACTS}/$2" | tail -n 1)"
  read -ra COUNTS <<<"${numbers:-0 0 0}"
  passed=$((passed + COUNTS[0])) failed=$((failed + COUNTS[1])) skipped=$((skipped + COUNTS[2]))
  summary+="$(printf '%-16s %5d passed %5d failed %5d skipped %6d s' "$1" "${COUNTS[@]}" $((SECONDS - part_begun)))"$'\n'
}

# part NAME LOG COMMAND... runs one part and returns its exit code.
part() {
  local name="$1" log="${ARTIFACTS}/$2" code=0
  shift 2
  part_begun="${SECONDS}"
  echo
  say "${name}"
  logged "${log}" "$@" || code=$?
  say "${name}: $([[ ${code} -eq 0 ]] && echo passed || echo "FAILED (exit code ${code})") in $((SECONDS - part_begun)) s"
  return "${code}"
}

# finish sums up what there is, whatever has ended the script.
finish() {
  local code=$?
  trap '' INT TERM HUP
  for mode in "${modes[@]}"; do
    clean_up "ci-${mode}" >"${ARTIFACTS}/cleanup.log" 2>&1 || {
      cat "${ARTIFACTS}/cleanup.log"
      echo "error: the cluster ci-${mode} has left something behind"
      code=1
    }
  done
  if [[ -n "${INTERRUPTED}" ]]; then
    echo "error: interrupted"
    code=130
  fi
  [[ ${failed} -eq 0 || ${code} -ne 0 ]] || code=1
  # A part that failed without a count of its own counts as one.
  [[ ${code} -eq 0 || ${failed} -ne 0 ]] || failed=1
  printf '\n%s' "${summary}"
  echo "total time $((SECONDS - begun)) s"
  echo "${passed} passed, ${failed} failed, ${skipped} skipped" | tee "${ARTIFACTS}/test-summary.txt"
  exit "${code}"
}

# clean_up CLUSTER takes a cluster down, if it was ever begun, and looks for
# what is left of it.
clean_up() {
  local -x CLUSTER_NAME="$1"
  if [[ -x "${OUT}/cluster" ]] && ! hack/leftovers.sh >/dev/null; then
    "${OUT}/cluster" down --name "${CLUSTER_NAME}"
  fi
  hack/leftovers.sh
}

# suite MODE proves one proxy mode.
suite() {
  local mode="$1" code=0 planned
  export PROXY_MODE="${mode}" CLUSTER_NAME="ci-${mode}"
  part "suite, ${mode}" "suite-${mode}.log" env "ARTIFACTS=${ARTIFACTS}/${mode}" hack/e2e.sh --svc.tables=false || code=$?
  add "suite, ${mode}" "suite-${mode}.log"
  [[ ${code} -eq 0 ]] || return "${code}"
  # No spec may get lost on the way.
  planned="$("${OUT}/svc.test" --list-tests | grep -c '^ ')"
  if [[ $((COUNTS[0] + COUNTS[1] + COUNTS[2])) -ne ${planned} ]]; then
    echo "error: ${planned} specs were planned, but ${COUNTS[*]} passed, failed, were skipped"
    return 1
  fi
  clean_up "${CLUSTER_NAME}"
}

trap finish EXIT

code=0
part "unit tests" unit-summary.log hack/unit.sh || code=$?
add "unit tests" unit-summary.log
[[ ${code} -eq 0 ]] || exit "${code}"

part "verify" verify.log hack/verify-all.sh || code=$?
add "verify" verify.log
[[ ${code} -eq 0 ]] || exit "${code}"

for mode in "${modes[@]}"; do
  suite "${mode}" || exit 1
done
