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
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/build"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/cluster"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/forward"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/host"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

var errInterrupted = errors.New("interrupted")

// Main runs the program and returns its exit code.
func Main() int {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	go func() {
		<-signals
		cancel(errInterrupted)
	}()
	root := newRoot()
	if err := root.ExecuteContext(ctx); err != nil {
		if quiet, ok := errors.AsType[exitCode](err); ok {
			return int(quiet)
		}
		fmt.Fprintln(os.Stderr, "error:", err)
		if errors.Is(err, errInterrupted) {
			return 130 // as a shell reports SIGINT
		}
		return 1
	}
	return 0
}

// exitCode ends the program without a message: all has been said.
type exitCode int

func (c exitCode) Error() string { return fmt.Sprintf("exit code %d", int(c)) }

// global are the options of all verbs.
type global struct {
	stateRoot, name string
}

func newRoot() *cobra.Command {
	g := &global{}
	root := &cobra.Command{
		Use:   "cluster",
		Short: "A real multi-node Kubernetes on one Linux machine, without Docker",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_ = cmd.Help()
			return exitCode(2)
		},
		SilenceErrors: true, SilenceUsage: true,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
	}
	root.PersistentFlags().StringVar(&g.name, "name", plan.DefaultOptions().Name, "name of the cluster")
	root.PersistentFlags().StringVar(&g.stateRoot, "state-dir", cluster.DefaultStateRoot(),
		"directory of the state of all clusters (or set SERVICE_E2E_STATE)")
	root.AddCommand(newUp(g), newDown(g), newReboot(g), newStatus(g), newExec(g), newLogs(g), newBuild())
	root.AddCommand(hidden()...)
	// The state must mean the same wherever the program runs.
	root.PersistentPreRunE = func(*cobra.Command, []string) (err error) {
		g.stateRoot, err = filepath.Abs(g.stateRoot)
		return err
	}
	return root
}

func newUp(g *global) *cobra.Command {
	o := cluster.UpOptions{Options: plan.DefaultOptions()}
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Bring a cluster up, building first what is missing",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.Name, o.StateRoot = g.name, g.stateRoot
			o.Out, o.Build.Out = cmd.OutOrStdout(), cmd.ErrOrStderr()
			if o.Kubeconfig != "" {
				var err error
				if o.Kubeconfig, err = filepath.Abs(o.Kubeconfig); err != nil {
					return err
				}
			}
			return cluster.Up(cmd.Context(), o, cluster.NewProgress(cmd.ErrOrStderr()))
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.Nodes, "nodes", o.Nodes, "number of nodes, the control plane not counted")
	f.StringVar(&o.ProxyMode, "proxy-mode", o.ProxyMode, "mode of kube-proxy: iptables or nftables")
	f.IntVar(&o.Zones, "zones", o.Zones, "number of zones to spread the nodes over; 0 for no zones")
	f.StringVar(&o.IPFamily, "ip-family", o.IPFamily, "IP family of the cluster: dual, ipv4 or ipv6")
	f.StringVar(&o.LoadBalancer, "load-balancer", o.LoadBalancer, "what serves Services of type LoadBalancer: metallb or none")
	f.StringVar(&o.Kubeconfig, "kubeconfig", "", "file to write a copy of the kubeconfig to")
	f.IntVar(&o.APIServerPort, "api-port", 0, "port of the API server on 127.0.0.1; 0 for any that is free")
	f.BoolVar(&o.KeepOnFailure, "keep-on-failure", false, "leave what has come up if something fails")
	return cmd
}

func newDown(g *global) *cobra.Command {
	return &cobra.Command{
		Use:   "down",
		Short: "Take a cluster down, or what is left of it",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cluster.Down(g.stateRoot, g.name, cluster.NewProgress(cmd.ErrOrStderr()))
		},
	}
}

func newReboot(g *global) *cobra.Command {
	var off time.Duration
	cmd := &cobra.Command{
		Use:   "reboot <node>",
		Short: "Switch a node off as a power failure does, and on again",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return cluster.Reboot(cmd.Context(), g.stateRoot, g.name, args[0], off, cluster.NewProgress(cmd.ErrOrStderr()))
		},
	}
	cmd.Flags().DurationVar(&off, "off", 0, "how long the node stays off")
	return cmd
}

func newBuild() *cobra.Command {
	return &cobra.Command{
		Use:                "build [flags]",
		Short:              "Build what the cluster runs, and print where it is",
		DisableFlagParsing: true, // build has flags of its own
		RunE: func(cmd *cobra.Command, args []string) error {
			err := build.Main(cmd.Context(), args, cmd.OutOrStdout(), cmd.ErrOrStderr())
			if cmd.Context().Err() != nil {
				return context.Cause(cmd.Context())
			}
			if errors.Is(err, flag.ErrHelp) {
				return nil
			}
			return err
		},
	}
}

// hidden are the verbs by which the program runs itself.
func hidden() []*cobra.Command {
	verb := func(use string, args int, run func(args []string) error) *cobra.Command {
		return &cobra.Command{
			Use: use, Hidden: true, Args: cobra.ExactArgs(args),
			RunE: func(_ *cobra.Command, args []string) error { return run(args) },
		}
	}
	return []*cobra.Command{
		verb(host.VerbEnter, 1, func(args []string) error { return host.Enter(args[0]) }),
		verb(host.VerbInit, 1, func(args []string) error { return host.Init(args[0]) }),
		verb(forward.Verb, 2, func(args []string) error { return forward.Run(args[0], args[1]) }),
	}
}
