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

package framework

import (
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2/types"
)

func TestGap(t *testing.T) {
	start := time.Date(2026, 11, 28, 13, 41, 0, 0, time.UTC)
	second := func(n int) time.Time { return start.Add(time.Duration(n) * time.Second) }
	var g gap
	for n, refuted := range []bool{false, true, false, true, true, false, true} {
		g.note(refuted, second(n), second(n+1))
	}
	if g.longest != 2*time.Second || !g.began.Equal(second(3)) {
		t.Errorf("the longest gap is %v from %v, want 2s from %v", g.longest, g.began, second(3))
	}

	step := func(kind types.SpecEventType, message string, n int) types.SpecEvent {
		return types.SpecEvent{SpecEventType: kind, Message: message, TimelineLocation: types.TimelineLocation{Time: second(n)}}
	}
	events := types.SpecEvents{
		step(types.SpecEventByStart, `checking phase "before"`, 1),
		step(types.SpecEventNodeStart, "It", 2),
		step(types.SpecEventByStart, `checking phase "after"`, 4),
	}
	for at, want := range map[int]string{0: "", 3: `checking phase "before"`, 4: `checking phase "after"`, 9: `checking phase "after"`} {
		if got := stepAt(events, second(at)); got != want {
			t.Errorf("at second %d the step is %q, want %q", at, got, want)
		}
	}

	line := Gap{Row: "pod@node-1", Column: "web VIP", Seconds: g.longest.Seconds(), Began: g.began, Step: stepAt(events, g.began)}.String()
	if want := `longest gap pod@node-1 -> web VIP: 2.0 s from 13:41:03.0, checking phase "before"`; line != want {
		t.Errorf("the line is\n%s, want\n%s", line, want)
	}
}
