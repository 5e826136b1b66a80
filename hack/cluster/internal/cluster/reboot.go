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
	"fmt"
	"time"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/cgroup"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/host"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/network"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

// Reboot switches a node off as a power failure does, and on again after the
// given time: all that runs there is killed, pods included, and what it has in
// memory is gone, such as its network with all rules and connections. Its disks
// stay. It returns when process 1 of the node runs; that the node serves again
// takes as long as it takes its programs.
func Reboot(ctx context.Context, stateRoot, name, nodeName string, off time.Duration, progress *Progress) error {
	p, _, c, err := open(stateRoot, name)
	if err != nil {
		return err
	}
	node, err := findNode(c, nodeName)
	if err != nil {
		return err
	}
	unlock, err := lock(name)
	if err != nil {
		return err
	}
	defer unlock()
	spec, err := host.ReadSpec(p.Host(node.Short))
	if err != nil {
		return err
	}
	all, err := cgroup.Cluster(name)
	if err != nil {
		return err
	}
	// What it has begun it finishes, or the node would stay off.
	lasting, cancel := context.WithTimeout(context.WithoutCancel(ctx), removeTimeout)
	defer cancel()
	group := all.Child(node.Short)
	if err := group.Kill(lasting); err != nil {
		return fmt.Errorf("switching off %s: %w", node.Name, err)
	}
	if err := group.Remove(lasting); err != nil {
		return fmt.Errorf("switching off %s: %w", node.Name, err)
	}
	progress.Say("%s is off", node.Name)
	_ = sleep(ctx, off) // an interrupt only makes it shorter
	if err := network.Reset(c, node.Host); err != nil {
		return err
	}
	if err := host.Start(context.WithoutCancel(ctx), p.Self(), spec); err != nil {
		return err
	}
	progress.Say("%s is booting", node.Name)
	return nil
}

// findNode returns the node with a short or a full name. Other hosts are no
// nodes.
func findNode(c *plan.Cluster, name string) (plan.Node, error) {
	short, err := plan.ShortName(c.Name, name)
	if err != nil {
		return plan.Node{}, err
	}
	for _, node := range c.Nodes {
		if node.Short == short {
			return node, nil
		}
	}
	return plan.Node{}, fmt.Errorf("cluster %s has no node %s: it has %d nodes", c.Name, short, len(c.Nodes))
}
