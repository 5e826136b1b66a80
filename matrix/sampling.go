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

import "math"

const (
	// errorBound is the chance that we accept, per cell, of not seeing a backend
	// that does answer its share of the tries.
	errorBound = 1e-6

	// minTries is the least number of tries of a cell that is expected to
	// connect. With 14 tries, a path that loses every 20th is found out more
	// often than not (1-0.95^14 = 0.51), in one cell; a table has many.
	minTries = 14

	// controlTries is the same of a control that one backend answers. Controls tell
	// what is to blame for what a subject shows, and need not find what is rare.
	controlTries = 7

	// timeOutTries is the number of tries of a cell that is expected to time
	// out. Each costs a whole time limit, and a destination that drops packets
	// for a reason drops all of them.
	timeOutTries = 5

	// flowTries is the number of tries of a cell all of whose tries are one flow,
	// which has been balanced once and for all. Where it goes is shown by the
	// first of them; lossy paths are for the other columns to find.
	flowTries = 5

	// refuseTries is the number of tries of a cell that is expected to fail in
	// any other way. Refusals by a packet filter are ICMP errors, of which
	// kernels send only so many (RFC 1812 section 4.3.2.8; Linux by default 6
	// at once and then one per second to each destination): many tries would
	// not show more, but run into that limit and look like timeouts.
	refuseTries = 3

	// enoughRefusals is how many refusals settle a cell before that. Who
	// refuses has no endpoint to choose from, so no second try can end better;
	// and each may have to wait for a second.
	enoughRefusals = 1

	// failTries is the same for cells of which only the failure is expected,
	// be it a refusal or a timeout, or nothing.
	failTries = 2
)

// Sampling says how a cell has to be tried.
type Sampling struct {
	// Tries is how many tries prove what is expected of the cell; fewer do if
	// Decided says so. It is 0 for a cell that is not to be probed.
	Tries int
	// Parallel is set if a try may have to wait for a time limit, so that tries
	// should be made side by side.
	Parallel bool
}

// Sampling returns how the cell has to be tried.
//
// To have seen each of k equally likely backends, but for a chance of 1e-6, takes
// ln(1e-6/k)/ln(1-1/k) tries: 37 for 3 backends, 153 for 10. So many are needed
// to prove that all of them answer, and, if the expectation is Exactly, that none
// of those that the table knows of answers where none should.
func (t *Table) Sampling(row, column int) Sampling {
	if !t.Probed(row, column) {
		return Sampling{}
	}
	e := t.Expected(row, column)
	k := len(e.names)
	if e.exact {
		k = max(k, t.backends)
	}
	if t.columns[column].Flow() && e.Positive() {
		return Sampling{Tries: flowTries}
	}
	switch e.kind {
	case connect:
		if k == 1 && !e.exact && isControl(t.columns[column]) {
			return Sampling{Tries: controlTries}
		}
		return Sampling{Tries: triesToSee(k)}
	case connectAny, connectSome:
		if !e.exact {
			return Sampling{Tries: minTries}
		}
		return Sampling{Tries: triesToSee(k)}
	case pinned, roaming:
		if !e.exact {
			return Sampling{Tries: triesToPin(k)}
		}
		return Sampling{Tries: max(triesToPin(k), triesToSee(k))}
	case kind(TimedOut):
		if !e.exact {
			return Sampling{Tries: timeOutTries, Parallel: true}
		}
	}
	// What is unreachable may be known only after a time limit too, namely when
	// nobody answers to ARP.
	parallel := e.kind != kind(Refused) && e.kind != kind(NoSuchName)
	switch {
	case e.exact:
		return Sampling{Tries: triesToSee(t.backends), Parallel: parallel}
	case e.kind == implementation:
		return Sampling{Tries: failTries}
	case parallel:
		return Sampling{Tries: failTries, Parallel: true}
	default:
		return Sampling{Tries: refuseTries}
	}
}

// isControl tells whether a column is there to compare the subject with.
func isControl(column Column) bool {
	return column.Role == RoleDirect || column.Role == RoleBystander
}

// Decided reports whether no further try of the cell can be needed: because it
// has been tried often enough, because all who should answer have answered, or
// because it is wrong already and no further try can make it right.
func (t *Table) Decided(row, column int, o Observation) bool {
	s := t.Sampling(row, column)
	tries := o.Tries()
	if tries >= s.Tries {
		return true
	}
	e := t.Expected(row, column)
	if e.contradictions(o, tries) > 0 {
		return true
	}
	if (e.kind == kind(Refused) || e.kind == implementation) && !e.exact && o.Outcomes[Refused]+o.Outcomes[Prohibited] >= enoughRefusals {
		return true
	}
	return (e.kind == connect || e.kind == roaming) && !e.exact && tries >= minTries && e.judge(o, tries) == Match
}

// FollowUp returns how many more tries of a cell that is wrong the diagnosis wants.
// A verdict needs a single contradiction; to tell which of k backends is the one
// that does not answer, or that none does, all others have to be seen. With so many
// tries one that answers its share stays unseen with a chance of exp(-8).
//
// There are none of a cell that reaches one backend at most, nor over UDP of one
// that was refused: refusals are ICMP errors there, of which kernels send only so
// many, and more tries would look like time-outs.
func (t *Table) FollowUp(row, column int, o Observation) int {
	const perBackend = 8
	e := t.Expected(row, column)
	k := len(e.names)
	switch {
	case e.kind != connect || k < 2 || asks(t.Column(column)) || t.Judge(row, column, o) != Mismatch:
		return 0
	case t.Column(column).Protocol == "UDP" && o.Outcomes[Refused] > 0:
		return 0
	}
	return max(0, min(t.Sampling(row, column).Tries, perBackend*k)-o.Tries())
}

// triesToSee returns how many tries it takes to see all of k equally likely
// backends, and so to be sure that one of them does not answer.
func triesToSee(k int) int {
	if k < 2 {
		return minTries
	}
	n := math.Log(errorBound/float64(k)) / math.Log1p(-1/float64(k))
	return max(minTries, int(math.Ceil(n)))
}

// triesToPin returns how many tries it takes to be sure that it is no accident
// if all of them were answered by the same of k backends, which has the chance
// k*(1/k)^n.
func triesToPin(k int) int {
	n := 1 - math.Log(errorBound)/math.Log(float64(max(k, 2)))
	return max(minTries, int(math.Ceil(n)))
}
