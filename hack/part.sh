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

# Runs one part of make test: part.sh NAME COMMAND... Parts run side by side, so
# each line gets the part's name in front. It leaves in ARTIFACTS what the part
# has printed, test-NAME.log, and what it has counted, test-NAME.counts: how
# many passed, failed and were skipped, and the seconds it took.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

name="$1"
shift
log="${ARTIFACTS}/test-${name}.log"
counts="${ARTIFACTS}/test-${name}.counts"

# It ends by itself, when nothing is left that could print.
exec > >(trap '' INT TERM HUP && exec sed -u "s/^/$(printf '%-14s' "${name}") | /") 2>&1
printer=$!

say "begins"
code=0
logged "${log}" "$@" || code=$?

# The last line that has counts has those of the whole part.
numbers="$(sed -nE 's/^.* ([0-9]+) (specs )?passed, ([0-9]+) failed, ([0-9]+) skipped.*/\1 \3 \4/p' "${log}" | tail -n 1)"
read -r passed failed skipped <<<"${numbers:-0 0 0}"
# A part that failed without a count of its own counts as one.
if [[ ${code} -ne 0 && ${failed} -eq 0 ]]; then
  failed=1
elif [[ ${code} -eq 0 && ${failed} -ne 0 ]]; then
  code=1
fi
echo "${passed} ${failed} ${skipped} ${SECONDS}" >"${counts}"
say "$([[ ${code} -eq 0 ]] && echo passed || echo "FAILED (exit code ${code})") in ${SECONDS} s"

exec >&- 2>&-
wait "${printer}" || true
exit "${code}"
