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
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/cgroup"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

// modules are parts of the kernel that do not always load by themselves.
var modules = []string{"overlay", "bridge", "br_netfilter", "veth", "nf_conntrack"}

// checkMachine reports what the machine lacks.
func checkMachine(ctx context.Context, c *plan.Cluster) error {
	if _, err := cgroup.Mounts(); err != nil {
		return err
	}
	// What is built in, or loaded, needs no module, and a machine may have no
	// modules at all: only what is missing afterwards counts.
	_ = exec.CommandContext(ctx, "modprobe", append([]string{"--all", "--quiet"}, modules...)...).Run()
	systems, err := os.ReadFile("/proc/filesystems")
	if err != nil {
		return fmt.Errorf("listing file systems: %w", err)
	}
	if !strings.Contains(string(systems), "\toverlay\n") {
		return errors.New("the kernel lacks overlayfs: load the module overlay, or build it")
	}
	if _, err := os.Stat("/proc/net/if_inet6"); err != nil && c.IPFamily != plan.FamilyIPv4 {
		return fmt.Errorf("the kernel lacks IPv6: load it or boot with it, or use --ip-family=%s", plan.FamilyIPv4)
	}
	if err := raise(inotifyInstances, wantedInotifyInstances); err != nil {
		return err
	}
	for _, kind := range []string{"mnt", "pid", "net", "uts", "ipc", "cgroup"} {
		if _, err := os.Stat("/proc/self/ns/" + kind); err != nil {
			return fmt.Errorf("the kernel lacks %s namespaces", kind)
		}
	}
	return nil
}

// Every node takes some twenty inotify instances, and the usual limit for all
// of root's processes is 128. Beyond it components fail with "too many open
// files".
const (
	inotifyInstances       = "/proc/sys/fs/inotify/max_user_instances"
	wantedInotifyInstances = 8192
)

// raise raises a limit of the machine to what is wanted. It stays there, for
// other clusters may depend on it by the time that this one is taken down.
func raise(path string, wanted int) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading limit: %w", err)
	}
	limit, err := strconv.Atoi(strings.TrimSpace(string(raw)))
	if err != nil {
		return fmt.Errorf("reading limit from %s: %w", path, err)
	}
	if limit >= wanted {
		return nil
	}
	if err := os.WriteFile(path, []byte(strconv.Itoa(wanted)), 0); err != nil {
		return fmt.Errorf("raising limit from %d to %d: %w", limit, wanted, err)
	}
	return nil
}

// export writes another copy of the kubeconfig.
func export(p Paths, to string) error {
	if to == "" || to == p.Kubeconfig() {
		return nil
	}
	raw, err := os.ReadFile(p.Kubeconfig())
	if err != nil {
		return fmt.Errorf("copying kubeconfig: %w", err)
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, raw, 0o600)); err != nil {
		return fmt.Errorf("copying kubeconfig: %w", err)
	}
	return nil
}

// explain tells how to use the cluster.
func explain(out io.Writer, p Paths, o UpOptions) {
	path := p.Kubeconfig()
	if o.Kubeconfig != "" {
		path = o.Kubeconfig
	}
	name := ""
	if o.Name != plan.DefaultOptions().Name {
		name = " --name=" + o.Name
	}
	fmt.Fprintln(out, strings.Join([]string{
		"",
		"export KUBECONFIG=" + path,
		"export PATH=$PATH:" + p.Bin() + "   # kubectl, cluster",
		"",
		"look inside: cluster exec" + name + " node-1 -- ip addr     logs: " + p.Logs(),
	}, "\n"))
}
