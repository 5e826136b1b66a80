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

	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

// Down removes the cluster and everything that is left of it.
func Down(stateRoot, name string, progress *Progress) error {
	if err := plan.ValidateName(name); err != nil {
		return err
	}
	if err := requireRoot(); err != nil {
		return err
	}
	unlock, err := lock(name)
	if err != nil {
		return err
	}
	defer unlock()
	t, err := findTraces(PathsOf(stateRoot, name), name)
	if err != nil {
		return err
	}
	if t.none() {
		progress.Say("cluster %s is not there", name)
		return nil
	}
	if err := t.remove(); err != nil {
		return fmt.Errorf("taking down cluster %s: %w", name, err)
	}
	progress.Say("cluster %s is down", name)
	return nil
}

func requireRoot() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("only root can do this: namespaces, mounts and routes are made; use sudo")
	}
	return nil
}
