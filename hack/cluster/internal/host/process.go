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
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Process identifies a process beyond the reuse of its number.
type Process struct {
	PID int `json:"pid"`
	// Start is when it began, in clock ticks since the boot that Boot names.
	Start uint64 `json:"start"`
	Boot  string `json:"boot"`
}

// IdentifyProcess returns the identity of a process that runs.
func IdentifyProcess(pid int) (Process, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return Process{}, fmt.Errorf("identifying process %d: %w", pid, err)
	}
	state, start, err := parseStat(string(raw))
	if err != nil {
		return Process{}, fmt.Errorf("identifying process %d: %w", pid, err)
	}
	if state == 'Z' || state == 'X' {
		return Process{}, fmt.Errorf("identifying process %d: %w", pid, unix.ESRCH)
	}
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return Process{}, fmt.Errorf("identifying the boot: %w", err)
	}
	return Process{PID: pid, Start: start, Boot: strings.TrimSpace(string(boot))}, nil
}

// Alive reports whether the very process is still running.
func (p Process) Alive() bool {
	if p.PID <= 0 {
		return false
	}
	now, err := IdentifyProcess(p.PID)
	return err == nil && now == p
}

// parseStat takes state and start time from the content of /proc/<pid>/stat.
func parseStat(stat string) (state byte, start uint64, err error) {
	// The second field, the command, may hold spaces and parentheses.
	end := strings.LastIndexByte(stat, ')')
	fields := strings.Fields(stat[end+1:])
	const stateField, startField = 0, 19 // proc(5): fields 3 and 22
	if end < 0 || len(fields) <= startField {
		return 0, 0, errors.New("malformed stat file")
	}
	start, err = strconv.ParseUint(fields[startField], 10, 64)
	if err != nil {
		return 0, 0, fmt.Errorf("malformed stat file: %w", err)
	}
	return fields[stateField][0], start, nil
}

// InnerPID returns the number that a process of a host has on that host. It is
// 0 for processes of the machine and of containers.
func InnerPID(pid int) int {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	return parseInnerPID(string(raw))
}

func parseInnerPID(status string) int {
	for line := range strings.Lines(status) {
		if rest, ok := strings.CutPrefix(line, "NSpid:"); ok {
			// One number for each pid namespace, from the outermost inwards.
			numbers := strings.Fields(rest)
			if len(numbers) != 2 {
				return 0
			}
			n, _ := strconv.Atoi(numbers[1])
			return n
		}
	}
	return 0
}
