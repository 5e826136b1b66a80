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

# Checks that golden files are what the tests would write, no more and no
# less: a golden file that no test reads any longer is found here only.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

temp="$(mktemp -d)"
trap 'rm -rf "${temp}"' EXIT
bad=""
while read -r package; do
  go test -c -o "${temp}/test" "${package}"
  # The tests write below their working directory, and may miss other things
  # there: the files they leave are what counts.
  rm -rf "${temp}/run" && mkdir -p "${temp}/run/testdata"
  (cd "${temp}/run" && "${temp}/test" -test.short -update) >"${temp}/log" 2>&1 || true
  diff -r -x rapid "${package}/testdata" "${temp}/run/testdata" || bad=yes
done < <(golden_packages)
[[ -z "${bad}" ]] || die "golden files are stale, make update writes them anew"
