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

# Builds the suite's binary, _output/svc.test. With --debug it is for a
# debugger: not optimised, and with the paths of this checkout. With --all also
# what the suite runs on: the embedded cluster, all of whose components are
# built, and Ginkgo's command.

source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

case "${1:-}" in
--debug)
  export GOFLAGS="-buildvcs=false"
  go_build "${OUT}/svc.debug.test" ./e2e go test -c -gcflags='all=-N -l'
  say "built ${OUT}/svc.debug.test"
  ;;
--all)
  build_cluster
  forwarding "${OUT}/cluster" build
  build_suite
  build_ginkgo
  ;;
*)
  build_suite
  say "built ${OUT}/svc.test"
  ;;
esac
