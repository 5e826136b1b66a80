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

package host

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Spec describes a host completely: its process 1 knows nothing else.
type Spec struct {
	// Name is the host name, and the name of its network namespace.
	Name string `json:"name"`
	// Cluster and Short name the host's cgroup.
	Cluster string `json:"cluster"`
	Short   string `json:"short"`
	// Dir is the host's own directory in the cluster's state. What the host
	// writes to disk it writes there.
	Dir string `json:"dir"`
	// Visible are directories that stay visible in the host at their own
	// path, wherever they are. Dir always is.
	Visible []string `json:"visible,omitempty"`
	// Disks maps directories below Dir to where the host sees them.
	Disks map[string]string `json:"disks,omitempty"`
	// Files are put into the host, over what the machine has there.
	Files map[string]string `json:"files,omitempty"`
	// Path is the PATH of everything that runs on the host.
	Path string `json:"path"`
	// Log is the file in which process 1 reports.
	Log string `json:"log"`
	// Services are started in their order.
	Services []Service `json:"services"`
}

// Service is a program that process 1 keeps running.
type Service struct {
	Name string   `json:"name"`
	Args []string `json:"args"`
	// Log is the file that takes the output.
	Log string `json:"log"`
	// After are addresses that must accept a connection before the service is
	// started, such as tcp:127.0.0.1:2379 or unix:/run/containerd/containerd.sock.
	After []string `json:"after,omitempty"`
	// Health is a URL that answers 200 from within the host's network if the
	// service is healthy; without one, running is enough.
	Health string `json:"health,omitempty"`
	// HealthCA is the file of the authority behind an https Health.
	HealthCA string `json:"healthCA,omitempty"`
}

// specFile is where the spec of a host is kept, for process 1 and for whoever
// wants to know what should run there.
func specFile(dir string) string { return filepath.Join(dir, "host.json") }

// ReadSpec reads the spec of the host whose directory is dir.
func ReadSpec(dir string) (*Spec, error) {
	s := &Spec{}
	return s, readJSON(specFile(dir), s)
}

func readJSON(path string, into any) error {
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading state: %w", err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("reading state from %s: %w", path, err)
	}
	return nil
}

// writeJSON replaces the file in one step, so that no reader sees half of it.
func writeJSON(path string, value any) error {
	raw, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding %s: %w", path, err)
	}
	temporary := path + ".new"
	if err := os.WriteFile(temporary, raw, 0o600); err != nil {
		return fmt.Errorf("writing state: %w", err)
	}
	if err := os.Rename(temporary, path); err != nil {
		return fmt.Errorf("writing state: %w", err)
	}
	return nil
}
