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

package fault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
)

// commandTimeout bounds one command on a node.
const commandTimeout = 30 * time.Second

// Hosts runs commands on the nodes of a cluster.
type Hosts struct {
	// exec is the beginning of the command line; the node's name, -- and the
	// command follow.
	exec []string
	// External are the addresses of the client outside of the cluster.
	External []string
}

// FindHosts reads from a kubeconfig how commands are run on the nodes.
func FindHosts(kubeconfig string) (*Hosts, error) {
	config, err := clientcmd.LoadFromFile(kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("loading kubeconfig: %w", err)
	}
	for _, cluster := range config.Clusters {
		raw, ok := cluster.Extensions["service-e2e"].(*runtime.Unknown)
		if !ok {
			continue
		}
		var extension struct {
			NodeExec       string
			ExternalClient struct{ Addresses []string }
		}
		if err := json.Unmarshal(raw.Raw, &extension); err != nil {
			return nil, fmt.Errorf("reading extension service-e2e of %s: %w", kubeconfig, err)
		}
		if extension.NodeExec != "" {
			return &Hosts{exec: strings.Fields(extension.NodeExec), External: extension.ExternalClient.Addresses}, nil
		}
	}
	return nil, fmt.Errorf("%s does not tell how to run commands on nodes: faults can be injected into embedded clusters only", kubeconfig)
}

// command is a command on a node. The end of ctx ends it.
func (h *Hosts) command(ctx context.Context, node string, command ...string) *exec.Cmd {
	arguments := slices.Concat(h.exec[1:], []string{node, "--"}, command)
	cmd := exec.CommandContext(ctx, h.exec[0], arguments...)
	// In a group of its own, an interrupt does not reach it, and all of it can
	// be killed: what enters the node's pid namespace is a child.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd
}

// Run runs a command on a node and returns what it prints.
func (h *Hosts) Run(ctx context.Context, node, input string, command ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	cmd := h.command(ctx, node, command...)
	cmd.Stdin = strings.NewReader(input)
	var out, diagnostics bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &diagnostics
	if err := cmd.Run(); err != nil {
		said := strings.TrimSpace(diagnostics.String())
		return out.String(), fmt.Errorf("on %s: %s: %w: %s", node, strings.Join(command, " "), err, said)
	}
	return out.String(), nil
}

// exitCode returns the exit code of a command that failed; -1 if it did not run.
func exitCode(err error) int {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode()
	}
	return -1
}

// forgetUDP makes a node forget all UDP flows, since those that it knows do not
// see new rules.
func (h *Hosts) forgetUDP(ctx context.Context, node string) error {
	for _, family := range []string{"ipv4", "ipv6"} {
		_, err := h.Run(ctx, node, "", "conntrack", "-D", "-p", "udp", "-f", family)
		if err != nil && exitCode(err) != 1 { // 1: there was nothing to forget
			return err
		}
	}
	return nil
}
