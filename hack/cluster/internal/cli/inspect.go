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

package cli

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/cluster"
)

func newStatus(g *global) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show how the components of a cluster are; the exit code is 0 if all are healthy",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			components, err := cluster.Status(cmd.Context(), g.stateRoot, g.name)
			if err != nil {
				return err
			}
			if err := printStatus(cmd.OutOrStdout(), components); err != nil {
				return err
			}
			if !cluster.Healthy(components) {
				return exitCode(1)
			}
			return nil
		},
	}
}

func printStatus(out io.Writer, components []cluster.Component) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "COMPONENT\tHOST\tPID\tRESTARTS\tSTATUS")
	for _, c := range components {
		pid, status := "-", "healthy"
		if c.PID != 0 {
			pid = strconv.Itoa(c.PID)
		}
		if c.Problem != "" {
			status = c.Problem
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", c.Name, c.Host, pid, c.Restarts, status)
	}
	return w.Flush()
}

func newLogs(g *global) *cobra.Command {
	return &cobra.Command{
		Use:   "logs [component]",
		Short: "Print the log of a component, or list the logs",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cluster.ListLogs(g.stateRoot, g.name, cmd.OutOrStdout())
			}
			return cluster.PrintLog(g.stateRoot, g.name, args[0], cmd.OutOrStdout())
		},
	}
}

func newExec(g *global) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "exec <host> -- <command> [argument...]",
		Short: "Run a command on a host: node-1, node-2, ..., control-plane, external or fabric",
		RunE: func(_ *cobra.Command, args []string) error {
			// The separator is left in place after the first argument.
			if len(args) > 1 && args[1] == "--" {
				args = slices.Delete(args, 1, 2)
			}
			if len(args) < 2 {
				return errors.New("no command given: want exec <host> -- <command> [argument...]")
			}
			return cluster.Exec(g.stateRoot, g.name, args[0], args[1:])
		},
	}
	// What follows the host belongs to the command.
	cmd.Flags().SetInterspersed(false)
	return cmd
}
