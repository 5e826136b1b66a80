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

# Runs the suite: on the cluster of KUBECONFIG if that is set, else on the
# embedded cluster, which it brings up first and leaves up. More flags of
# svc.test can be given as arguments; without any, all tables are printed.
# Results are left in ARTIFACTS. The exit code is the suite's.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The report's own files of an earlier run must not pass for this one's.
prepare_artifacts() {
  mkdir -p "${ARTIFACTS}"
  ARTIFACTS="$(cd "${ARTIFACTS}" && pwd)"
  rm -rf "${ARTIFACTS}/ginkgo"
  rm -f "${ARTIFACTS}"/junit_*.xml "${ARTIFACTS}/service-report.json" "${ARTIFACTS}/e2e.log"
}

# suite_command puts the command line of the suite into COMMAND.
suite_command() {
  local prefix="-ginkgo."
  COMMAND=("${OUT}/svc.test")
  if [[ "${PARALLEL}" -gt 1 ]]; then
    # Ginkgo's own command starts the processes, and merges their reports. Its
    # limit of an hour is too short for all specs on a slow machine.
    build_ginkgo
    COMMAND=("${OUT}/ginkgo" "--procs=${PARALLEL}" --no-color --timeout=24h)
    prefix="--"
  fi
  [[ -z "${FOCUS}" ]] || COMMAND+=("${prefix}focus=${FOCUS}")
  [[ -z "${SKIP}" ]] || COMMAND+=("${prefix}skip=${SKIP}")
  [[ -z "${LABEL_FILTER}" ]] || COMMAND+=("${prefix}label-filter=${LABEL_FILTER}")
  if [[ "${PARALLEL}" -gt 1 ]]; then
    COMMAND+=("${OUT}/svc.test" --)
  else
    COMMAND+=(-ginkgo.no-color)
  fi
  COMMAND+=("--report-dir=${ARTIFACTS}" --report-complete-ginkgo)
}

need_go
if [[ $# -eq 0 ]]; then
  set -- --svc.tables
fi
say "building the suite (the first build takes some minutes)"
build_suite
prepare_artifacts
suite_command

use_cluster
if [[ -n "${EMBEDDED}" ]]; then
  # Failed specs can be looked at until the next run cleans up.
  COMMAND+=(--delete-namespace-on-failure=false)
  command -v kubectl >/dev/null || COMMAND+=("--kubectl-path=$(cluster_dir)/bin/kubectl")
fi

say "running the suite on the cluster of ${KUBECONFIG}"
code=0
logged "${ARTIFACTS}/e2e.log" "${COMMAND[@]}" "$@" || code=$?

echo
say "results:"
find "${ARTIFACTS}" -maxdepth 2 \( -path '*/ginkgo/report.json' -o -name 'junit_*.xml' -o -name service-report.json -o -name e2e.log \) -printf '    %p\n'
if [[ -n "${EMBEDDED}" ]]; then
  if [[ -n "${INTERRUPTED}" ]]; then
    # What failed is kept for a look at it, what was interrupted need not be.
    "$(cluster_dir)/bin/kubectl" delete namespaces -l service-e2e.sigs.k8s.io/run --wait=false >/dev/null || true
  fi
  kubectl="$(command -v kubectl || echo "$(cluster_dir)/bin/kubectl")"
  say "the cluster ${CLUSTER_NAME} stays up; look at it with:"
  echo "    export KUBECONFIG=${KUBECONFIG}"
  echo "    ${kubectl} get pods -A -o wide"
  echo "    ip netns list                  # its nodes"
  say "and take it down with: make cluster-down$([[ "${CLUSTER_NAME}" == svc ]] || echo " CLUSTER_NAME=${CLUSTER_NAME}")"
fi
exit "${code}"
