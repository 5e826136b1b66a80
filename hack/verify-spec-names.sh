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

# Checks the names of all specs: TestGrid tells specs apart by their names, and
# developers paste them into -ginkgo.focus.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

build_suite
names="$("${OUT}/svc.test" --list-tests | sed -nE 's/^ +[^ ]+:[0-9]+: //p')"
[[ -n "${names}" ]] || die "svc.test --list-tests lists no specs"
bad=""
# complain REASON NAMES prints the names, if there are any.
complain() {
  if [[ -n "$2" ]]; then
    printf '%s:\n%s\n' "$1" "$2"
    bad=yes
  fi
}
# The names without the framework's [tags].
plain="$(sed -E 's/ ?\[[^]]*\]//g; s/^ +//' <<<"${names}")"

complain "not unique" "$(sort <<<"${names}" | uniq -d)"
complain "not of [sig-network]" "$(grep -v '^\[sig-network\] ' <<<"${names}" || true)"
complain 'does not say what "should" be' "$(grep -vE ' should [a-z]' <<<"${names}" || true)"
# shellcheck disable=SC2016 # no expansion is meant
complain "has metacharacters of regular expressions" "$(grep -E '[].*+?^$(){}|\[]' <<<"${plain}" || true)"
complain "has an address, or stray blanks" "$(grep -E '[0-9]:[0-9]|0x|  | $' <<<"${plain}" || true)"
while read -r name; do
  if [[ "$(grep -cE -- "${name}" <<<"${plain}")" != 1 ]]; then
    complain "selects other specs too when it is pasted into -ginkgo.focus" "${name}"
  fi
done <<<"${plain}"
[[ -z "${bad}" ]] || die "see above"
echo "$(wc -l <<<"${names}") specs"
