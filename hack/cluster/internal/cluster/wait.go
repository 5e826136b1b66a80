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
	"net"
	"time"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/network"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

const (
	pollInterval = 200 * time.Millisecond
	// tooManyRestarts is how often a component may die before waiting for it
	// is given up: some do once or twice until others are ready.
	tooManyRestarts = 5
)

// wait polls until check returns nil. If that does not happen in time, or a
// component keeps dying, the error names the component that is to blame.
func (b *creation) wait(ctx context.Context, what string, timeout time.Duration, check func(context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	var last error
	for {
		err := check(bounded)
		if err == nil {
			return nil
		}
		if last == nil || bounded.Err() == nil {
			last = err // what is cut short by the timeout says nothing
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if dying := b.dying(); dying != nil {
			return fmt.Errorf("waiting for %s: %w", what, &componentError{*dying})
		}
		if bounded.Err() != nil {
			all := components(ctx, b.paths, b.plan, b.state)
			if problem := firstUnhealthy(all); problem != nil {
				return fmt.Errorf("waited %s for %s: %w", timeout, what, &componentError{*problem})
			}
			return fmt.Errorf("waited %s for %s: %w", timeout, what, last)
		}
		_ = sleep(bounded, pollInterval)
	}
}

// componentError blames a component.
type componentError struct{ Component }

func (e *componentError) Error() string {
	return fmt.Sprintf("%s on %s: %s", e.Name, e.Host, e.Problem)
}

// dying returns a component that has died too often, or a host that is gone.
// It asks nobody, and so may be called often.
func (b *creation) dying() *Component {
	for _, h := range b.plan.Hosts() {
		for _, component := range recorded(b.paths, h) {
			if component.Restarts >= tooManyRestarts {
				component.Problem = fmt.Sprintf("died %d times, %s", component.Restarts, component.Problem)
				return &component
			}
			if component.unattended && component.Problem == "not running" {
				return &component
			}
		}
	}
	return nil
}

// lookupEverywhere asks the cluster's name server from every node for the name
// of the API server.
func lookupEverywhere(ctx context.Context, c *plan.Cluster) error {
	var errs []error
	for _, n := range c.Nodes {
		if err := lookup(ctx, c, n.Name); err != nil {
			errs = append(errs, fmt.Errorf("looking up a name on %s: %w", n.Name, err))
		}
	}
	return errors.Join(errs...)
}

func lookup(ctx context.Context, c *plan.Cluster, namespace string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	dial := network.Dialer(namespace)
	resolver := &net.Resolver{
		PreferGo: true,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dial(ctx, network, net.JoinHostPort(c.DNSVIP.String(), "53"))
		},
	}
	_, err := resolver.LookupHost(ctx, "kubernetes.default.svc."+plan.DNSDomain+".")
	return err
}
