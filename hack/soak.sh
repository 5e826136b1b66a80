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

# Runs the suite RUNS times in a row and counts what failed: a spec that fails on
# a healthy cluster is a bug of ours. The last BUSY runs share the machine with
# two busy loops. All runs but those are alike, and none is repeated. What each
# has left is in ARTIFACTS/soak/MODE/N, one line per run in ARTIFACTS/soak/MODE.md.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

[[ "${RUNS:=10}" =~ ^[1-9][0-9]*$ ]] || die "RUNS=${RUNS} is no number of runs: give one of 1 or more"
[[ "${BUSY:=2}" =~ ^[0-9]+$ && "${BUSY}" -le "${RUNS}" ]] || die "BUSY=${BUSY} is no number of runs up to RUNS=${RUNS}"

mkdir -p "${ARTIFACTS}/soak/${PROXY_MODE}"
ARTIFACTS="$(cd "${ARTIFACTS}" && pwd)/soak"
table="${ARTIFACTS}/${PROXY_MODE}.md"

loops=()
stop_loops() {
  [[ ${#loops[@]} -eq 0 ]] || kill "${loops[@]}" 2>/dev/null || true
}
trap stop_loops EXIT

{
  echo "| run | busy loops | passed | failed | skipped | seconds |"
  echo "|---|---|---|---|---|---|"
} >"${table}"
bad=0
for ((run = 1; run <= RUNS; run++)); do
  if ((run == RUNS - BUSY + 1)); then
    for _ in 1 2; do
      (while :; do :; done) &
      loops+=($!)
    done
  fi
  into="${ARTIFACTS}/${PROXY_MODE}/${run}"
  mkdir -p "${into}"
  begun=${SECONDS} code=0
  say "run ${run} of ${RUNS}, ${PROXY_MODE}, ${#loops[@]} busy loops"
  # It is a process group of its own, which hears of Ctrl-C through us.
  logged "${into}/run.log" env ARTIFACTS="${into}" hack/e2e.sh --svc.tables=false || code=$?
  [[ -z "${INTERRUPTED}" ]] || die "interrupted in run ${run}; ${bad} of the runs before failed"
  counts="$(sed -nE 's/^.* ([0-9]+) (specs )?passed, ([0-9]+) failed, ([0-9]+) skipped.*/\1 | \3 | \4/p' "${into}/run.log" | tail -n 1)"
  [[ ${code} -eq 0 ]] || bad=$((bad + 1))
  echo "| ${run} | ${#loops[@]} | ${counts:-no specs ran | |} | $((SECONDS - begun)) |" >>"${table}"
done
cat "${table}"
[[ ${bad} -eq 0 ]] || die "${bad} of ${RUNS} runs failed in ${PROXY_MODE} mode"
say "no run of ${RUNS} failed in ${PROXY_MODE} mode"
