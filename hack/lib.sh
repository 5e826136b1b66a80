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
IP_FAMILY="${IP_FAMILY:-dual}"
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

# What the unit tests need for the race detector, and the verify scripts.
# shellcheck disable=SC2034 # the scripts that source this read it
UNIT_PACKAGES=(gcc=gcc ld=binutils /usr/include/stdlib.h=libc6-dev)
# shellcheck disable=SC2034
VERIFY_PACKAGES=(shellcheck=shellcheck)

# need_packages installs Debian packages, given as command=package or
# file=package, whose commands or files are missing.
need_packages() {
  local pair missing=()
  for pair in "$@"; do
    [[ -e "${pair%%=*}" ]] || command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}")
  done
  if [[ ${#missing[@]} -eq 0 ]]; then
    return
  fi
  if [[ "$(id -u)" != 0 ]] || ! command -v apt-get >/dev/null; then
    die "missing Debian packages; install them with: apt-get install ${missing[*]}"
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

# start runs a command in the background, in a process group of its own, and
# sets STARTED to its process. Until join has waited for it, the signals that
# would end this script are passed on to it, as one SIGINT each, so that the
# command gets every signal once, whoever sent it and to whom.
INTERRUPTED=""
CHILDREN=()
start() {
  trap 'INTERRUPTED=yes; interrupt_children' INT TERM HUP
  # A shell without job control lets its children ignore SIGINT.
  env --default-signal=INT,TERM,HUP setsid "$@" &
  STARTED=$!
  CHILDREN+=("${STARTED}")
  if [[ -n "${INTERRUPTED}" ]]; then
    interrupt_children # the signal may have come too early for this one
  fi
}

interrupt_children() {
  local child
  for child in "${CHILDREN[@]}"; do
    kill -INT -- "-${child}" 2>/dev/null || true
  done
}

# join waits for a command that was started, and returns its exit code, never
# before the command has ended.
join() {
  local child="$1" other others=() code=0
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
  for other in "${CHILDREN[@]}"; do
    [[ "${other}" == "${child}" ]] || others+=("${other}")
  done
  CHILDREN=("${others[@]}")
  [[ ${#CHILDREN[@]} -gt 0 ]] || trap - INT TERM HUP
  return "${code}"
}

# forwarding starts a command, and waits for it.
forwarding() {
  start "$@"
  join "${STARTED}"
}

# logged LOG COMMAND... is forwarding for a command whose output is to be seen
# and to be kept. It outlives the signals that end the command.
logged() {
  # shellcheck disable=SC2016 # expanded by the inner shell
  forwarding bash -c 'trap : INT; log="$1"; shift; "$@" 2>&1 | tee -i "${log}"; exit "${PIPESTATUS[0]}"' logged "$@"
}

# with_progress WHAT COMMAND... runs a go command that prints the packages it
# compiles (-v), and tells every now and then how many these are, and how many
# modules have been downloaded for them.
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
      echo "    ${what}: $(grep -c '^go: downloading' "${log}") modules downloaded, $(grep -vc '^go: ' "${log}") packages compiled, ${elapsed} s"
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
# build" or "go test -c", with flags. Scripts that run side by side take turns;
# Go leaves alone what is up to date, and maybe running.
go_build() {
  local output="$1" package="$2" what="building ${1#"${OUT}"/}"
  shift 2
  need_go
  mkdir -p "${OUT}"
  (
    flock 9
    if [[ "$2" == test ]]; then
      # For go test, -v is a flag of the tests: its packages are not told.
      with_progress "${what}" go build -v "${@:4}" "${package}"
    fi
    with_progress "${what}" "$@" -v -o "${output}" "${package}"
  ) 9<"${OUT}"
}

build_suite() {
  go_build "${OUT}/svc.test" ./e2e go test -c
}

build_cluster() {
  go_build "${OUT}/cluster" ./hack/cluster go build
}

# build_ginkgo builds the command that runs specs in parallel.
build_ginkgo() {
  go_build "${OUT}/ginkgo" github.com/onsi/ginkgo/v2/ginkgo go build
}

# upstream_binary builds upstream's e2e.test and prints its path. The cluster's
# own program has been built before.
upstream_binary() {
  "${OUT}/cluster" build --upstream | sed -n 's/^e2e.test  *//p'
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

# cluster_up brings the embedded cluster up as the settings say.
cluster_up() {
  say "bringing up the embedded cluster ${CLUSTER_NAME}: ${NODES} nodes, kube-proxy in ${PROXY_MODE} mode, IP family ${IP_FAMILY}"
  cluster up --nodes "${NODES}" --proxy-mode "${PROXY_MODE}" --ip-family "${IP_FAMILY}"
}

# use_cluster brings the embedded cluster up and sets KUBECONFIG, unless that
# names a cluster already. EMBEDDED tells which.
# shellcheck disable=SC2034 # the scripts that source this read it
EMBEDDED=""
# shellcheck disable=SC2034
use_cluster() {
  if [[ -z "${KUBECONFIG:-}" ]]; then
    EMBEDDED=yes
    cluster_up
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
