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
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	clientset "k8s.io/client-go/kubernetes"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/build"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/dataplane"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/forward"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/host"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/imagestore"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/kubeconfig"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/network"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/pki"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

// Waits, each for something that takes a tenth of it on a machine at ease.
const (
	apiServerTimeout = 90 * time.Second
	nodesTimeout     = 120 * time.Second
	dnsTimeout       = 120 * time.Second
	metalLBTimeout   = 120 * time.Second
)

// creation brings a cluster up from nothing.
type creation struct {
	paths     Paths
	plan      *plan.Cluster
	options   UpOptions
	artifacts *build.Artifacts
	progress  *Progress

	state   *state
	builder *builder
	images  string
}

func (b *creation) run(ctx context.Context) error {
	var err error
	if b.images, err = imagestore.Ensure(ctx, b.artifacts, func(s string) { b.progress.Say("%s", s) }); err != nil {
		return err
	}
	if err := b.prepare(); err != nil {
		return err
	}
	listeners, err := b.listen()
	if err != nil {
		return err
	}
	defer func() {
		for _, listener := range listeners {
			listener.Close()
		}
	}()
	if err := network.Create(b.plan); err != nil {
		return err
	}
	b.progress.Say("network is laid: %d nodes on %s", len(b.plan.Nodes), b.plan.Gateways[0].Masked())

	controlPlane, err := b.builder.controlPlane()
	if err != nil {
		return err
	}
	if err := host.Start(ctx, b.paths.Self(), controlPlane); err != nil {
		return err
	}
	if err := b.forward(listeners); err != nil {
		return err
	}
	if err := host.Start(ctx, b.paths.Self(), b.builder.external()); err != nil {
		return err
	}
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return b.startNodes(groupCtx) })
	group.Go(func() error { return b.populate(groupCtx) })
	if err := group.Wait(); err != nil {
		return err
	}
	if err := b.waitServing(ctx); err != nil {
		return err
	}
	b.state.Ready = true
	return b.state.write(b.paths)
}

// prepare makes the state directory with all that the hosts need.
func (b *creation) prepare() error {
	// Before there is a record: what exists now is not ours to remove later.
	if err := b.checkNamespaces(); err != nil {
		return err
	}
	for _, dir := range []string{b.paths.PKI(), b.paths.Logs(), filepath.Join(b.paths.Dir, "hosts")} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fmt.Errorf("creating state: %w", err)
		}
	}
	b.state = &state{Options: b.plan.Options}
	if err := b.state.write(b.paths); err != nil {
		return err
	}
	// The cluster must not lose its programs when something is built anew.
	if err := imagestore.Clone(b.artifacts.BinDir, b.paths.Bin()); err != nil {
		return err
	}
	if err := imagestore.Clone(b.artifacts.CNIBinDir, b.paths.CNI()); err != nil {
		return err
	}
	if err := copySelf(b.paths.Self()); err != nil {
		return err
	}
	authority, err := pki.Create(b.paths.PKI(), b.plan)
	if err != nil {
		return err
	}
	b.builder = &builder{
		paths: b.paths, plan: b.plan, authority: authority, dataPlane: dataplane.For(b.plan),
	}
	return nil
}

func (b *creation) checkNamespaces() error {
	existing, err := network.Namespaces()
	if err != nil {
		return err
	}
	for _, h := range append(b.plan.Hosts(), b.plan.Fabric) {
		if slices.Contains(existing, h.Name) {
			return fmt.Errorf("network namespace %s exists, and is not ours: remove it, or choose another --name", h.Name)
		}
	}
	return nil
}

func copySelf(to string) error {
	source, err := os.Open("/proc/self/exe")
	if err != nil {
		return fmt.Errorf("copying this program: %w", err)
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
	if err != nil {
		return fmt.Errorf("copying this program: %w", err)
	}
	if _, err := io.Copy(target, source); err != nil {
		target.Close()
		return fmt.Errorf("copying this program: %w", err)
	}
	return target.Close()
}

// listen takes the ports on loopback, and writes the kubeconfig that has them.
func (b *creation) listen() ([]*net.TCPListener, error) {
	apiServer, err := forward.Listen(b.options.APIServerPort)
	if err != nil {
		return nil, err
	}
	external, err := forward.Listen(0)
	if err != nil {
		apiServer.Close()
		return nil, err
	}
	listeners := []*net.TCPListener{apiServer, external}
	b.state.APIServerPort, b.state.ExternalPort = forward.Port(apiServer), forward.Port(external)

	const user = "kubernetes-admin"
	pair, err := b.builder.authority.Client(user, "system:masters")
	if err != nil {
		return listeners, err
	}
	raw, err := kubeconfig.File{
		Cluster: b.plan.Name, User: user, CA: b.builder.authority.CACert(), Client: pair,
		Server: fmt.Sprintf("https://127.0.0.1:%d", b.state.APIServerPort),
		Extension: &kubeconfig.Extension{
			ExternalClient: &kubeconfig.ExternalClient{
				URL:       fmt.Sprintf("http://127.0.0.1:%d", b.state.ExternalPort),
				Address:   b.plan.External.Address(),
				Addresses: b.plan.External.IPs(),
			},
			NodeExec:      b.command("exec"),
			NodeReboot:    b.command("reboot"),
			APIServerHost: plan.ControlPlane,
			Disposable:    true,
		},
	}.Render()
	if err != nil {
		return listeners, err
	}
	if err := os.WriteFile(b.paths.Kubeconfig(), raw, 0o600); err != nil {
		return listeners, fmt.Errorf("writing kubeconfig: %w", err)
	}
	return listeners, nil
}

// command is a verb of this program for use on the cluster.
func (b *creation) command(verb string) string {
	return fmt.Sprintf("%s %s --state-dir=%s --name=%s", b.paths.Self(), verb, b.options.StateRoot, b.plan.Name)
}

// forward starts the process that serves the ports on loopback.
func (b *creation) forward(listeners []*net.TCPListener) error {
	rules := []forward.Rule{
		{Namespace: b.plan.ControlPlane.Name, Target: b.plan.APIServer().String()},
		{Namespace: b.plan.External.Name, Target: netip.AddrPortFrom(b.plan.External.Address(), plan.ExternalPort).String()},
	}
	pid, err := forward.Start(b.paths.Self(), b.plan.Name, b.paths.Log("", forward.Name), rules, listeners)
	if err != nil {
		return err
	}
	if b.state.Forwarder, err = host.IdentifyProcess(pid); err != nil {
		return fmt.Errorf("%s ended at once, see %s: %w", forward.Name, b.paths.Log("", forward.Name), err)
	}
	return b.state.write(b.paths)
}

func (b *creation) startNodes(ctx context.Context) error {
	for _, n := range b.plan.Nodes {
		spec, err := b.builder.node(n)
		if err != nil {
			return err
		}
		if err := imagestore.Clone(b.images, filepath.Join(spec.Dir, "containerd")); err != nil {
			return err
		}
		if err := host.Start(ctx, b.paths.Self(), spec); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	b.progress.Say("nodes are booting")
	return nil
}

// populate waits for the API server and gives it the cluster's objects.
func (b *creation) populate(ctx context.Context) error {
	client, err := newClient(b.paths)
	if err != nil {
		return err
	}
	err = b.wait(ctx, "the API server", apiServerTimeout, func(ctx context.Context) error {
		return client.CoreV1().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	})
	if err != nil {
		return err
	}
	b.progress.Say("API server is ready: https://127.0.0.1:%d", b.state.APIServerPort)
	if err := createNodes(ctx, client, b.plan); err != nil {
		return err
	}
	if err := deployDNS(client, b.plan); err != nil || b.plan.LoadBalancer == plan.LoadBalancerNone {
		return err
	}
	return b.deployMetalLB(ctx)
}

// waitServing waits until the nodes are ready and names can be looked up.
func (b *creation) waitServing(ctx context.Context) error {
	client, err := newClient(b.paths)
	if err != nil {
		return err
	}
	// Asked one after the other, so that each is told as soon as it is ready.
	if err := b.waitNodes(ctx, client); err != nil {
		return err
	}
	b.progress.Say("all nodes are ready")
	if err := b.waitAddon(ctx, client, coreDNS, dnsTimeout); err != nil {
		return err
	}
	err = b.wait(ctx, "names to be served on every node", dnsTimeout, func(ctx context.Context) error {
		return lookupEverywhere(ctx, b.plan)
	})
	if err != nil {
		return err
	}
	b.progress.Say("CoreDNS is serving on every node")
	if err := labelZones(ctx, client, b.plan); err != nil {
		return err
	}
	if b.plan.LoadBalancer == plan.LoadBalancerMetalLB {
		for _, workload := range metalLB {
			if err := b.waitAddon(ctx, client, workload, metalLBTimeout); err != nil {
				return err
			}
		}
		b.progress.Say("MetalLB is ready")
	}
	// The last word is with the components themselves.
	return b.wait(ctx, "all components to be healthy", settleTimeout, func(ctx context.Context) error {
		if problem := firstUnhealthy(inspect(ctx, b.paths, b.plan, b.state)); problem != nil {
			return fmt.Errorf("%s: %s", problem.Name, problem.Problem)
		}
		return nil
	})
}

// waitAddon waits until an addon is ready.
func (b *creation) waitAddon(ctx context.Context, client clientset.Interface, a addon, timeout time.Duration) error {
	err := b.wait(ctx, a.String(), timeout, func(ctx context.Context) error {
		if problem := a.problem(ctx, client); problem != "" {
			return errors.New(problem)
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w; %s", err, lastWarning(ctx, client, a.namespace))
	}
	return err
}

func (b *creation) waitNodes(ctx context.Context, client clientset.Interface) error {
	told := map[string]bool{}
	return b.wait(ctx, "the nodes", nodesTimeout, func(ctx context.Context) error {
		var errs []error
		for _, component := range nodeComponents(ctx, client, b.plan) {
			if component.Problem != "" {
				errs = append(errs, fmt.Errorf("%s: %s", component.Name, component.Problem))
			} else if !told[component.Name] {
				told[component.Name] = true
				b.progress.Say("%s is ready", component.Name)
			}
		}
		return errors.Join(errs...)
	})
}
