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

package trial

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/fault"
)

// nodes is how many nodes the clusters have: faults name three.
const nodes = 3

// downTimeout bounds taking a cluster down, which is done even after an
// interrupt.
const downTimeout = 2 * time.Minute

// cluster is an embedded cluster.
type cluster struct {
	program, name, mode string
	// found says that it was there before, and is to be left there.
	found      bool
	kubeconfig string
	client     clientset.Interface
	hosts      *fault.Hosts
}

// bringUp brings a cluster up. What it returns is to be taken down, even if it
// comes with an error.
func bringUp(ctx context.Context, program, name, mode, dir string) (*cluster, error) {
	c := &cluster{program: program, name: name, mode: mode, kubeconfig: filepath.Join(dir, "kubeconfig")}
	c.found = c.verb(ctx, "status") == nil
	if err := c.verb(ctx, "up", "--nodes", strconv.Itoa(nodes), "--proxy-mode", mode, "--kubeconfig", c.kubeconfig); err != nil {
		return c, err
	}
	return c, c.connect()
}

// connect makes the ways to a cluster that is up.
func (c *cluster) connect() error {
	config, err := clientcmd.BuildConfigFromFlags("", c.kubeconfig)
	if err != nil {
		return fmt.Errorf("loading kubeconfig: %w", err)
	}
	if c.client, err = clientset.NewForConfig(config); err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	c.hosts, err = fault.FindHosts(c.kubeconfig)
	return err
}

// down takes the cluster down, unless it was there before.
func (c *cluster) down(ctx context.Context) error {
	if c.found {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), downTimeout)
	defer cancel()
	return c.verb(ctx, "down")
}

// verb runs a verb of the cluster's program.
func (c *cluster) verb(ctx context.Context, verb string, arguments ...string) error {
	cmd := gently(exec.CommandContext(ctx, c.program, append([]string{verb, "--name", c.name}, arguments...)...))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("cluster %s %s: %w: %s", c.name, verb, err, strings.TrimSpace(out.String()))
	}
	return nil
}

// prepareDir makes an empty directory.
func prepareDir(path string) error {
	return errors.Join(os.RemoveAll(path), os.MkdirAll(path, 0o755))
}
