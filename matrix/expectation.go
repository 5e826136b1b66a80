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
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Expectation is what one cell is expected to be. Its text is its name in tables
// and its form in JSON:
//
//	C{b1,b2}    Connect: every try connects, and exactly these answer
//	C           ConnectAny: every try connects, whoever answers
//	C{b1|b2}    ConnectSome: every try connects, and nobody but these answers
//	C1{b1|b2}   Pinned: every try connects, and one and only one of these answers
//	C+{b1|b2}   Roaming: every try connects, and more than one of these answer
//	C~{b1|b2}   Lossy: most tries connect, nobody but these answers, the others time out
//	C-{b1|b2}   Refusing: the same, but the others are refused
//	R           Refuse: no try connects, and it is refusals that tell
//	T U NX      TimeOut, Unreach, NoName: every try ends this way
//	F           Fail: every try ends in R, P, T or U
//	I           Implementation: whatever happens is recorded and never wrong
//	-           NotProbed: the cell is no part of the promise
//
// A "!" at the end, as in C{b1,b2}!, is added by Exactly. No expectation is met
// by an Error. The zero Expectation is none at all.
type Expectation struct {
	kind  kind
	names []string // sorted, without duplicates, never changed
	exact bool
	text  string // what String returns; kept because tables compare by it
}

type kind string

const (
	connect        kind = "C"
	connectAny     kind = "C*"
	connectSome    kind = "C|"
	pinned         kind = "C1"
	roaming        kind = "C+"
	lossy          kind = "C~"
	refusing       kind = "C-"
	fail           kind = "F"
	implementation kind = "I"
	notProbed      kind = "-"
)

// Connect expects every try to connect and the set of responders to be exactly
// these backends.
func Connect(backends ...string) Expectation { return named(connect, backends) }

// ConnectAny expects every try to connect, whoever answers.
func ConnectAny() Expectation { return newExpectation(connectAny, nil, false) }

// ConnectSome expects every try to connect and nobody to answer but one or more
// of these backends.
func ConnectSome(backends ...string) Expectation { return named(connectSome, backends) }

// Pinned expects every try to connect and all of them to be answered by the same
// one of these backends, as session affinity has it.
func Pinned(backends ...string) Expectation { return named(pinned, backends) }

// Roaming expects every try to connect, nobody but these backends to answer, and
// more than one of them, as of a client that nothing keeps with one of them.
func Roaming(backends ...string) Expectation { return named(roaming, backends) }

// Lossy expects more than half of the tries to connect, nobody but these backends
// to answer, and the other tries to time out: what a defect does that loses a
// packet now and then (see Builder.Known). It promises nothing, and is not Positive.
func Lossy(backends ...string) Expectation { return mostly(lossy, backends) }

// Refusing is [Lossy] of a defect that refuses a connection now and then.
func Refusing(backends ...string) Expectation { return mostly(refusing, backends) }

// mostly is an expectation of a kind that stays what it is with a single backend.
func mostly(k kind, backends []string) Expectation {
	return newExpectation(k, named(roaming, backends).names, false)
}

// Refuse expects no try to connect and at least one to be refused; the others
// may time out. A packet filter refuses by an ICMP error, of which kernels send
// only so many (RFC 1812 section 4.3.2.8), so that some tries never hear of it.
// With Exactly, every try has to be refused.
func Refuse() Expectation { return newExpectation(kind(Refused), nil, false) }

// TimeOut expects every try to time out.
func TimeOut() Expectation { return newExpectation(kind(TimedOut), nil, false) }

// Unreach expects every try to find the destination unreachable.
func Unreach() Expectation { return newExpectation(kind(Unreachable), nil, false) }

// NoName expects every try to find that the name does not exist.
func NoName() Expectation { return newExpectation(kind(NoSuchName), nil, false) }

// Fail expects no try to connect: each is refused, times out or finds the
// destination unreachable.
func Fail() Expectation { return newExpectation(fail, nil, false) }

// Implementation expects nothing: what happens is recorded for the reader. Only
// an Error is still wrong.
func Implementation() Expectation { return newExpectation(implementation, nil, false) }

// NotProbed says that the cell is no part of the promise: it is neither probed
// nor counted.
func NotProbed() Expectation { return newExpectation(notProbed, nil, false) }

// Exactly makes the claim negative too: nobody else ever answers, nothing else
// ever happens. It takes the full number of tries even if every expected
// responder has been seen before.
func (e Expectation) Exactly() Expectation {
	return newExpectation(e.kind, e.names, true)
}

// named sorts the names, and reduces the choice between one to that one.
func named(k kind, names []string) Expectation {
	names = slices.Clone(names)
	slices.SortFunc(names, natural)
	names = slices.Compact(names)
	if len(names) == 1 {
		k = connect
	}
	return newExpectation(k, names, false)
}

func newExpectation(k kind, names []string, exact bool) Expectation {
	e := Expectation{kind: k, names: names, exact: exact}
	e.text = e.render(strings.Join)
	if exact {
		e.text += "!"
	}
	return e
}

// IsZero reports whether there is no expectation at all.
func (e Expectation) IsZero() bool { return e.kind == "" }

// Equal reports whether both expect the same with the same effort.
func (e Expectation) Equal(other Expectation) bool { return e.text == other.text }

// Backends returns the names that the expectation mentions, sorted.
func (e Expectation) Backends() []string { return slices.Clone(e.names) }

// Positive reports whether every try is expected to connect.
func (e Expectation) Positive() bool {
	switch e.kind {
	case connect, connectAny, connectSome, pinned, roaming:
		return true
	}
	return false
}

// Allows reports whether a backend may answer.
func (e Expectation) Allows(backend string) bool {
	return e.kind == connectAny || e.kind == implementation || slices.Contains(e.names, backend)
}

// KeepsToOne reports whether all tries are expected to be answered by the same
// backend, whichever of several it is.
func (e Expectation) KeepsToOne() bool { return e.kind == pinned }

// Probed reports whether the cell is to be probed.
func (e Expectation) Probed() bool { return e.kind != "" && e.kind != notProbed }

// String returns the text of the expectation, without abbreviation.
func (e Expectation) String() string { return e.text }

// render returns the text of the expectation with its names as list renders
// them, and without the mark of Exactly: the claim is the same to a reader.
func (e Expectation) render(list func(names []string, separator string) string) string {
	switch e.kind {
	case connect:
		return "C{" + list(e.names, ",") + "}"
	case connectAny:
		return "C"
	case connectSome:
		return "C{" + list(e.names, "|") + "}"
	case pinned:
		return "C1{" + list(e.names, "|") + "}"
	case roaming:
		return "C+{" + list(e.names, "|") + "}"
	case lossy, refusing:
		return string(e.kind) + "{" + list(e.names, "|") + "}"
	}
	return string(e.kind)
}

// check returns what is wrong with the expectation.
func (e Expectation) check() error {
	switch e.kind {
	case "":
		return errors.New("no expectation")
	case connect, connectSome, pinned, roaming, lossy, refusing:
		if len(e.names) == 0 {
			return fmt.Errorf("expectation %s names no backend", e)
		}
	}
	for _, name := range e.names {
		if !plain(name) {
			return fmt.Errorf("expectation names the backend %q, which is empty or has characters other than printable ASCII without space and %s", name, reserved)
		}
	}
	return nil
}

// ParseExpectation is the inverse of String.
func ParseExpectation(text string) (Expectation, error) {
	body, exact := strings.CutSuffix(text, "!")
	e := newExpectation(kind(body), nil, false)
	switch e.kind {
	case connect:
		e = ConnectAny()
	case kind(Refused), kind(TimedOut), kind(Unreachable), kind(NoSuchName), fail, implementation, notProbed:
	default:
		inner, closed := strings.CutSuffix(body, "}")
		set, isSet := strings.CutPrefix(inner, "C{")
		pin, isPin := strings.CutPrefix(inner, "C1{")
		free, isFree := strings.CutPrefix(inner, "C+{")
		loss, isLoss := strings.CutPrefix(inner, "C~{")
		refusal, isRefusal := strings.CutPrefix(inner, "C-{")
		switch {
		case !closed || !isSet && !isPin && !isFree && !isLoss && !isRefusal:
			return Expectation{}, fmt.Errorf("%q is no expectation", text)
		case isPin:
			e = Pinned(strings.Split(pin, "|")...)
		case isFree:
			e = Roaming(strings.Split(free, "|")...)
		case isLoss:
			e = Lossy(strings.Split(loss, "|")...)
		case isRefusal:
			e = Refusing(strings.Split(refusal, "|")...)
		case strings.Contains(set, "|"):
			e = ConnectSome(strings.Split(set, "|")...)
		default:
			e = Connect(strings.Split(set, ",")...)
		}
	}
	if exact {
		e = e.Exactly()
	}
	if err := e.check(); err != nil {
		return Expectation{}, fmt.Errorf("parsing %q: %w", text, err)
	}
	return e, nil
}

// MarshalText returns the text of the expectation.
func (e Expectation) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText parses the text of an expectation.
func (e *Expectation) UnmarshalText(text []byte) error {
	parsed, err := ParseExpectation(string(text))
	if err != nil {
		return err
	}
	*e = parsed
	return nil
}
