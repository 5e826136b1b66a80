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

package forward

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/cgroup"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/network"
)

// Verb is the hidden verb of the program, by which it runs itself.
const Verb = "forward"

// Name is the name of the process among the components of a cluster, and of
// its cgroup.
const Name = "forwarder"

// firstFile is the number of the first descriptor that is handed over.
const firstFile = 3

// Rule says where connections to a listener go.
type Rule struct {
	// Namespace is the network namespace to dial from, Target the address.
	Namespace string `json:"namespace"`
	Target    string `json:"target"`
}

// Listen takes a port on loopback, any free one if port is 0.
func Listen(port int) (*net.TCPListener, error) {
	listener, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("port %d of 127.0.0.1 is in use: choose another one, or 0 for any that is free", port)
	}
	if err != nil {
		return nil, fmt.Errorf("listening on loopback: %w", err)
	}
	return listener, nil
}

// Port returns the port that a listener has taken.
func Port(l *net.TCPListener) int { return l.Addr().(*net.TCPAddr).Port }

// Start hands the listeners, one for each rule, over to a process of their
// own. It returns the number of the process.
func Start(self, cluster, logFile string, rules []Rule, listeners []*net.TCPListener) (int, error) {
	raw, err := json.Marshal(rules)
	if err != nil {
		return 0, fmt.Errorf("encoding forwarding rules: %w", err)
	}
	output, err := os.OpenFile(logFile, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return 0, fmt.Errorf("opening log: %w", err)
	}
	defer output.Close()
	cmd := exec.Command(self, Verb, cluster, string(raw))
	cmd.Dir = "/"
	cmd.Stdout, cmd.Stderr = output, output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	for _, listener := range listeners {
		file, err := listener.File()
		if err != nil {
			return 0, fmt.Errorf("handing over listener: %w", err)
		}
		defer file.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, file)
	}
	if err := cmd.Start(); err != nil {
		return 0, fmt.Errorf("starting %s: %w", Name, err)
	}
	// Collected should it end before we do, and else by whoever inherits it.
	go func() { _ = cmd.Wait() }()
	return cmd.Process.Pid, nil
}

// Run is what Verb runs. It returns only with an error.
func Run(cluster, rawRules string) error {
	var rules []Rule
	if err := json.Unmarshal([]byte(rawRules), &rules); err != nil {
		return fmt.Errorf("decoding forwarding rules: %w", err)
	}
	group, err := cgroup.Cluster(cluster)
	if err != nil {
		return err
	}
	group = group.Child(Name)
	if err := errors.Join(group.Create(), group.Join()); err != nil {
		return err
	}
	failed := make(chan error)
	for i, rule := range rules {
		listener, err := net.FileListener(os.NewFile(uintptr(firstFile+i), "listener"))
		if err != nil {
			return fmt.Errorf("taking over listener: %w", err)
		}
		go func() { failed <- serve(listener, network.Dialer(rule.Namespace), rule.Target) }()
	}
	return <-failed
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

func serve(listener net.Listener, dial dialFunc, target string) error {
	for {
		client, err := listener.Accept()
		if err != nil {
			return fmt.Errorf("accepting: %w", err)
		}
		go func() {
			defer client.Close()
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			server, err := dial(ctx, "tcp", target)
			cancel()
			if err != nil {
				log.Printf("dialing %s: %v", target, err)
				return
			}
			defer server.Close()
			splice(client, server)
		}()
	}
}

// splice copies both ways until both sides have finished.
func splice(a, b net.Conn) {
	var wg sync.WaitGroup
	one := func(to, from net.Conn) {
		_, _ = io.Copy(to, from)
		if half, ok := to.(*net.TCPConn); ok {
			_ = half.CloseWrite()
		}
	}
	wg.Go(func() { one(a, b) })
	wg.Go(func() { one(b, a) })
	wg.Wait()
}
