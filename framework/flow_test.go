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
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	v1 "k8s.io/api/core/v1"

	"sigs.k8s.io/service-e2e/matrix"
)

var remembered = lifetimes{Exchange: 31 * time.Second, Attempt: 121 * time.Second}

func TestFlows(t *testing.T) {
	source := "pod@node-1"
	table := func(expected matrix.Expectation) *matrix.Table {
		built, err := matrix.NewBuilder(
			[]matrix.Row{{Name: source}},
			[]matrix.Column{
				{Name: "UDP", Role: matrix.RoleSubject, Address: "10.96.0.9", Port: 80, Protocol: "UDP"},
				{Name: "TCP", Role: matrix.RoleSubject, Address: "10.96.0.8", Port: 80, Protocol: "TCP"},
				{Name: "direct", Role: matrix.RoleDirect, Address: "10.244.1.2", Port: 8081, Protocol: "UDP"},
			}).Default(expected).Build()
		if err != nil {
			t.Fatal(err)
		}
		return built
	}
	answer := matrix.Observation{Answers: map[string]int{"b1": 37}}
	verdict, err := table(matrix.Connect("b1")).Compare(matrix.Grid{{answer, answer, answer}})
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	f := newFlows(remembered)
	f.remember(verdict, now)
	for at, p := range f.past {
		if udp := at.protocol == v1.ProtocolUDP; udp == p.answered.IsZero() {
			t.Errorf("remembered of %v that it answered at %v, want that of the UDP frontend only", at, p.answered)
		}
	}
	if len(f.past) != 2 {
		t.Errorf("remembered %d frontends, want those of the two subjects", len(f.past))
	}
	if got := f.remaining(table(matrix.Refuse()), nil, now); got != 0 {
		t.Errorf("the proxy removes the flows of endpoints that went away, but %v is waited", got)
	}
	for why, bereaved := range map[string]bool{
		"a backend that serves":   f.bereaved(table(matrix.Refuse()), []string{"b1"}),
		"one that is allowed":     f.bereaved(table(matrix.Connect("b1")), nil),
		"one that never answered": f.bereaved(table(matrix.Connect("b1")), []string{"b1"}),
	} {
		if bereaved {
			t.Errorf("the proxies are waited for because of %s", why)
		}
	}
	if !f.bereaved(table(matrix.Connect("b2")), []string{"b2"}) {
		t.Error("the proxies are not waited for after a backend went away")
	}
	if f.bereaved(table(matrix.Connect("b2")), []string{"b2"}) {
		t.Error("the proxies are waited for a second time")
	}
	f.remember(verdict, now)
	f.deleted["10.96.0.9"] = true
	if got := f.remaining(table(matrix.Connect("b1")), nil, now); got != 0 {
		t.Errorf("a table that expects answers waits %v", got)
	}
	if got := f.remaining(table(matrix.Refuse()), nil, now.Add(time.Second)); got != remembered.Exchange-time.Second {
		t.Errorf("a table that expects failure waits %v, want %v", got, remembered.Exchange-time.Second)
	}
	source = "pod@node-2"
	if got := f.remaining(table(matrix.Refuse()), nil, now); got != 0 {
		t.Errorf("waits %v for flows of another source", got)
	}
	source = "pod@node-1"
	if got := f.remaining(table(matrix.Fail()), nil, now.Add(time.Minute)); got > 0 {
		t.Errorf("waits %v for flows that are forgotten", got)
	}

	several := matrix.Observation{Answers: map[string]int{"b1": 20, "b2": 17}}
	if verdict, err = table(matrix.Connect("b1", "b2")).Compare(matrix.Grid{{several, several, several}}); err != nil {
		t.Fatal(err)
	}
	pinned := table(matrix.Pinned("b1", "b2"))
	if got := f.remaining(pinned, nil, now); got != 0 {
		t.Errorf("affinity from the start waits %v", got)
	}
	f.remember(verdict, now)
	if got := f.remaining(pinned, nil, now.Add(time.Second)); got != remembered.Exchange-time.Second {
		t.Errorf("affinity after none waits %v, want %v", got, remembered.Exchange-time.Second)
	}

	both := []string{"b1", "b2"}
	if got := f.remaining(table(matrix.Connect("b2")), both, now.Add(time.Second)); got != remembered.Exchange-time.Second {
		t.Errorf("a table without a backend that still serves waits %v, want %v", got, remembered.Exchange-time.Second)
	}
	for _, expected := range []matrix.Expectation{matrix.Connect("b1", "b2"), matrix.ConnectAny(), matrix.ConnectSome("b1", "b2")} {
		if got := f.remaining(table(expected), both, now); got != 0 {
			t.Errorf("%v, which allows both backends, waits %v", expected, got)
		}
	}
	if got := f.remaining(table(matrix.Connect("b2")), []string{"b2"}, now); got != 0 {
		t.Errorf("the proxy removes the flows of an endpoint that is not ready, but %v is waited", got)
	}
}

// TestOpened: the proxies are waited for before what was refused is to connect.
func TestOpened(t *testing.T) {
	table := func(expected matrix.Expectation) *matrix.Table {
		built, err := matrix.NewBuilder(
			[]matrix.Row{{Name: "pod@node-1"}},
			[]matrix.Column{{Name: "VIP", Role: matrix.RoleSubject, Address: "10.96.0.8", Port: 80, Protocol: "TCP"}},
		).Default(expected).Build()
		if err != nil {
			t.Fatal(err)
		}
		return built
	}
	f := newFlows(remembered)
	remember := func(expected matrix.Expectation, seen matrix.Observation) {
		verdict, err := table(expected).Compare(matrix.Grid{{seen}})
		if err != nil {
			t.Fatal(err)
		}
		f.remember(verdict, time.Now())
	}
	if f.opened(table(matrix.Connect("b1"))) {
		t.Error("the proxies are waited for before the first table")
	}
	remember(matrix.Refuse(), failed(matrix.Refused, 1, "connection refused"))
	if f.opened(table(matrix.Refuse())) {
		t.Error("the proxies are waited for where all stays refused")
	}
	if !f.opened(table(matrix.Connect("b1"))) {
		t.Error("the proxies are not waited for")
	}
	if f.opened(table(matrix.Connect("b1"))) {
		t.Error("the proxies are waited for a second time")
	}
	remember(matrix.Refuse(), failed(matrix.Refused, 1, "connection refused"))
	remember(matrix.Connect("b1"), answered("b1", 14))
	if f.opened(table(matrix.Connect("b1"))) {
		t.Error("the proxies are waited for where all stays connected")
	}
}

// TestAstray: what was sent to a TCP frontend that was not there has to be forgotten
// before the frontend is expected to do something.
func TestAstray(t *testing.T) {
	column := matrix.Column{Name: "VIP:81", Role: matrix.RoleSubject, Address: "10.96.0.8", Port: 81, Protocol: "TCP"}
	chosen, query := FromPort([]matrix.Column{column})[0], column
	column.Kind, chosen.Kind, query.Kind = matrix.FrontendClusterIP, matrix.FrontendClusterIP, matrix.FrontendDNS
	now := time.Now()
	lost, refused := failed(matrix.TimedOut, 1, "timeout"), failed(matrix.Refused, 1, "connection refused")
	for why, test := range map[string]struct {
		column   matrix.Column
		before   matrix.Expectation
		seen     matrix.Observation
		expected matrix.Expectation
		want     time.Duration
	}{
		"a port that is opened":            {column, matrix.Fail(), lost, matrix.Connect("b1"), remembered.Attempt - time.Second},
		"one that refuses":                 {column, matrix.Fail(), lost, matrix.Refuse(), remembered.Attempt - time.Second},
		"one that nothing leads to":        {column, matrix.Fail(), failed(matrix.Unreachable, 1, "no route"), matrix.Connect("b1"), remembered.Attempt - time.Second},
		"one that stays away":              {column, matrix.Fail(), lost, matrix.Fail(), 0},
		"one that refused all the time":    {column, matrix.Fail(), refused, matrix.Connect("b1"), 0},
		"one that drops by a policy":       {column, matrix.TimeOut(), lost, matrix.Connect("b1"), 0},
		"one asked from ports of its own":  {chosen, matrix.Fail(), lost, matrix.Connect("b1"), 0},
		"one that answers queries":         {query, matrix.Fail(), lost, matrix.Connect("b1"), 0},
		"one of which nothing is expected": {column, matrix.Fail(), lost, matrix.Implementation(), 0},
	} {
		table := func(column matrix.Column, expected matrix.Expectation) *matrix.Table {
			built, err := matrix.NewBuilder([]matrix.Row{{Name: "pod@node-1"}}, []matrix.Column{column}).Default(expected).Build()
			if err != nil {
				t.Fatal(err)
			}
			return built
		}
		verdict, err := table(test.column, test.before).Compare(matrix.Grid{{test.seen}})
		if err != nil {
			t.Fatal(err)
		}
		f := newFlows(remembered)
		f.remember(verdict, now)
		if got := f.remaining(table(column, test.expected), nil, now.Add(time.Second)); got != test.want {
			t.Errorf("%s is waited for %v, want %v", why, got, test.want)
		}
	}
}

// TestAwaitForgotten: flows that go on are used meanwhile, for a single exchange is
// forgotten soon.
func TestAwaitForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		column := matrix.Column{Name: "VIP", Role: matrix.RoleSubject, Address: "10.96.0.8", Port: 80, Protocol: "UDP"}
		table, err := matrix.NewBuilder([]matrix.Row{{Name: "pod@node-1"}}, []matrix.Column{column}).Default(matrix.Connect("b2")).Build()
		if err != nil {
			t.Fatal(err)
		}
		f, begun := newFlows(remembered), time.Now()
		f.pastOf(table.Row(0), column).by["b1"] = begun
		var kept []time.Duration
		f.awaitForgotten(t.Context(), table, []string{"b1", "b2"}, func(context.Context) { kept = append(kept, time.Since(begun)) })
		if waited := time.Since(begun); waited != remembered.Exchange {
			t.Errorf("waited %v, want %v", waited, remembered.Exchange)
		}
		last := time.Duration(0)
		for _, at := range append(kept, remembered.Exchange) {
			if at-last > remembered.Exchange/2 {
				t.Errorf("flows were used after %v, and not for %v before", kept, at-last)
			}
			last = at
		}
	})
}

// TestAwaitForgottenGoesOn: an interrupted stream gets lost while its flows are waited
// for, and goes on to do so for a while or for ever.
func TestAwaitForgottenGoesOn(t *testing.T) {
	row := matrix.Row{Name: "pod@node-1"}
	column := matrix.Column{Name: "VIP", Kind: matrix.FrontendClusterIP, Role: matrix.RoleSubject, Address: "10.96.0.8", Port: 80, Protocol: "TCP"}
	for lost, want := range map[time.Duration]time.Duration{
		20 * time.Second: 20*time.Second + remembered.Attempt,
		time.Hour:        remembered.Attempt + Timeouts.Propagation,
	} {
		synctest.Test(t, func(t *testing.T) {
			table, err := matrix.NewBuilder([]matrix.Row{row}, []matrix.Column{column}).Default(matrix.Connect("b1")).Build()
			if err != nil {
				t.Fatal(err)
			}
			f, begun := newFlows(remembered), time.Now()
			ctx, end := context.WithCancel(t.Context())
			var stream sync.WaitGroup
			stream.Go(func() {
				for ; time.Since(begun) <= lost && ctx.Err() == nil; time.Sleep(time.Second) {
					f.notice(row, column, failed(matrix.TimedOut, 1, "timeout"))
				}
			})
			synctest.Wait()
			f.awaitForgotten(ctx, table, nil, func(context.Context) {})
			end()
			stream.Wait()
			if waited := time.Since(begun); waited < want || waited > want+remembered.Exchange+time.Second {
				t.Errorf("lost for %v: waited %v, want about %v", lost, waited, want)
			}
		})
	}
}

func TestAskLifetimes(t *testing.T) {
	hosts := []source{{Row: matrix.Row{Name: "host@node-1"}}, {Row: matrix.Row{Name: "host@node-2"}}}
	for second, want := range map[string]lifetimes{
		"20": {Exchange: 26 * time.Second, Attempt: 26 * time.Second},
		"60": {Exchange: time.Minute + time.Second, Attempt: time.Minute + time.Second},
		"":   {Exchange: 31 * time.Second, Attempt: 121 * time.Second},
	} {
		fake := &FakeProber{Respond: func(p Probe, _ int) matrix.Observation {
			switch {
			case p.Source == "host@node-1":
				return answered("25", 1)
			case second == "":
				return failed(matrix.NoSuchName, 1, "no such file")
			}
			return answered(second, 1)
		}}
		if got := askLifetimes(t.Context(), fake, hosts); got != want {
			t.Errorf("the other node says %q: %v, want %v", second, got, want)
		}
	}
}
