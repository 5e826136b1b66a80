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
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

const (
	// A service that dies is started again after a pause that doubles, unless
	// it ran for a while.
	minPause, maxPause = 250 * time.Millisecond, 8 * time.Second
	longRun            = 20 * time.Second
	// pidDir holds a file for each service, for use within the host.
	pidDir = "/run/service-e2e"
)

// ServiceState is what process 1 records about a service.
type ServiceState struct {
	// PID is the number within the host; 0 if the service is not running.
	PID int `json:"pid"`
	// Restarts counts how often it died.
	Restarts int `json:"restarts"`
	// LastExit says how it ended the last time.
	LastExit string `json:"lastExit,omitempty"`
}

// stateFile holds the ServiceState of all services, by name.
func stateFile(dir string) string { return filepath.Join(dir, "services.json") }

// ReadServices returns the recorded state of the services of the host in dir.
func ReadServices(dir string) (map[string]ServiceState, error) {
	states := map[string]ServiceState{}
	err := readJSON(stateFile(dir), &states)
	if errors.Is(err, os.ErrNotExist) {
		return states, nil
	}
	return states, err
}

type supervisor struct {
	spec *Spec
	log  *log.Logger

	mu     sync.Mutex
	states map[string]ServiceState
	// exits tells who waits for a process how it ended.
	exits map[int]chan unix.WaitStatus
}

func newSupervisor(s *Spec) *supervisor {
	return &supervisor{
		spec:   s,
		log:    log.New(os.Stderr, "", log.LstdFlags|log.Lmicroseconds),
		states: map[string]ServiceState{},
		exits:  map[int]chan unix.WaitStatus{},
	}
}

// run never returns but with an error: process 1 ends by being killed.
func (v *supervisor) run() error {
	if err := os.MkdirAll(pidDir, 0o755); err != nil {
		return fmt.Errorf("creating directory: %w", err)
	}
	children := make(chan os.Signal, 1)
	signal.Notify(children, unix.SIGCHLD)
	// Process 1 ignores what it has no handler for; be explicit about it.
	signal.Ignore(unix.SIGHUP, unix.SIGINT, unix.SIGPIPE)
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, unix.SIGTERM)

	for _, service := range v.spec.Services {
		go v.keep(service)
	}
	for {
		select {
		case <-children:
			v.reap()
		case <-terminate:
			return errors.New("terminated")
		}
	}
}

// keep runs a service again and again.
func (v *supervisor) keep(s Service) {
	pause := minPause
	for {
		for _, address := range s.After {
			waitFor(address)
		}
		began := time.Now()
		err := v.runOnce(s)
		v.log.Printf("%s ended after %s: %v", s.Name, time.Since(began).Round(time.Millisecond), err)
		if time.Since(began) > longRun {
			pause = minPause
		}
		time.Sleep(pause)
		pause = min(2*pause, maxPause)
	}
}

// waitFor returns when the address accepts a connection.
func waitFor(address string) {
	network, address, _ := strings.Cut(address, ":")
	for {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		cancel()
		if err == nil {
			conn.Close()
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (v *supervisor) runOnce(s Service) error {
	exit, err := v.start(s)
	if err == nil {
		err = describe(<-exit)
	}
	_ = os.Remove(pidFile(s.Name))
	v.record(s.Name, func(state *ServiceState) {
		state.PID, state.LastExit = 0, err.Error()
		state.Restarts++
	})
	return err
}

func (v *supervisor) start(s Service) (<-chan unix.WaitStatus, error) {
	path, err := exec.LookPath(s.Args[0])
	if err != nil {
		return nil, err
	}
	output, err := os.OpenFile(s.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	input, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer input.Close()

	// Held until the process is known, or it might be reaped unrecognised.
	v.mu.Lock()
	pid, err := syscall.ForkExec(path, s.Args, &syscall.ProcAttr{
		Dir:   "/",
		Env:   os.Environ(),
		Files: []uintptr{input.Fd(), output.Fd(), output.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	exit := make(chan unix.WaitStatus, 1)
	if err == nil {
		v.exits[pid] = exit
	}
	v.mu.Unlock()
	if err != nil {
		return nil, err
	}
	v.log.Printf("%s started as process %d", s.Name, pid)
	if err := os.WriteFile(pidFile(s.Name), []byte(strconv.Itoa(pid)+"\n"), 0o644); err != nil {
		v.log.Printf("writing pid file of %s: %v", s.Name, err)
	}
	v.record(s.Name, func(state *ServiceState) { state.PID = pid })
	return exit, nil
}

func pidFile(service string) string { return filepath.Join(pidDir, service+".pid") }

// reap collects every child that has ended, services and orphans alike.
func (v *supervisor) reap() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for {
		var status unix.WaitStatus
		pid, err := unix.Wait4(-1, &status, unix.WNOHANG, nil)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil || pid <= 0 {
			return
		}
		if exit, ok := v.exits[pid]; ok {
			delete(v.exits, pid)
			exit <- status
		}
	}
}

func (v *supervisor) record(service string, change func(*ServiceState)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	state := v.states[service]
	change(&state)
	v.states[service] = state
	if err := writeJSON(stateFile(v.spec.Dir), v.states); err != nil {
		v.log.Printf("recording state: %v", err)
	}
}

func describe(status unix.WaitStatus) error {
	if status.Signaled() {
		return fmt.Errorf("killed by %s", unix.SignalName(status.Signal()))
	}
	return fmt.Errorf("exit code %d", status.ExitStatus())
}
