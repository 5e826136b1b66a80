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

# What the scripts in this folder share; they source it. It says where things
# are, fixes the flags of the Go toolchain, and forwards signals.

set -o errexit -o nounset -o pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
OUT="${ROOT}/_output"
cd "${ROOT}"

# The settings, which the Makefile documents.
CLUSTER_NAME="${CLUSTER_NAME:-svc}"
PROXY_MODE="${PROXY_MODE:-iptables}"
NODES="${NODES:-3}"
PARALLEL="${PARALLEL:-4}"
FOCUS="${FOCUS:-}"
SKIP="${SKIP:-}"
LABEL_FILTER="${LABEL_FILTER:-}"
ARTIFACTS="${ARTIFACTS:-${ROOT}/_artifacts}"

# These flags are also those of the embedded cluster's own build, so that the
# hundreds of Kubernetes packages that both need are compiled once.
export CGO_ENABLED=0
export GOFLAGS="-trimpath -buildvcs=false"

# A shell that root gets by sudo often lacks the directory of Go's installer.
if ! command -v go >/dev/null && [[ -x /usr/local/go/bin/go ]]; then
  PATH="${PATH}:/usr/local/go/bin"
fi

say() {
  echo "==> $*"
}

die() {
  echo "error: $*" >&2
  exit 1
}

# need_go ends the script where there is no Go toolchain that can build us.
need_go() {
  local want have
  want="$(sed -n 's/^go //p' go.mod)"
  command -v go >/dev/null ||
    die "there is no go command in PATH: install Go ${want} or newer from https://go.dev/dl"
  have="$(go env GOVERSION 2>/dev/null)" || have="$(go version | cut -d' ' -f3)"
  have="${have#go}"
  [[ "$(printf '%s\n' "${want}" "${have%% *}" | sort -V | head -n 1)" == "${want}" ]] ||
    die "Go ${have} is too old: install Go ${want} or newer from https://go.dev/dl"
}

# need_packages installs Debian packages, given as command=package, whose
# commands are missing.
need_packages() {
  local pair missing=()
  for pair in "$@"; do
    command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  if [[ ${#missing[@]} -eq 0 ]]; then
    return
  fi
  if [[ "$(id -u)" != 0 ]] || ! command -v apt-get >/dev/null; then
    die "missing commands; install them with: apt-get install ${missing[*]}"
  fi
  say "installing Debian packages: ${missing[*]}"
  local log
  log="$(mktemp)"
  if ! { apt-get -o DPkg::Lock::Timeout=300 update &&
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${missing[@]}"; } >"${log}" 2>&1; then
    cat "${log}" >&2
    die "apt-get install ${missing[*]} failed"
  fi
  rm -f "${log}"
}

# forwarding runs a command in a process group of its own and passes on to it,
# as one SIGINT each, the signals that would end this script, so that the
# command gets every signal once, whoever sent it and to whom. It returns the
# command's exit code, and never before the command has ended.
INTERRUPTED=""
forwarding() {
  local child code=0
  # A shell without job control lets its children ignore SIGINT.
  env --default-signal=INT,TERM,HUP setsid "$@" &
  child=$!
  # shellcheck disable=SC2064 # the child of now is meant
  trap "INTERRUPTED=yes; kill -INT -- -${child} 2>/dev/null || true" INT TERM HUP
  wait "${child}" || code=$?
  while kill -0 "${child}" 2>/dev/null; do
    code=0
    wait "${child}" || code=$?
  done
  if [[ -n "${INTERRUPTED}" ]]; then
    # A signal may have cut the wait short; the shell still knows the result.
    code=0
    wait "${child}" || code=$?
    [[ ${code} -ne 0 ]] || code=130
  fi
  trap - INT TERM HUP
  return "${code}"
}

# logged LOG COMMAND... is forwarding for a command whose output is to be seen
# and to be kept. It outlives the signals that end the command.
logged() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  forwarding bash -c 'trap : INT; log="$1"; shift; "$@" 2>&1 | tee -i "${log}"; exit "${PIPESTATUS[0]}"' logged "$@"
}

# with_progress WHAT COMMAND... runs a go command that prints the packages it
# compiles (-v), and tells every now and then how many these are.
with_progress() {
  local what="$1" log ticker code=0 interval=30
  shift
  [[ ! -t 1 ]] || interval=5
  log="$(mktemp)"
  (
    # shellcheck disable=SC2064
    trap 'kill "${pause}" 2>/dev/null; exit' TERM
    for ((elapsed = interval; ; elapsed += interval)); do
      sleep "${interval}" &
      pause=$!
      wait "${pause}"
      kill -0 "$$" 2>/dev/null || exit 0
      echo "    ${what}: $(wc -l <"${log}") packages compiled, ${elapsed} s"
    done
  ) &
  ticker=$!
  "$@" >"${log}" 2>&1 || code=$?
  kill "${ticker}" 2>/dev/null || true
  wait "${ticker}" 2>/dev/null || true
  if [[ ${code} -ne 0 ]]; then
    cat "${log}" >&2
  fi
  rm -f "${log}"
  return "${code}"
}

# go_build OUTPUT PACKAGE COMMAND... builds one program, the command being "go
# build" or "go test -c", with flags.
go_build() {
  local output="$1" package="$2"
  shift 2
  need_go
  mkdir -p "${OUT}"
  with_progress "building ${output#"${OUT}"/}" "$@" -v -o "${output}" "${package}"
}

build_suite() {
  go_build "${OUT}/svc.test" ./e2e go test -c
}

build_cluster() {
  go_build "${OUT}/cluster" ./hack/cluster go build
}

# cluster runs a verb of the embedded cluster on the one called CLUSTER_NAME.
cluster() {
  local verb="$1"
  shift
  build_cluster
  forwarding "${OUT}/cluster" "${verb}" --name "${CLUSTER_NAME}" "$@"
}

# cluster_dir is where the embedded cluster called CLUSTER_NAME is.
cluster_dir() {
  echo "${SERVICE_E2E_STATE:-/var/lib/service-e2e}/${CLUSTER_NAME}"
}

# use_cluster brings the embedded cluster up and sets KUBECONFIG, unless that
# names a cluster already. EMBEDDED tells which.
# shellcheck disable=SC2034 # the scripts that source this read it
EMBEDDED=""
# shellcheck disable=SC2034
use_cluster() {
  if [[ -z "${KUBECONFIG:-}" ]]; then
    EMBEDDED=yes
    say "bringing up the embedded cluster ${CLUSTER_NAME}: ${NODES} nodes, kube-proxy in ${PROXY_MODE} mode"
    cluster up --nodes "${NODES}" --proxy-mode "${PROXY_MODE}"
    export KUBECONFIG
    KUBECONFIG="$(cluster_dir)/kubeconfig"
  fi
}

# tool NAME PACKAGE builds a tool in the version that hack/tools/go.mod pins,
# and prints its path.
tool() {
  need_go
  mkdir -p "${OUT}/tools"
  (cd hack/tools && go build -o "${OUT}/tools/$1" "$2") >&2
  echo "${OUT}/tools/$1"
}

# golden_packages lists the folders of packages whose tests have golden files.
golden_packages() {
  grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n 1 dirname | sort -u
}
