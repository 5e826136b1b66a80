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

# Checks that every source file begins with the licence, as the templates in
# hack/boilerplate have it. A #! line, build constraints and blank lines may
# stand before it.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

bad=""
check() {
  local file="$1" template="hack/boilerplate/boilerplate.$2.txt"
  local lines
  lines="$(wc -l <"${template}")"
  if ! sed -e '1{/^#!/d}' -e '/^\/\/go:build /d' "${file}" | sed -e '/./,$!d' | sed -n "1,${lines}p" |
    sed -E 's/^((# )?Copyright )20[0-9][0-9] /\1YEAR /' | cmp -s - "${template}"; then
    echo "${file}: does not begin with ${template}"
    bad=yes
  fi
}
while read -r file; do
  case "${file}" in
  */testdata/*) ;;
  *.go) check "${file}" go ;;
  *.sh | Makefile | .ci/run | *.yaml | .golangci.yml) check "${file}" sh ;;
  esac
done < <(git ls-files --cached --others --exclude-standard)
[[ -z "${bad}" ]] || die "the licence is missing in the files above"
