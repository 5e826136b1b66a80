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

# Runs every verify script beside it, and says of each whether it passed. What
# one has to say is shown only if it fails.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need_go
passed=0
failed=()
for script in hack/verify-*.sh; do
  name="$(basename "${script}" .sh)"
  if [[ "${name}" == verify-all ]]; then
    continue
  fi
  SECONDS=0
  if output="$("${script}" 2>&1)"; then
    printf '%-24s passed %4d s\n' "${name}" "${SECONDS}"
    passed=$((passed + 1))
  else
    printf '%-24s FAILED %4d s\n%s\n' "${name}" "${SECONDS}" "${output}"
    failed+=("${name}")
  fi
done
echo "verify: ${passed} passed, ${#failed[@]} failed, 0 skipped"
[[ ${#failed[@]} -eq 0 ]] || die "failed: ${failed[*]}; make update mends what can be mended by itself"
