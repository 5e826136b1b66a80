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

package build

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// grace is how long a command that is told to stop gets to clean up.
const grace = 5 * time.Second

// run executes a command with all its output going to log. The end of ctx ends
// the command and all processes that it has started; so does our own death.
func run(ctx context.Context, log io.Writer, dir string, env []string, name string, args ...string) error {
	fmt.Fprintf(log, "+ %s %s\n", name, strings.Join(args, " "))
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = grace

	// The death signal comes when the thread that started the command ends,
	// so that this thread must last as long as the command.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := cmd.Run()
	if ctx.Err() != nil {
		if cmd.Process != nil {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // who did not listen
		}
		return ctx.Err()
	}
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("%s is not installed", name)
	}
	return err
}

var (
	positionPattern  = regexp.MustCompile(`^\S+\.(go|c|s|h):\d+:`)
	complaintPattern = regexp.MustCompile(`(?i)\b(error|cannot|failed|fatal|killed|no space left)\b`)
	noisePattern     = regexp.MustCompile(`^(\+ |# |go: downloading |go: finding |\s*$)`)
)

// gist picks the line of a log that most likely says why a command failed: the
// first complaint of the go command or of apt, or else the first about a place
// in a source file, or else the first that sounds like one, or the last line.
func gist(log io.Reader) string {
	var position, complaint, last string
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		switch {
		case noisePattern.MatchString(line):
			continue
		case strings.HasPrefix(line, "go: "), strings.HasPrefix(line, "E: "):
			return line
		case position == "" && positionPattern.MatchString(line):
			position = line
		case complaint == "" && complaintPattern.MatchString(line):
			complaint = strings.TrimSpace(line)
		}
		last = strings.TrimSpace(line)
	}
	for _, line := range []string{position, complaint} {
		if line != "" {
			return line
		}
	}
	return last
}

// failure makes one line of a failed step: what failed, why, and where to read
// more.
func failure(name, logPath string, err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("building %s was interrupted: %w", name, err)
	}
	why := ""
	if file, openErr := os.Open(logPath); openErr == nil {
		defer file.Close()
		why = gist(file)
	}
	var exit *exec.ExitError
	if why == "" || !errors.As(err, &exit) {
		return fmt.Errorf("building %s failed: %w (full log: %s)", name, err, logPath)
	}
	return fmt.Errorf("building %s failed: %s (%w; full log: %s)", name, why, err, logPath)
}
