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
	"os"
	"testing"
)

func TestParseStat(t *testing.T) {
	const tail = " 1 2 2 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 0 0"
	for _, tc := range []struct {
		name, in string
		state    byte
		start    uint64
		fails    bool
	}{
		{"plain", "12 (sleep) S" + tail, 'S', 4711, false},
		{"odd name", "12 (a) R b) S) Z" + tail, 'Z', 4711, false},
		{"short", "12 (sleep) S 1 2", 0, 0, true},
		{"empty", "", 0, 0, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			state, start, err := parseStat(tc.in)
			if state != tc.state || start != tc.start || (err != nil) != tc.fails {
				t.Errorf("got %c, %d, %v", state, start, err)
			}
		})
	}
}

func TestAlive(t *testing.T) {
	self, err := IdentifyProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if !self.Alive() {
		t.Error("this process should be alive")
	}
	other := self
	other.Start--
	if other.Alive() {
		t.Error("a process that had the same number before is not alive")
	}
	other = self
	other.Boot = "another"
	if other.Alive() {
		t.Error("a process of another boot is not alive")
	}
	if (Process{}).Alive() {
		t.Error("no process is alive")
	}
}

func TestParseInnerPID(t *testing.T) {
	for in, want := range map[string]int{
		"Name:\tx\nNSpid:\t100\n":          0,
		"Name:\tx\nNSpid:\t100\t7\nX: y\n": 7,
		"NSpid:\t100\t7\t1\n":              0,
		"":                                 0,
	} {
		if got := parseInnerPID(in); got != want {
			t.Errorf("%q: got %d, want %d", in, got, want)
		}
	}
}
