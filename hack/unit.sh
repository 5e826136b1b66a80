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

# Runs all tests that need no cluster, under the race detector. Arguments are
# passed on to go test. Package e2e is the suite itself, whose one test needs a
# cluster: it is compiled and vetted elsewhere, and not run here.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_go
need_packages "${UNIT_PACKAGES[@]}"
mkdir -p "${ARTIFACTS}"
log="${ARTIFACTS}/unit.log"
packages="$(go list ./... | grep -v '/e2e$')"
export CGO_ENABLED=1 # the race detector wants it
code=0
# shellcheck disable=SC2086 # one argument for each package
with_progress "compiling for the race detector" go build -race -v ${packages}
# shellcheck disable=SC2086
go test -race -v "$@" ${packages} >"${log}" 2>&1 || code=$?
grep -E '^(ok|FAIL|panic:|---? FAIL)[[:space:]]' "${log}" || true
if [[ ${code} -ne 0 ]]; then
  grep -vE '^ *(=== |--- (PASS|SKIP))|^(PASS|ok )|no test files' "${log}" >&2 || true
fi
# Subtests count as tests, as go test prints them.
count() {
  grep -cE "^ *--- $1:" "${log}" || true
}
echo "unit tests: $(count PASS) passed, $(count FAIL) failed, $(count SKIP) skipped (log: ${log})"
exit "${code}"
