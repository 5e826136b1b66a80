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

# Prints what is left on this machine of the embedded cluster called
# CLUSTER_NAME, and fails if there is anything: it must not trust the program
# that takes clusters down, so it looks for itself.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

dir="$(cluster_dir)"
left=""
found() {
  while read -r line; do
    echo "$1: ${line}"
    left=yes
  done
}
found "network namespace" < <(ip netns list 2>/dev/null | cut -d' ' -f1 |
  grep -E "^${CLUSTER_NAME}-(node-[0-9]+|control-plane|external|fabric)$")
found "process" < <(grep -lE "/service-e2e/${CLUSTER_NAME}(/|$)" /proc/[0-9]*/cgroup 2>/dev/null |
  while read -r file; do ps -o pid=,stat=,args= -p "$(cut -d/ -f3 <<<"${file}")"; done |
  grep -v ' Z') # the dead whom pid 1 has yet to bury
found "process" < <(pgrep -af "^${dir}/" || true)
found "mount" < <(awk -v dir="${dir}/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo)
found "cgroup" < <(find /sys/fs/cgroup -type d -path "*/service-e2e/${CLUSTER_NAME}" 2>/dev/null)
found "state" < <(ls -d "${dir}" 2>/dev/null)
if [[ -n "${left}" ]]; then
  exit 1
fi
