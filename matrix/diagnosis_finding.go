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
)

// finding turns an account into what is told about it.
func (c *cover) finding(rank int, a *account) Finding {
	slices.Sort(a.cells)
	slices.Sort(a.folded)
	f := Finding{
		Rank:        rank,
		Coordinates: c.coordinatesOf(a),
		Cells:       c.coveredCells(slices.Sorted(slices.Values(slices.Concat(a.cells, a.folded)))),
	}
	f.Culprit, f.Fault = c.name(a)
	t := c.tally(a)
	f.Failing = Evidence{Cells: t.wrong, Of: t.wrong + t.right}
	f.Passing = Evidence{Cells: t.otherRight, Of: t.otherRight + t.otherWrong}
	coincidence := math.Exp(-a.score)
	f.Confidence = math.Round(100*a.odds/(1+coincidence)*float64(t.wrong)/float64(max(1, t.wrong+t.right))) / 100
	f.Text = (&story{c, a, &f.Coordinates, f.Culprit, f.Fault, t}).tell()
	for _, rival := range a.rival {
		const few = 3
		if !c.all(a, func(g *fact) bool { return rival.scope.contains(g) && rival.gain(c.evidence, g) > 0 }) {
			continue // it leaves something to explain
		}
		alternative := c.alternative(a, &f, t, rival)
		said := slices.ContainsFunc(f.Alternatives, func(other Alternative) bool { return other.Text == alternative.Text })
		if alternative.DecidedBy != "" && !said && len(f.Alternatives) < few {
			f.Alternatives = append(f.Alternatives, alternative)
		}
	}
	return f
}

// alternative turns a rival explanation into what is told about it.
func (c *cover) alternative(a *account, f *Finding, t tally, rival explanation) Alternative {
	other := &account{explanation: rival, cells: a.cells}
	at := c.coordinatesOf(other)
	culprit, fault := c.name(other)
	text := (&story{c, other, &at, culprit, fault, t}).blame()
	if text == (&story{c, a, &f.Coordinates, f.Culprit, f.Fault, t}).blame() {
		return Alternative{} // the same in other words
	}
	wanted, _, _ := deciding(Alternative{Fault: f.Fault, Coordinates: f.Coordinates}, Alternative{Fault: fault, Coordinates: at})
	return Alternative{Culprit: culprit, Fault: fault, Coordinates: at, Text: text, DecidedBy: wanted}
}

// deciding returns the probe that would tell two explanations apart, in words
// and as coordinates: one that the one has and the other has not.
func deciding(first, second Alternative) (text string, from, to Coordinates) {
	one, other := first.Coordinates, second.Coordinates
	from = Coordinates{SourceNode: one.SourceNode, SourceKind: one.SourceKind}
	if from.SourceNode == nil {
		from.SourceNode = one.ProxyNode
	}
	by := after(" from ", from.SourceNode)
	switch differ := func(a, b []string) bool { return !slices.Equal(a, b) }; {
	case first.Fault != second.Fault && (first.Fault == FaultStaleFlow || second.Fault == FaultStaleFlow):
		to.Service, to.Protocol = one.Service, one.Protocol
		return "a probe from another source port" + by, from, to
	case differ(one.Node, other.Node):
		return "more tries between all nodes", Coordinates{}, to
	case differ(one.Backend, other.Backend) && differ(one.BackendNode, nil):
		to.BackendNode = one.BackendNode
		return "a probe of another backend" + after(" on ", one.BackendNode) + by, from, to
	case differ(one.Backend, other.Backend):
		to.Backend = slices.Concat(one.Backend, other.Backend)
		return "more tries of each backend" + by, from, to
	case differ(one.Service, other.Service):
		to.FrontendKind = one.FrontendKind
		return "a probe of another Service that was created as late" + by, from, to
	case differ(one.FrontendKind, other.FrontendKind):
		to.Service = one.Service
		return "a probe of another kind of address" + by, from, to
	case differ(one.Protocol, other.Protocol):
		return "a probe over another protocol" + by, from, to
	case differ(one.Family, other.Family):
		return "a probe over the other IP family" + by, from, to
	case differ(one.SourceKind, other.SourceKind), differ(one.Source, other.Source):
		from.SourceKind = nil
		return "a probe by another kind of client" + by, from, to
	case differ(one.SourceNode, other.SourceNode), differ(one.ProxyNode, other.ProxyNode):
		return "a probe from another node", Coordinates{}, to
	}
	to.Service = one.Service
	return "more tries" + by, from, to
}

// wantedProbes lists the probes that would decide between findings and their
// alternatives.
func wantedProbes(findings []Finding) []WantedProbe {
	var wanted []WantedProbe
	for _, f := range findings {
		for _, a := range f.Alternatives {
			text, from, to := deciding(Alternative{Fault: f.Fault, Coordinates: f.Coordinates}, a)
			known := func(w WantedProbe) bool { return w.Finding == f.Rank && w.Text == text }
			if !slices.ContainsFunc(wanted, known) {
				wanted = append(wanted, WantedProbe{Finding: f.Rank, Text: text, From: from, To: to})
			}
		}
	}
	return wanted
}

// coveredCells lists the cells of an account by report.
func (c *cover) coveredCells(facts []int32) []CoveredCells {
	var list []CoveredCells
	for _, i := range facts {
		f := &c.facts[i]
		if n := len(list); n == 0 || list[n-1].Report != int(f.report) {
			meta := c.reports[f.report].Meta
			list = append(list, CoveredCells{Spec: meta.Spec, Phase: meta.Phase, Report: int(f.report)})
		}
		last := &list[len(list)-1]
		last.Cells = append(last.Cells, Cell{int(f.row), int(f.column)})
	}
	return list
}

// explanations returns all explanations of an account.
func (a *account) explanations() []explanation {
	return append([]explanation{a.explanation}, a.more...)
}

// all reports whether something is true of all covered cells.
func (c *cover) all(a *account, is func(f *fact) bool) bool {
	for _, i := range a.cells {
		if !is(&c.facts[i]) {
			return false
		}
	}
	return true
}

// common returns the value of a coordinate that all covered cells have, or none.
func (c *cover) common(a *account, by coordinate) int32 {
	value := c.facts[a.cells[0]].values[by]
	if c.all(a, func(f *fact) bool { return f.values[by] == value }) {
		return value
	}
	return none
}

// distinct returns the values of a coordinate that covered cells have, sorted.
func (c *cover) distinct(a *account, by coordinate) []string {
	var names []string
	for _, i := range a.cells {
		names = put(names, c.values[by].name(c.facts[i].values[by]))
	}
	return names
}

// put adds a name to a sorted list, if there is one and it is not there.
func put(list []string, name string) []string {
	if name == "" || slices.Contains(list, name) {
		return list
	}
	list = append(list, name)
	slices.SortFunc(list, natural)
	return list
}

// coordinatesOf returns where the fault of an account is.
func (c *cover) coordinatesOf(a *account) Coordinates {
	var at Coordinates
	for _, x := range a.explanations() {
		for _, p := range x.scope {
			c.place(&at, a, p, x.network || x.effect == unmade)
		}
		c.placeTarget(&at, x.hypothesis)
	}
	if len(at.ProxyNode) > 0 && at.SourceNode == nil {
		if node := c.common(a, bySourceNode); node != none {
			at.SourceNode = put(nil, c.values[bySourceNode].name(node))
		}
	}
	if len(at.SourceNode) > 0 && at.ProxyNode == nil && !a.network && a.effect != unmade {
		if node := c.common(a, byVia); node != none {
			at.ProxyNode = put(nil, c.values[byVia].name(node))
		}
	}
	if len(at.ProxyNode) > 0 && at.FrontendNode == nil {
		if node := c.common(a, byFrontendNode); node != none {
			at.FrontendNode = put(nil, c.values[byFrontendNode].name(node))
		}
	}
	if kinds := c.distinct(a, byFrontendKind); len(kinds) == 1 && kinds[0] != string(FrontendClusterIP) && !a.network && a.effect != unmade {
		at.FrontendKind = kinds
	}
	switch a.effect {
	case staleFlow:
		at.Protocol = c.distinct(a, byProtocol) // flows outlive a change over UDP only
	case unmade:
		at.Source = c.distinct(a, bySource)
	case foreign, unready, remote:
		const few = 3
		for _, name := range c.strangersOf(a, a.effect)[:min(few, len(c.strangersOf(a, a.effect)))] {
			at.Backend = put(at.Backend, name)
		}
	}
	for _, i := range a.cells {
		for k, outcome := range failures {
			if c.facts[i].failed[k] > 0 {
				at.Outcome = put(at.Outcome, string(outcome))
			}
		}
	}
	return at
}

// place adds what a predicate says.
func (c *cover) place(at *Coordinates, a *account, p predicate, network bool) {
	name := c.values[p.coordinate].name(p.value)
	switch p.coordinate {
	case byVia:
		if network {
			at.SourceNode = put(at.SourceNode, name)
		} else {
			at.ProxyNode = put(at.ProxyNode, name)
		}
	case bySourceNode:
		at.SourceNode = put(at.SourceNode, name)
	case bySourceNet:
		for _, kind := range c.distinct(a, bySourceKind) {
			at.SourceKind = put(at.SourceKind, kind)
		}
	case bySourceKind:
		at.SourceKind = put(at.SourceKind, name)
	case byFrontendNode:
		at.FrontendNode = put(at.FrontendNode, name)
		at.ProxyNode = put(at.ProxyNode, name)
		for _, kind := range c.distinct(a, byFrontendKind) {
			at.FrontendKind = put(at.FrontendKind, kind)
		}
	case byFrontendKind:
		at.FrontendKind = put(at.FrontendKind, name)
	case byService:
		at.Service = put(at.Service, name)
	case byAge:
		for _, service := range c.distinct(a, byService) {
			if name == ageNew {
				at.Service = put(at.Service, service)
			}
		}
	case byProtocol:
		at.Protocol = put(at.Protocol, name)
	case byFamily:
		at.Family = put(at.Family, name)
	case byPath:
		at.Path = put(at.Path, name)
	case bySize:
		at.Size = put(at.Size, name)
	case byFlow:
		for _, protocol := range c.distinct(a, byProtocol) {
			at.Protocol = put(at.Protocol, protocol)
		}
	case byPort:
		at.Port = put(at.Port, name)
	case byPhase:
		meta := c.reports[c.facts[a.cells[0]].report].Meta
		at.Phase = put(at.Phase, meta.Phase)
		at.Spec = put(at.Spec, meta.Spec)
	case bySpec:
		at.Spec = put(at.Spec, name)
	case bySource:
		at.Source = put(at.Source, name)
		for _, node := range c.distinct(a, bySourceNode) {
			at.SourceNode = put(at.SourceNode, node)
		}
	case byDestination:
		at.Destination = put(at.Destination, name)
		for _, service := range c.distinct(a, byService) {
			at.Service = put(at.Service, service)
		}
	}
}

// placeTarget adds which backends are hit.
func (c *cover) placeTarget(at *Coordinates, h *hypothesis) {
	switch h.relation {
	case toBackend, toOthers:
		b := c.backends[h.id]
		at.Backend = put(at.Backend, b.name)
		at.BackendNode = put(at.BackendNode, c.values[byVia].name(b.node))
	case toNode:
		at.BackendNode = put(at.BackendNode, c.values[byVia].name(h.id))
	case toOrFromNode:
		at.Node = put(at.Node, c.values[byVia].name(h.id))
	case toSelf:
		at.Path = put(at.Path, pathHairpin)
	case toLocal:
		at.Path = put(at.Path, pathSame)
	case toRemote, toForwarded:
		at.Path = put(at.Path, pathCross)
	}
}

// strangersOf returns who answers that should not, in the cells of an account.
func (c *cover) strangersOf(a *account, e effect) []string {
	class := strangerOf[e]
	var names []string
	for _, i := range a.cells {
		for _, s := range c.facts[i].strangers {
			if s.class == class {
				names = put(names, s.name)
			}
		}
	}
	return names
}

// name returns whom an account blames, and for what.
func (c *cover) name(a *account) (Culprit, Fault) {
	fault := c.fault(a)
	kinds := c.distinct(a, byFrontendKind)
	only := func(kind FrontendKind) bool { return len(kinds) == 1 && kinds[0] == string(kind) }
	switch {
	case a.effect == unmade:
		return CulpritProbe, fault
	case a.effect == health || only(FrontendHealthCheck):
		return CulpritHealthCheck, fault
	case a.effect == records || only(FrontendDNS):
		return CulpritDNS, fault
	case a.network && a.relation == toBackend && !a.fromSomewhere() && fault != FaultMTU:
		return CulpritBackend, fault
	case a.network || fault == FaultMTU:
		return CulpritPodNetwork, fault
	case only(FrontendLoadBalancer) && c.all(a, func(f *fact) bool { return f.values[bySourceNode] == none }) && a.effect < absent:
		return CulpritLoadBalancer, fault
	}
	return CulpritServiceProxy, fault
}

// fromSomewhere reports whether only some sources are concerned.
func (a *account) fromSomewhere() bool {
	for _, by := range []coordinate{byVia, bySourceNode, bySourceNet, bySourceKind, bySource, byPath} {
		if a.scope.on(by) != none {
			return true
		}
	}
	return false
}

// fault names what an account finds.
func (c *cover) fault(a *account) Fault {
	expects := func(k kind) bool { return c.all(a, func(f *fact) bool { return f.expected.kind == k }) }
	switch a.effect {
	case lost, refused, failing, unready, stale:
		if a.scope.on(byFlow) != none {
			return FaultStaleFlow // new ones are right
		}
	}
	switch a.effect {
	case lost, refused, failing:
		switch {
		case expects(kind(Refused)):
			return FaultDroppedInsteadOfRejected
		case expects(kind(TimedOut)):
			return FaultRejectedInsteadOfDropped
		case a.scope.on(bySize) != none:
			return FaultMTU
		}
		return c.unreachable(a, c.refusals(a))
	case flaky:
		return FaultIntermittent
	case records:
		if c.all(a, func(f *fact) bool { return f.failures == f.tries && f.outcomes(NoSuchName) == 0 }) {
			return FaultUnreachable
		}
	case foreign, unready:
		if c.all(a, func(f *fact) bool { return !f.expected.Positive() }) {
			return FaultForwardedInsteadOfRefused
		}
	case absent:
		switch a.relation {
		case toOthers:
			return FaultUnbalanced
		case toRemote:
			return FaultLocalOnly
		}
		return FaultMissingBackend
	}
	return map[effect]Fault{
		forwarded: FaultForwardedInsteadOfRefused,
		dropped:   FaultDroppedInsteadOfRejected,
		rejected:  FaultRejectedInsteadOfDropped,
		rewritten: FaultSourceRewritten,
		kept:      FaultSourceKept,
		scattered: FaultAffinityIgnored,
		stuck:     FaultAffinityStuck,
		foreign:   FaultForeignBackend,
		unready:   FaultUnreadyBackend,
		remote:    FaultLocalPolicyIgnored,
		records:   FaultWrongRecords,
		health:    FaultHealthCheckWrong,
		stale:     FaultStaleRules,
		staleFlow: FaultStaleFlow,
		unmade:    FaultProbeError,
		odd:       FaultWrong,
	}[a.effect]
}

// refusals reports whether refusals are what an account explains: all that is wrong
// or, if it is a backend that refuses, nearly all, for a single other cell may be so
// for a reason of its own.
func (c *cover) refusals(a *account) bool {
	cells := 0
	for _, i := range a.cells {
		if f := &c.facts[i]; f.failures > 0 && f.outcomes(Refused) == f.failures {
			cells++
		}
	}
	if a.relation == toBackend {
		return a.effect == refused || 10*cells >= 9*len(a.cells)
	}
	return cells == len(a.cells)
}

// unreachable names a loss of packets by whose they are.
func (c *cover) unreachable(a *account, refusals bool) Fault {
	switch a.relation {
	case toSelf:
		return FaultHairpin
	case toForwarded:
		return FaultMasqueradeMissing
	case toBackend:
		switch {
		case refusals && !a.network:
			return FaultWrongPort
		case !refusals:
			return FaultDeadBackend
		}
	}
	if refusals {
		return FaultRefused
	}
	return FaultUnreachable
}

// tally counts the cells that an account is about, and those that it is held
// against.
type tally struct {
	wrong, right           int // in scope
	otherWrong, otherRight int // out of scope
}

func (c *cover) tally(a *account) tally {
	t := tally{wrong: len(a.cells) + len(a.folded)}
	for i := range c.facts {
		f := &c.facts[i]
		switch inside := a.contains(f); {
		case f.verdict == Match && a.gain(c.evidence, f) < 0:
			if inside {
				t.right++
			} else {
				t.otherRight++
			}
		case f.wrong() && !c.explained[i]:
			t.otherWrong++
		}
	}
	return t
}

// contains reports whether a cell is in the scope of an account.
func (a *account) contains(f *fact) bool {
	return a.scope.contains(f) || slices.ContainsFunc(a.more, func(x explanation) bool { return x.scope.contains(f) })
}
