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
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/host"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

// state is what is recorded about a cluster besides what its hosts record.
type state struct {
	plan.Options
	// Ready is set once the cluster has come up completely.
	Ready bool `json:"ready"`
	// APIServerPort and ExternalPort are the forwarded ports on loopback.
	APIServerPort int `json:"apiServerPort"`
	ExternalPort  int `json:"externalPort"`
	// Forwarder is the process that forwards them.
	Forwarder host.Process `json:"forwarder"`
}

// readState returns nil if nothing is recorded, or nothing legible.
func readState(p Paths) (*state, error) {
	raw, err := os.ReadFile(p.state())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the cluster's state: %w", err)
	}
	s := &state{}
	if err := json.Unmarshal(raw, s); err != nil {
		return nil, nil //nolint:nilerr // A reboot may have cut it short: start anew.
	}
	return s, nil
}

func (s *state) write(p Paths) error {
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the cluster's state: %w", err)
	}
	temporary := p.state() + ".new"
	if err := os.WriteFile(temporary, raw, 0o600); err != nil {
		return fmt.Errorf("writing the cluster's state: %w", err)
	}
	if err := os.Rename(temporary, p.state()); err != nil {
		return fmt.Errorf("writing the cluster's state: %w", err)
	}
	return nil
}
