/*
Copyright 2026 The Kubernetes Authors.

Licensed under the Apache License, Version 2.0 (the "License");
you may not use this file except in compliance with the License.
You may obtain a copy of the License at

    http://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, software
distributed under the License is distributed on an "AS IS" BASIS,
WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
See the License for the specific language governing permissions and
limitations under the License.
*/

package cluster

import (
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/cgroup"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/host"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/network"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

// Exec replaces this process by a command on a host. It returns only if that
// cannot be done.
func Exec(stateRoot, name, hostName string, command []string) error {
	p, _, c, err := open(stateRoot, name)
	if err != nil {
		return err
	}
	short, err := plan.ShortName(name, hostName)
	if err != nil {
		return err
	}
	arguments, err := enter(p, c, short)
	if err != nil {
		return err
	}
	// nsenter does in one thread what Go cannot, and forks into the pid
	// namespace while it keeps terminal and exit code.
	nsenter, err := exec.LookPath("nsenter")
	if err != nil {
		return fmt.Errorf("looking for nsenter (package util-linux): %w", err)
	}
	argv := append([]string{"nsenter"}, arguments...)
	argv = append(argv, "--")
	argv = append(argv, command...)
	if err := syscall.Exec(nsenter, argv, environment(p)); err != nil {
		return fmt.Errorf("running nsenter: %w", err)
	}
	return nil
}

// enter returns nsenter's arguments for the host, and moves this process into
// the host's cgroup so that it cannot outlive the cluster.
func enter(p Paths, c *plan.Cluster, short string) ([]string, error) {
	if short == plan.Fabric {
		// Nothing runs there, it is a network only.
		return []string{"--net=" + network.NamespacePath(c.Fabric.Name)}, nil
	}
	process, err := host.ReadProcess(p.Host(short))
	if err != nil {
		return nil, err
	}
	if process == (host.Process{}) {
		return nil, fmt.Errorf("cluster %s has no %s: it has %d nodes", c.Name, short, len(c.Nodes))
	}
	if !process.Alive() {
		return nil, fmt.Errorf("%s of cluster %s is not running: bring the cluster up again", short, c.Name)
	}
	group, err := cgroup.Cluster(c.Name)
	if err != nil {
		return nil, err
	}
	if err := group.Child(short).Leaf().Join(); err != nil {
		return nil, err
	}
	return []string{
		"--target=" + strconv.Itoa(process.PID), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--wd=/",
	}, nil
}

// environment is this process' own, with the PATH of the host.
func environment(p Paths) []string {
	env := []string{"PATH=" + p.Bin() + ":" + systemPath}
	for _, name := range []string{"HOME", "TERM", "LANG", "LC_ALL"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}
