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

# Settings. Each can be given on the command line, as in: make e2e FOCUS=hairpin
#
# KUBECONFIG    the cluster to test; without it the embedded cluster is used
# CLUSTER_NAME  name of the embedded cluster (svc)
# NODES         how many nodes the embedded cluster has (3)
# PROXY_MODE    mode of its kube-proxy: iptables (default) or nftables
# IP_FAMILY     family of its addresses: dual (default), ipv4 or ipv6
# FOCUS, SKIP   regular expressions that select specs by name
# LABEL_FILTER  Ginkgo's expression that selects specs by label
# PARALLEL      how many specs run at a time (4); most of their time is waiting
# FULL=yes      of test: all specs instead of those of the core
# RUNS, BUSY    of soak: how many runs (10), how many of them under CPU load (2)
# COMPARE=yes   of upstream: this suite's specs for the same scenarios after that
# ARTIFACTS     where results are left (_artifacts)
#
# Of mutation: FAULTS is a regular expression that selects faults by name, MODES
# the modes of kube-proxy (iptables,nftables), SUBSET=quick a sample, HEALTHY how
# many runs without a fault come first, PEER=upstream whose specs are scored, and
# RUNS how often for each fault (3). PROVE=yes runs every spec with each fault,
# node-cut unless FAULTS says another, and names those that pass. RESUME=1 tries only what there are no results
# of yet, FRESH=1 forgets those that there are.

.DEFAULT_GOAL := help
.PHONY: help build build-debug debug unit verify update test e2e cluster-up cluster-down cluster-status bench mutation soak upstream clean

help: ## Print this list
	@hack/help.sh

build: ## Build the suite, _output/svc.test
	@hack/build.sh

build-debug: ## Build the suite for a debugger, _output/svc.debug.test
	@hack/build.sh --debug

debug: ## Run the specs that FOCUS selects under delve
	@hack/debug.sh

unit: ## Run the unit tests; they need no cluster
	@hack/unit.sh

verify: ## Run all static checks
	@hack/verify-all.sh

update: ## Mend what verify complains about and a program can mend
	@hack/update-all.sh

test: ## Prove the project: unit, verify, the suite's core in both proxy modes
	@hack/test.sh

e2e: ## Run the suite, on a cluster that it brings up unless KUBECONFIG is set
	@hack/e2e.sh

cluster-up: ## Bring the embedded cluster up
	@hack/cluster.sh up

cluster-down: ## Take the embedded cluster down
	@hack/cluster.sh down

cluster-status: ## Show how the embedded cluster is
	@hack/cluster.sh status

bench: ## Measure the probers side by side with exec'd probes
	@hack/bench.sh

mutation: ## Measure the suite by known faults, on clusters of its own
	@hack/mutation.sh

soak: ## Run the suite many times in a row, part of them under CPU load
	@hack/soak.sh

upstream: ## Run upstream's own specs of Services on the embedded cluster
	@hack/upstream.sh

clean: ## Remove what was built, and the results
	@hack/clean.sh
