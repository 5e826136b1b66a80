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
	"log"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestRunOnce runs programs as process 1 does, reaping included.
func TestRunOnce(t *testing.T) {
	dir := t.TempDir()
	v := newSupervisor(&Spec{Dir: dir})
	v.log = log.New(os.Stderr, "", 0)
	children := make(chan os.Signal, 1)
	signal.Notify(children, unix.SIGCHLD)
	defer signal.Stop(children)
	done := make(chan struct{})
	defer close(done)
	go func() {
		for {
			select {
			case <-children:
				v.reap()
			case <-done:
				return
			}
		}
	}()
	for _, tc := range []struct {
		name string
		args []string
		want string
	}{
		{"code", []string{"sh", "-c", "echo said; exit 3"}, "exit code 3"},
		{"signal", []string{"sh", "-c", "kill -KILL $$"}, "killed by SIGKILL"},
		{"missing", []string{"no-such-program"}, "executable file not found"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			service := Service{Name: tc.name, Args: tc.args, Log: filepath.Join(dir, tc.name+".log")}
			result := make(chan error, 1)
			go func() { result <- v.runOnce(service) }()
			select {
			case err := <-result:
				if !strings.Contains(err.Error(), tc.want) {
					t.Errorf("got %v, want %s", err, tc.want)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("the end of the process went unnoticed")
			}
			states, err := ReadServices(dir)
			if err != nil {
				t.Fatal(err)
			}
			if s := states[tc.name]; s.PID != 0 || s.Restarts != 1 || !strings.Contains(s.LastExit, tc.want) {
				t.Errorf("recorded %+v", s)
			}
		})
	}
	if raw, _ := os.ReadFile(filepath.Join(dir, "code.log")); string(raw) != "said\n" {
		t.Errorf("log: got %q", raw)
	}
}
