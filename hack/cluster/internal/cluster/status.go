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

	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

// Status reports on all components of a cluster that is recorded.
func Status(ctx context.Context, stateRoot, name string) ([]Component, error) {
	p, s, c, err := open(stateRoot, name)
	if err != nil {
		return nil, err
	}
	return inspect(ctx, p, c, s), nil
}

// open reads the records of a cluster that should be there.
func open(stateRoot, name string) (Paths, *state, *plan.Cluster, error) {
	p := PathsOf(stateRoot, name)
	if err := plan.ValidateName(name); err != nil {
		return p, nil, nil, err
	}
	if err := requireRoot(); err != nil {
		return p, nil, nil, err
	}
	s, err := readState(p)
	if err != nil {
		return p, nil, nil, err
	}
	if s == nil {
		return p, nil, nil, fmt.Errorf("cluster %s is not running: bring it up first", name)
	}
	c, err := plan.New(s.Options)
	return p, s, c, err
}

func inspect(ctx context.Context, p Paths, c *plan.Cluster, s *state) []Component {
	all := components(ctx, p, c, s)
	client, err := newClient(p)
	if err != nil {
		return append(all, Component{Name: "API", Host: "-", Problem: err.Error()})
	}
	all = append(all, nodeComponents(ctx, client, c)...)
	for _, a := range addons(c) {
		all = append(all, Component{Name: a.String(), Host: "-", Problem: a.problem(ctx, client)})
	}
	return all
}

// firstUnhealthy returns the first component with a problem, or nil.
func firstUnhealthy(all []Component) *Component {
	for i := range all {
		if all[i].Problem != "" {
			return &all[i]
		}
	}
	return nil
}

// Healthy reports whether all components are.
func Healthy(all []Component) bool { return firstUnhealthy(all) == nil }
