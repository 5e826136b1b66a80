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

# Checks that package images is the only place that names images, that each is
# pinned to a version, and that the suite lists what it uses.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

bad=""
if git grep -nE '"[a-z0-9.-]+\.(io|com|dev)/[^" ]+:(v?[0-9][^" /]*|latest)"' -- '*.go' ':!images/' ':!*_test.go'; then
  echo "^ images are named in package images only"
  bad=yes
fi
if git grep -nE ':latest\b' -- '*.go' ':!*_test.go'; then
  echo "^ not pinned to a version"
  bad=yes
fi
build_suite
list="$("${OUT}/svc.test" --list-images)"
if [[ -z "${list}" ]] || grep -vE '^[a-z0-9.-]+(/[a-z0-9._-]+)+:v?[0-9][0-9.]*$' <<<"${list}"; then
  echo "^ svc.test --list-images prints this, want name:version"
  bad=yes
fi
[[ -z "${bad}" ]] || die "see above"
