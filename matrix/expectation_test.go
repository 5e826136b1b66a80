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

package matrix

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestExpectationText(t *testing.T) {
	for _, tc := range []struct {
		e        Expectation
		text     string
		positive bool
		probed   bool
		backends []string
	}{
		{Connect("b10", "b2", "b2", "b1"), "C{b1,b2,b10}", true, true, []string{"b1", "b2", "b10"}},
		{Connect("b1").Exactly(), "C{b1}!", true, true, []string{"b1"}},
		{ConnectAny(), "C", true, true, nil},
		{ConnectAny().Exactly(), "C!", true, true, nil},
		{ConnectSome("b2", "b1"), "C{b1|b2}", true, true, []string{"b1", "b2"}},
		{ConnectSome("b1", "b1"), "C{b1}", true, true, []string{"b1"}},
		{Pinned("b1", "b2").Exactly(), "C1{b1|b2}!", true, true, []string{"b1", "b2"}},
		{Pinned("b1"), "C{b1}", true, true, []string{"b1"}},
		{Roaming("b2", "b1"), "C+{b1|b2}", true, true, []string{"b1", "b2"}},
		{Roaming("b1"), "C{b1}", true, true, []string{"b1"}},
		{Refuse(), "R", false, true, nil},
		{TimeOut(), "T", false, true, nil},
		{TimeOut().Exactly(), "T!", false, true, nil},
		{Unreach(), "U", false, true, nil},
		{NoName(), "NX", false, true, nil},
		{Fail(), "F", false, true, nil},
		{Implementation(), "I", false, true, nil},
		{NotProbed(), "-", false, false, nil},
		{Expectation{}, "", false, false, nil},
	} {
		t.Run(tc.text, func(t *testing.T) {
			if got := tc.e.String(); got != tc.text {
				t.Errorf("text is %q", got)
			}
			if tc.e.Positive() != tc.positive || tc.e.Probed() != tc.probed || tc.e.IsZero() != (tc.text == "") {
				t.Errorf("positive %t, probed %t, zero %t", tc.e.Positive(), tc.e.Probed(), tc.e.IsZero())
			}
			if diff := cmp.Diff(tc.backends, tc.e.Backends()); diff != "" {
				t.Errorf("backends (-want +got):\n%s", diff)
			}
			if tc.text == "" {
				return
			}
			parsed, err := ParseExpectation(tc.text)
			if err != nil || !parsed.Equal(tc.e) {
				t.Errorf("parsed as %v, %v", parsed, err)
			}
		})
	}
}

func TestExpectationMisuse(t *testing.T) {
	for _, text := range []string{"", "!", "c", "C{", "C{}", "C{a,}", "C{a b}", "C{a|}", "C1{}", "C1{a,b}", "C2{a}", "x{a}", "C{a}}", "C{a|b,c}", "RT", "C*", "C|", "C1", "ERROR", "R!!"} {
		if e, err := ParseExpectation(text); err == nil {
			t.Errorf("%q was parsed as %v", text, e)
		}
	}
	var e Expectation
	if err := e.UnmarshalText([]byte("nonsense")); err == nil || !strings.Contains(err.Error(), `"nonsense"`) {
		t.Errorf("error is %v", err)
	}
	// What the caller does with its slices is its own affair.
	names := []string{"b2", "b1"}
	e = Connect(names...)
	names[0] = "changed"
	e.Backends()[0] = "changed"
	if e.String() != "C{b1,b2}" || names[1] != "b1" {
		t.Errorf("expectation is %v, names are %v", e, names)
	}
}

// expectations generates any valid expectation over these backends.
func expectations(names []string) *rapid.Generator[Expectation] {
	return rapid.Custom(func(t *rapid.T) Expectation {
		some := func() []string {
			return rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, len(names), rapid.ID).Draw(t, "backends")
		}
		var e Expectation
		switch rapid.IntRange(0, 10).Draw(t, "kind") {
		case 0, 1:
			e = Connect(some()...)
		case 2:
			e = ConnectAny()
		case 3:
			e = ConnectSome(some()...)
		case 4:
			e = rapid.SampledFrom([]func(...string) Expectation{Pinned, Roaming, Lossy, Refusing}).Draw(t, "affinity")(some()...)
		case 5:
			e = Refuse()
		case 6:
			e = TimeOut()
		case 7:
			e = rapid.SampledFrom([]Expectation{Unreach(), NoName()}).Draw(t, "failure")
		case 8:
			e = Fail()
		case 9:
			e = Implementation()
		default:
			e = NotProbed()
		}
		if rapid.Bool().Draw(t, "exact") {
			e = e.Exactly()
		}
		return e
	})
}

// names generates names that can be those of backends.
func names() *rapid.Generator[string] {
	return rapid.StringMatching(`[A-Za-z0-9._:/@%\[\]()=<>*+-]{1,12}`)
}

func TestExpectationRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := expectations(rapid.SliceOfN(names(), 1, 6).Draw(t, "names")).Draw(t, "e")
		parsed, err := ParseExpectation(e.String())
		if err != nil || !parsed.Equal(e) || parsed.kind != e.kind || parsed.exact != e.exact || !slices.Equal(parsed.names, e.names) {
			t.Fatalf("%#v became %#v, %v", e, parsed, err)
		}
	})
}

func FuzzParseExpectation(f *testing.F) {
	for _, text := range []string{"C", "C{a,b}!", "C1{a|b}", "C+{a|b}", "C~{a}", "C{a|b}", "R", "-", "C{,}", "!"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := ParseExpectation(text)
		if err != nil {
			return
		}
		again, err := ParseExpectation(e.String())
		if err != nil || !again.Equal(e) {
			t.Errorf("%q is %v, which is %v, %v", text, e, again, err)
		}
	})
}

func TestExpectationAllows(t *testing.T) {
	for _, e := range []Expectation{Connect("b1", "b2"), ConnectSome("b2", "b3"), Pinned("b2", "b3"), ConnectAny(), Implementation()} {
		if !e.Allows("b2") {
			t.Errorf("%v does not allow b2", e)
		}
	}
	for _, e := range []Expectation{Connect("b1"), ConnectSome("b1", "b3"), Refuse(), NotProbed(), {}} {
		if e.Allows("b2") {
			t.Errorf("%v allows b2", e)
		}
	}
}
