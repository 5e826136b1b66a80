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
	"math"
	"slices"
	"strings"
)

// effect is what something broken does to the tries that depend on it.
type effect int

const (
	// Effects that can hit the tries to some backends and spare the others.

	// lost tries time out or find nobody.
	lost effect = iota
	// refused tries are refused.
	refused
	// failing tries are lost or refused.
	failing
	// flaky tries are lost at some rate.
	flaky
	// absent backends are never chosen; the others get their share.
	absent

	// Effects that are seen by the kind of the answer.

	// forwarded tries connect where nothing may.
	forwarded
	// dropped tries time out where a refusal is right.
	dropped
	// rejected tries are refused where a time-out is right.
	rejected
	// rewritten and kept source addresses are seen where the contrary is right.
	rewritten
	kept
	// scattered tries do not stay with one backend.
	scattered
	// stuck tries stay with one backend.
	stuck
	// foreign, unready and remote backends answer.
	foreign
	unready
	remote
	// records and health are wrong answers by DNS and health check node ports.
	records
	health
	// stale cells are as they were right before a change.
	stale
	// staleFlow is that too, for tries that belong to flows from before the change.
	staleFlow
	// unmade probes say nothing.
	unmade
	// odd cells are wrong in whatever way.
	odd
)

// strangerOf is who answers by an effect.
var strangerOf = map[effect]strangerClass{foreign: strangerForeign, unready: strangerUnready, remote: strangerRemote}

// relation says which backends of a cell an effect hits.
type relation int

const (
	toAll relation = iota
	toBackend
	// toOthers is everybody but that backend.
	toOthers
	// toNode is the backends on a node.
	toNode
	// toOrFromNode is the backends on a node for everybody, and all backends for
	// what comes from there.
	toOrFromNode
	// toSelf is the backend that is the source.
	toSelf
	// toLocal and toRemote are the backends on the node that forwards, and
	// those on other nodes.
	toLocal
	toRemote
	// toForwarded is those on other nodes, for traffic that came from another
	// node too: it passes the node that forwards, which has to see the answers.
	toForwarded
)

// hypothesis is something that may be broken, wherever that is.
type hypothesis struct {
	effect effect
	// network tells that it is the network below the Services that is broken,
	// so that it shows without a Service too.
	network  bool
	relation relation
	// id is the backend or the node of the relation.
	id int32
	// rate is the rate at which flaky tries are lost.
	rate float64
	// fresh tells that Services are unknown that were not there before the phase,
	// for a stale proxy may never have heard of them.
	fresh bool
	// cost is how unlikely it is from the start, as a logarithm.
	cost float64
}

// gain returns how much better the hypothesis explains the cell than nothing
// broken does: positive if the cell speaks for it, negative if it speaks against
// it, and 0 if it does not matter. A single cell gives private at most.
func (h *hypothesis) gain(e *evidence, f *fact) float64 {
	if f.unmade() || h.effect == unmade {
		return h.sign(e, f)
	}
	var l float64
	switch {
	case !h.concerns(f):
		return 0
	case h.effect == stale:
		l = h.staleLikelihood(e, f)
	case h.effect == staleFlow:
		return h.staleFlow(e, f)
	case h.effect > absent:
		return h.sign(e, f)
	case f.expected.Positive():
		l = h.positive(e, f)
	case h.relation == toAll || f.layer == layerSelf && f.wrong() && h.relation == toNode:
		l = h.negative(f)
	default:
		return 0
	}
	if !f.wrong() {
		if h.effect == flaky {
			l = f.healthy + luck*(l-f.healthy)
		}
		return min(0, max(l-f.healthy, -spared))
	}
	gain := min(private, max(l, f.floor)-max(f.healthy, f.floor))
	switch {
	case h.network && f.layer == layerService:
		// It is no proof of what is below, and the less so the more there are.
		return min(gain, ofServiceCell*gain)
	case h.strays(e, f):
		return min(gain, ofStray)
	}
	return gain
}

// strays reports whether a wrong cell, which the hypothesis explains, is no proof of
// it: its packets need not have come by.
func (h *hypothesis) strays(e *evidence, f *fact) bool {
	switch h.relation {
	case toNode, toRemote:
		return h.astray(e, f)
	case toOrFromNode:
		return h.inside(e, f) || f.values[byVia] != h.id && h.astray(e, f)
	}
	return false
}

const (
	// luck is how much a cell tells that is right though some of its tries should
	// not be: of many cells there are always some that are so by luck.
	luck = 0.5
	// ofServiceCell is what a cell of a Service counts for a fault of the network
	// below it, compared with one for a fault of the Service.
	ofServiceCell = 0.97
	// ofStray is what a cell can say at most of the backends of a node if it is
	// not known that its own is one of them.
	ofStray = 0.2
)

// astray reports whether nobody knows where the backends of the cell are.
func (h *hypothesis) astray(e *evidence, f *fact) bool {
	return !slices.ContainsFunc(f.names, func(id int32) bool { return e.backends[id].node != none })
}

// concerns reports whether the cell depends on what the hypothesis is about.
func (h *hypothesis) concerns(f *fact) bool {
	if !h.network {
		return f.layer == layerService
	}
	switch f.layer {
	case layerDirect:
		return true
	case layerSelf:
		return f.expected.kind == kind(Refused)
	}
	// A Service fails with the network, but is no proof of it: node ports go
	// by another source address, and who has no endpoint needs no network.
	return f.wrong() || f.expected.Positive() && f.frontend == FrontendClusterIP
}

// hits reports whether the effect hits the k-th backend of the cell. A backend
// on an unknown node may be anywhere, so it is hit where that explains something.
func (h *hypothesis) hits(e *evidence, f *fact, k int) bool {
	id := f.names[k]
	node := e.backends[id].node
	switch h.relation {
	case toBackend:
		return id == h.id
	case toOthers:
		return id != h.id
	case toNode:
		if h.network && f.values[byVia] == h.id {
			return false // within the node, no network between nodes is needed
		}
		return node == h.id || node == none && f.wrong()
	case toOrFromNode:
		if f.values[byVia] == h.id && node == h.id {
			return f.wrong() && h.home(e, f) // it may be all of the node, or only the way out
		}
		return f.values[byVia] == h.id || node == h.id || node == none && f.wrong()
	case toSelf:
		// Another node that forwards puts its own address in the way.
		return id == f.self && f.values[byVia] == f.values[bySourceNode]
	case toLocal:
		return node == f.values[byVia] && node != none
	case toRemote:
		return f.values[byVia] != none && node != f.values[byVia] && (node != none || f.wrong())
	case toForwarded:
		via := f.values[byVia]
		return via != none && via != f.values[bySourceNode] && node != via && (node != none || f.wrong())
	}
	return true
}

// inside reports whether all of a cell is on the node of the relation, so that it
// need not pass what connects that with others.
func (h *hypothesis) inside(e *evidence, f *fact) bool {
	return f.values[byVia] == h.id && h.home(e, f)
}

// home reports whether all backends of a cell are on the node of the relation.
func (h *hypothesis) home(e *evidence, f *fact) bool {
	return !slices.ContainsFunc(f.names, func(id int32) bool { return e.backends[id].node != h.id })
}

// touches reports whether a cell has to do with the node of the relation: it comes
// from there, or all of its backends are there.
func (h *hypothesis) touches(e *evidence, f *fact) bool {
	return f.values[byVia] == h.id || len(f.names) > 0 && h.home(e, f)
}

// The weights of outcomes.
const typical, possible, strange = -0.1, -1.0, -3.5

// weight returns the logarithm of how likely a try that is hit ends this way.
func (h *hypothesis) weight(outcome Outcome) float64 {
	switch outcome {
	case Refused:
		switch h.effect {
		case refused:
			return typical
		case failing, flaky:
			return possible
		}
	case Prohibited:
		return typical
	case TimedOut:
		switch h.effect {
		case lost, flaky:
			return typical
		case failing, refused: // whose ICMP error was lost
			return possible
		}
	case Unreachable:
		switch h.effect {
		case lost:
			return typical
		case failing, flaky:
			return possible
		}
	case NoSuchName:
		return 2 * strange
	}
	return strange
}

// ending returns the logarithm of how likely it is that those tries that fail do so
// in the way that they do.
func (h *hypothesis) ending(f *fact) float64 {
	l := 0.0
	for k, outcome := range failures {
		switch n := f.failed[k]; {
		case n == 0:
		case (h.effect == failing || h.effect == flaky) && n == f.failures && h.weight(outcome) == possible:
			return possible + float64(n)*typical // some destinations in one way, some in another
		default:
			l += float64(n) * h.weight(outcome)
		}
	}
	return l
}

// positive returns the logarithm of how likely the observation of a cell is that
// is expected to connect.
func (h *hypothesis) positive(e *evidence, f *fact) float64 {
	n := len(f.names)
	hit, hitAnswers := 0, 0
	switch {
	case h.relation == toAll:
		n = max(n, 1)
		hit, hitAnswers = n, f.connects
	case n == 0:
		return f.healthy
	default:
		for k := range f.names {
			if h.hits(e, f, k) {
				hit++
				if !f.anonymous {
					hitAnswers += f.hits[k]
				}
			}
		}
	}
	switch {
	case hit == 0:
		return f.healthy
	case hit == n && f.anonymous:
		hitAnswers = f.connects // whoever it was
	}
	if h.effect == absent {
		return h.redistributed(f, hit, hitAnswers)
	}
	share := float64(hit) / float64(n)
	rate := 1.0
	if h.effect == flaky {
		rate = h.rate
	}
	l := h.ending(f) + f.scatter() + float64(f.astray())*strayed
	even := 0.0 // of an answer by one of n
	if f.expected.kind == connect && !f.anonymous {
		even = -math.Log(float64(n))
	}
	if f.expected.kind == pinned || f.expected.kind == connectSome || f.expected.kind == roaming {
		// Whom the client is sent to, it may be sent to each time.
		if f.failures > 0 && rate == 1 {
			l += math.Log(share)
		} else {
			l += float64(f.failures) * math.Log(share*rate)
		}
	} else {
		l += float64(f.failures) * math.Log(share*rate)
	}
	if f.wrong() && hitAnswers > 0 && rate == 1 && h.relation != toAll {
		return min(f.healthy, f.floor) // whoever is blamed has answered
	}
	spared := 1 - rate
	answers := float64(f.connects - f.unnamed - hitAnswers)
	if h.effect == lost && (h.network || f.failures > 0) && f.reconnects(e) && hit < n && hitAnswers == 0 {
		// Without a failure the backend is rather never chosen, unless it is seen
		// elsewhere that the network does not lead to it.
		return max(l+answers*even, h.reconnected(f, hit))
	}
	if f.unnamed > 0 && h.relation != toAll {
		l += float64(f.unnamed) * max(escaped, math.Log(1-share*rate))
	}
	switch {
	case f.anonymous && hit < n:
		// Who answered is not known: the share that is not hit.
		return l + float64(f.connects)*math.Log(1-share*rate)
	case spared == 0:
		return l + answers*even + float64(hitAnswers)*escaped
	}
	return l + answers*even + float64(hitAnswers)*(even+math.Log(spared))
}

// connectAttempts is how often Linux asks for a connection within the 5 s that
// agnhost gives a try: at once, after 1 s and after 3 s (net.ipv4.tcp_syn_retries).
const connectAttempts = 3

// reconnects reports whether each attempt of a try to connect may go to another
// backend: over TCP, through a proxy that chooses one by connection tracking. That
// forgets about a connection whose first packet was lost on the node itself.
func (f *fact) reconnects(e *evidence) bool {
	return f.layer == layerService && f.expected.kind == connect && !f.anonymous && e.values[byProtocol].name(f.values[byProtocol]) == "TCP"
}

// reconnected is positive for backends that are lost on the node that forwards: a
// try fails only if each of its attempts is sent to one of them.
func (h *hypothesis) reconnected(f *fact, hit int) float64 {
	n := float64(len(f.names))
	fails := math.Pow(float64(hit)/n, connectAttempts)
	l := h.ending(f) + float64(f.failures)*math.Log(fails) + float64(f.connects)*math.Log1p(-fails)
	l += float64(f.astray()) * strayed
	return l - float64(f.connects-f.unnamed)*math.Log(n-float64(hit))
}

// redistributed is positive for backends that are never chosen.
func (h *hypothesis) redistributed(f *fact, hit, hitAnswers int) float64 {
	n := len(f.names)
	if hit == n || f.anonymous || f.expected.kind != connect {
		return f.healthy
	}
	if f.wrong() && hitAnswers > 0 {
		return min(f.healthy, f.floor) // whoever is missed has answered
	}
	l := float64(f.failures+f.astray())*strayed + float64(hitAnswers)*escaped
	return l - float64(f.connects-f.unnamed-hitAnswers)*math.Log(float64(n-hit))
}

// negative returns the logarithm of how likely the observation of a cell is that
// is expected to fail.
func (h *hypothesis) negative(f *fact) float64 {
	if h.effect == flaky || h.effect == absent {
		return f.healthy
	}
	l := float64(f.astray()) * escaped
	for k, outcome := range failures {
		if f.failed[k] == 0 {
			continue
		}
		fits := outcome == Prohibited
		switch outcome {
		case Refused:
			fits = h.effect != lost
		case TimedOut:
			fits = h.effect != refused
		case Unreachable:
			fits = h.effect != refused
		}
		if !fits {
			l += float64(f.failed[k]) * escaped
		}
	}
	return l
}

// sign returns the gain by effects that a cell shows, or does not show though it
// could.
func (h *hypothesis) sign(e *evidence, f *fact) float64 {
	switch shown, possible := h.shown(f); {
	case shown && h.effect == odd:
		// That cells are wrong in whatever way is never the best that can be said.
		return private / 2
	case shown && h.effect == stuck:
		return private - math.Log(float64(len(f.hits)))
	case shown:
		return private
	case possible && !f.wrong() && !f.unmade():
		switch h.effect {
		case records:
			if f.old != nil && f.old.expected.Equal(f.expected) {
				return 0 // a name server that has missed the change is right here
			}
		case foreign, unready, remote:
			// Another backend would get its share of the tries.
			if f.expected.Positive() {
				tries := f.tries
				if f.flow {
					tries = min(1, tries) // the others follow the first
				}
				return max(-private, luck*float64(tries)*math.Log1p(-e.shares[strangerOf[h.effect]]))
			}
		}
		return -private
	}
	return 0
}

// shown reports whether the cell shows the effect, and whether it could.
func (h *hypothesis) shown(f *fact) (shown, possible bool) {
	answers := func(class strangerClass) (bool, bool) {
		for _, s := range f.strangers {
			if s.class == class {
				return true, true
			}
		}
		return false, f.frontend != FrontendHealthCheck && !f.asks
	}
	only := func(outcome Outcome) bool {
		return f.wrong() && f.outcomes(outcome)+f.outcomes(Prohibited) == f.tries
	}
	switch h.effect {
	case forwarded:
		return f.wrong() && f.connects+f.astray() > 0 && !f.expected.Positive(), !f.expected.Positive()
	case dropped:
		return f.expected.kind == kind(Refused) && only(TimedOut), f.expected.kind == kind(Refused)
	case rejected:
		return f.expected.kind == kind(TimedOut) && f.wrong() && f.outcomes(Refused) > 0, f.expected.kind == kind(TimedOut)
	case rewritten:
		return f.valued("kept") && f.answered("rewritten"), f.valued("kept")
	case kept:
		return f.valued("rewritten") && f.answered("kept"), f.valued("rewritten")
	case scattered:
		return f.expected.kind == pinned && f.wrong() && f.failures == 0 && len(f.strangers) == 0, f.expected.kind == pinned
	case stuck:
		several := (f.expected.kind == connect || f.expected.kind == roaming) && len(f.hits) > 1
		return several && f.wrong() && f.failures == 0 && f.sole() >= 0, several
	case foreign:
		return answers(strangerForeign)
	case unready:
		return answers(strangerUnready)
	case remote:
		shown, possible = answers(strangerRemote)
		return shown, possible && f.fewer
	case records:
		return f.frontend == FrontendDNS && f.wrong(), f.frontend == FrontendDNS
	case health:
		return f.frontend == FrontendHealthCheck && f.wrong(), f.frontend == FrontendHealthCheck
	case unmade:
		return f.unmade(), true
	}
	return f.wrong(), true
}

// valued reports whether the cell expects this answer to another question.
func (f *fact) valued(answer string) bool {
	return f.asks && len(f.expected.names) == 1 && f.expected.names[0] == answer
}

// answered reports whether this unexpected answer was given.
func (f *fact) answered(answer string) bool {
	for _, s := range f.strangers {
		if s.name == answer {
			return true
		}
	}
	return false
}

// outcomes returns how many tries failed this way.
func (f *fact) outcomes(outcome Outcome) int {
	for k := range failures {
		if failures[k] == outcome {
			return f.failed[k]
		}
	}
	return 0
}

// sole returns the index of the only expected backend that answers, or -1.
func (f *fact) sole() int {
	found := -1
	for k, n := range f.hits {
		switch {
		case n == 0:
		case found >= 0:
			return -1
		default:
			found = k
		}
	}
	return found
}

// staleLikelihood returns the logarithm of how likely the observation is if the
// Service proxy has not followed the change before this phase.
func (h *hypothesis) staleLikelihood(e *evidence, f *fact) float64 {
	switch {
	case !e.failed[f.report]:
		return f.healthy // the change was followed
	case f.fresh && h.fresh && f.values[byAge] == e.values[byAge].ids[ageNew]:
		// The Service does not exist for the proxy.
		unknown := hypothesis{effect: failing}
		if f.expected.Positive() {
			return unknown.positive(e, f)
		}
		return unknown.negative(f)
	case f.old == nil || !f.wrong() && f.old.expected.Equal(f.expected):
		return f.healthy
	case !f.old.expected.Positive():
		l := 0.0
		for k, outcome := range failures {
			if f.failed[k] > 0 {
				l += float64(f.failed[k]) * max(f.old.expected.likelihood(outcome), escaped)
			}
		}
		return l + float64(f.tries-f.failures)*escaped
	}
	was := f.old.expected.names
	if f.asks && f.frontend == FrontendDNS {
		// What a name led to before is what it leads to still.
		l := float64(f.connects)*escaped + float64(f.failures)*strayed
		for _, s := range f.strangers {
			if !slices.Contains(was, s.name) {
				l += float64(s.tries) * strayed
			}
		}
		return l
	}
	// Those that answered before do so still, unless they are gone.
	if len(was) == 0 || f.anonymous {
		return f.healthy
	}
	present := 0
	for _, name := range was {
		if h.present(e, f, name) {
			present++
		}
	}
	gone := len(was) - present
	l := 0.0
	answers := f.tries - f.failures
	for _, s := range f.strangers {
		if short := s.name[strings.LastIndex(s.name, "/")+1:]; !slices.Contains(was, short) {
			l += float64(s.tries) * strayed
			answers -= s.tries
		}
	}
	for k, name := range f.expected.names {
		if !slices.Contains(was, name) || !h.present(e, f, name) {
			l += float64(f.hits[k]) * escaped
			answers -= f.hits[k]
		}
	}
	l -= float64(answers) * math.Log(float64(len(was)))
	if gone == 0 {
		return l + float64(f.failures)*strayed
	}
	return l + float64(f.failures)*(math.Log(float64(gone)/float64(len(was)))-0.1)
}

// staleFlow returns the gain by a cell whose flow should have moved away from those
// backends that answered it in earlier phases.
func (h *hypothesis) staleFlow(e *evidence, f *fact) float64 {
	var left []string
	for old := f.old; old != nil && f.flow; old = old.old {
		for k, n := range old.hits {
			if name := e.backends[old.names[k]].name; n > 0 && !slices.Contains(f.expected.names, name) {
				left = append(left, name)
			}
		}
	}
	gone := slices.ContainsFunc(left, func(name string) bool { return !h.present(e, f, name) })
	switch {
	case len(left) == 0:
		return 0
	case !f.wrong():
		return -private
	case f.connects > 0 || f.failures > 0 && !gone:
		return 0
	}
	for _, s := range f.strangers {
		if short := s.name[strings.LastIndex(s.name, "/")+1:]; !slices.Contains(left, short) {
			return 0
		}
	}
	return private
}

// present reports whether a backend is still there in the phase of the cell: it is
// not if backends are probed directly there, it is none of them, and was before.
func (h *hypothesis) present(e *evidence, f *fact, name string) bool {
	direct := func(c Column) bool { return c.Role == RoleDirect }
	its := func(c Column) bool { return direct(c) && c.Backend == name }
	now := e.reports[f.report]
	if slices.ContainsFunc(now.Columns, its) || !slices.ContainsFunc(now.Columns, direct) {
		return true
	}
	return !slices.ContainsFunc(e.reports[:f.report], func(r *Report) bool {
		return r.Meta.Spec == now.Meta.Spec && slices.ContainsFunc(r.Columns, its)
	})
}
