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
	"cmp"
	"math"
	"slices"
)

const (
	// closeCall is how much better, as a logarithm, an explanation has to be
	// than another so that the other is no alternative.
	closeCall = 2.5
	// unlucky is the logarithm of how likely luck has to be to be believed in: 1 %.
	unlucky = -4.6
	// worthTelling is how much better than coincidence an explanation has to be.
	// It is little: a doubtful explanation of a wrong cell is better than none,
	// and says how doubtful it is.
	worthTelling = -6.0
	// maxFindings bounds the findings; what is left is counted as unexplained.
	maxFindings = 8
)

// Diagnose explains the wrong cells of one or several reports together. Reports
// of one spec have to be in the order of its phases. What it returns depends on
// nothing but the reports.
//
// An explanation is something that may be broken (such as: packets to one backend
// are lost) together with where it is (such as: from pods on one node). Each cell
// speaks for it or against it by how likely it is to be seen so, with and without
// the fault. The explanation that most is said for is the first finding; the
// cells that it explains are set aside, and the next one is looked for.
func Diagnose(reports ...*Report) *Diagnosis {
	d := &Diagnosis{APIVersion: DiagnosisAPIVersion, Kind: DiagnosisKind, Findings: []Finding{}}
	e := gather(reports)
	if e.wrong == 0 {
		return d
	}
	c := newCover(e)
	for len(c.accounts) < maxFindings && c.next() {
	}
	c.absorb()
	c.join()
	explained := 0
	for i, a := range c.accounts {
		d.Findings = append(d.Findings, c.finding(i+1, a))
		explained += len(a.cells) + len(a.folded)
	}
	d.Unexplained = e.wrong - explained
	d.ProbesWanted = wantedProbes(d.Findings)
	return d
}

// suspect is a hypothesis with all that it says about the cells.
type suspect struct {
	*hypothesis
	items []item
	bound float64
}

// account is what becomes a finding: an explanation and the wrong cells that it
// covers. Several explanations that differ in one coordinate only are one account.
type account struct {
	explanation
	more  []explanation
	cells []int32 // facts, which name it
	// folded are wrong cells that it does not explain, but that are where it is:
	// symptoms of another kind, or nothing to do with it. They have no say in
	// what it is called.
	folded []int32
	rival  []explanation
	odds   float64 // how likely it is, compared with its rivals
}

// cover collects explanations until nothing is left to explain.
type cover struct {
	*evidence
	suspects  []suspect
	explained []bool
	accounts  []*account
	searcher  *searcher
}

func newCover(e *evidence) *cover {
	c := &cover{evidence: e, explained: make([]bool, len(e.facts)), searcher: newSearcher(e)}
	var wrong []*fact
	for i := range e.facts {
		if e.facts[i].verdict != Match {
			wrong = append(wrong, &e.facts[i])
		}
	}
	for _, h := range e.hypotheses() {
		if !slices.ContainsFunc(wrong, func(f *fact) bool { return h.gain(e, f) > 0 }) {
			continue // nothing speaks for it
		}
		s := suspect{hypothesis: h}
		for i := range e.facts {
			if gain := h.gain(e, &e.facts[i]); gain != 0 {
				s.items = append(s.items, item{int32(i), gain})
			}
		}
		c.suspects = append(c.suspects, s)
	}
	return c
}

// next finds the best explanation of what is not explained yet, and reports
// whether there is one.
func (c *cover) next() bool {
	for i := range c.suspects {
		s := &c.suspects[i]
		s.items = slices.DeleteFunc(s.items, func(i item) bool { return i.gain > 0 && c.explained[i.fact] })
		s.bound = -s.cost
		for _, i := range s.items {
			s.bound += max(0, i.gain)
		}
	}
	order := make([]*suspect, len(c.suspects))
	for i := range order {
		order[i] = &c.suspects[i]
	}
	slices.SortStableFunc(order, func(a, b *suspect) int { return cmp.Compare(b.bound, a.bound) })
	c.searcher.best = worthTelling
	var found []explanation
	for _, s := range order {
		if s.bound <= c.searcher.best-closeCall {
			break
		}
		c.searcher.search(s.hypothesis, s.items, func(x explanation) { found = append(found, x) })
	}
	slices.SortStableFunc(found, func(a, b explanation) int { return cmp.Compare(b.score, a.score) })
	if len(found) == 0 || found[0].score <= worthTelling {
		return false
	}
	best := c.widest(found)
	a := &account{explanation: best, cells: c.covered(best)}
	if len(a.cells) == 0 {
		return false
	}
	a.score = found[0].score
	a.odds = 1
	said := []*saying{{explanation: best}}
	for _, x := range found {
		if x.score > a.score-closeCall && c.differs(&said, x) {
			a.odds += math.Exp(x.score - a.score)
			a.rival = append(a.rival, x)
		}
	}
	a.odds = 1 / a.odds
	for _, i := range a.cells {
		c.explained[i] = true
	}
	c.accounts = append(c.accounts, a)
	return true
}

// widest returns the best explanation or, if that is the same in fewer places and
// hardly better, the one that says it of more places. A few cells that are right by
// luck do not make the places smaller.
func (c *cover) widest(found []explanation) explanation {
	best := found[0]
	for _, x := range found[1:] {
		if x.score > found[0].score-closeCall && x.hypothesis == best.hypothesis && best.scope.within(x.scope) && c.byLuck(found[0], x) {
			best = x
		}
	}
	return best
}

// byLuck reports whether it may be luck that all is right where the second
// explanation holds and the first, which is narrower, does not.
func (c *cover) byLuck(narrow, wide explanation) bool {
	if wide.effect != flaky {
		return true // the scores have said it
	}
	l := 0.0
	for i := range c.facts {
		if f := &c.facts[i]; f.verdict == Match && wide.scope.contains(f) && !narrow.scope.contains(f) {
			l += min(0, wide.gain(c.evidence, f)) / luck
		}
	}
	return l > unlucky
}

// saying is an explanation with the cells that it is about, once they are asked for.
type saying struct {
	explanation
	wrong, right []int32
}

// differs reports whether an explanation says something else than those said
// before, and not only the same of the same cells in other words; then it has said
// it.
func (c *cover) differs(said *[]*saying, x explanation) bool {
	loss := func(e effect) bool { return e <= failing } // in which way is seen in the cells
	read := func(y *saying) {
		if y.wrong == nil {
			y.wrong, y.right = c.covered(y.explanation), c.concerned(y.explanation)
		}
	}
	this := &saying{explanation: x}
	for _, y := range *said {
		if y.effect != x.effect && (!loss(y.effect) || !loss(x.effect)) || y.network != x.network || y.relation != x.relation || y.id != x.id {
			continue
		}
		read(y)
		read(this)
		if slices.Equal(y.wrong, this.wrong) && slices.Equal(y.right, this.right) {
			return false
		}
	}
	*said = append(*said, this)
	return true
}

// concerned returns the right cells that speak against an explanation.
func (c *cover) concerned(x explanation) []int32 {
	var cells []int32
	for i := range c.facts {
		f := &c.facts[i]
		if f.verdict == Match && x.scope.contains(f) && x.gain(c.evidence, f) < 0 {
			cells = append(cells, int32(i))
		}
	}
	return cells
}

// covered returns the wrong cells that an explanation explains.
func (c *cover) covered(x explanation) []int32 {
	var cells []int32
	for i := range c.facts {
		f := &c.facts[i]
		if f.verdict != Match && !c.explained[i] && x.scope.contains(f) && x.gain(c.evidence, f) > 0 {
			cells = append(cells, int32(i))
		}
	}
	return cells
}

// absorb makes part of a finding what is wrong in other ways in the same place:
// one fault may have several symptoms.
func (c *cover) absorb() {
	for i := 0; i < len(c.accounts); i++ {
		a := c.accounts[i]
		later := c.accounts[i+1:]
		kept := slices.DeleteFunc(slices.Clone(later), func(b *account) bool {
			if !c.all(b, func(f *fact) bool { return c.belongs(a, f) }) {
				return false
			}
			a.folded = append(a.folded, b.cells...)
			return true
		})
		c.accounts = append(c.accounts[:i+1], kept...)
		for j := range c.facts {
			if f := &c.facts[j]; f.wrong() && !c.explained[j] && c.belongs(a, f) {
				c.explained[j] = true
				a.folded = append(a.folded, int32(j))
			}
		}
	}
}

// belongs reports whether a wrong cell is where the fault of an account is: in
// its scope, if it has one, or among the backends that it is about.
func (c *cover) belongs(a *account, f *fact) bool {
	if !a.scope.contains(f) || f.unmade() != (a.effect == unmade) {
		return false
	}
	if len(a.scope) > 0 {
		return true
	}
	if a.relation == toOrFromNode {
		return a.touches(c.evidence, f)
	}
	if a.relation != toBackend || f.anonymous || len(f.strangers) > 0 || len(f.names) == 0 {
		return false
	}
	for k := range f.names {
		if f.hits[k] == 0 && !a.hits(c.evidence, f, k) {
			return false
		}
	}
	return true
}

// join makes one finding of those that differ in one coordinate only.
func (c *cover) join() {
	for i := 0; i < len(c.accounts); i++ {
		a := c.accounts[i]
		for j := i + 1; j < len(c.accounts); {
			b := c.accounts[j]
			if !a.like(b) {
				j++
				continue
			}
			a.more = append(a.more, b.explanation)
			a.more = append(a.more, b.more...)
			a.cells = append(a.cells, b.cells...)
			a.folded = append(a.folded, b.folded...)
			c.accounts = slices.Delete(c.accounts, j, j+1)
		}
	}
}

// like reports whether two accounts differ in one coordinate only, and so say
// the same of two values of it. A cell or two that are wrong for a reason of
// their own say nothing of another value.
func (a *account) like(b *account) bool {
	if 2*len(b.cells) < len(a.cells) {
		return false
	}
	g, h := a.hypothesis, b.hypothesis
	if g.effect != h.effect || g.network != h.network || g.relation != h.relation || len(a.scope) != len(b.scope) {
		return false
	}
	differ := 0
	if g.id != h.id {
		differ++
	}
	for k, p := range a.scope {
		q := b.scope[k]
		if p.coordinate != q.coordinate {
			return false
		}
		if p.value != q.value {
			differ++
		}
	}
	if differ == 2 && g.relation == toNode && a.scope.on(byVia) == h.id && b.scope.on(byVia) == g.id {
		return true // from A to B and back
	}
	return differ <= 1
}

const (
	// bothWays is what it costs, as a logarithm, that the network to a node is
	// broken and the network from there too.
	bothWays = 2.5
	// fewNodes is how many nodes are suspected to lose some of the packets.
	fewNodes = 8
)

// hypotheses returns what may be broken, of what the wrong cells show.
func (e *evidence) hypotheses() []*hypothesis {
	var list []*hypothesis
	add := func(h hypothesis) { list = append(list, &h) }
	backends, nodes, partial := e.suspects()
	below := slices.ContainsFunc(e.facts, func(f fact) bool { return f.wrong() && f.layer != layerService })
	rates := []float64{0.005, 0.05, 0.25, 0.6}
	type victim struct {
		relation relation
		id       int32
		cost     float64
	}
	relations := []victim{{toSelf, none, 1.5}, {toLocal, none, 5}, {toRemote, none, 4.5}, {toForwarded, none, 1.5}}
	for _, id := range backends {
		relations = append(relations, victim{toBackend, id, 1.5 + math.Log(float64(1+len(backends)))})
	}
	for _, id := range nodes {
		relations = append(relations, victim{toNode, id, 2.5 + math.Log(float64(1+len(nodes)))})
	}
	for _, network := range []bool{false, true} {
		less := 0.0
		if network && !below {
			continue // the network shows itself without Services, if it is broken
		}
		if network {
			less = 0.5
		}
		for _, all := range []struct {
			effect effect
			cost   float64
		}{{lost, 0.5}, {refused, 0.5}, {failing, 1.5}} {
			add(hypothesis{effect: all.effect, network: network, cost: all.cost + less})
			for _, v := range relations {
				if network && v.relation == toBackend {
					v.cost++ // rather the network to its node
				}
				if network && v.relation == toNode {
					v.cost--
				}
				add(hypothesis{effect: all.effect, network: network, relation: v.relation, id: v.id, cost: all.cost + less + v.cost})
				if network && v.relation == toNode {
					add(hypothesis{effect: all.effect, network: network, relation: toOrFromNode, id: v.id, cost: all.cost + less + v.cost + bothWays})
				}
			}
		}
		if partial {
			for _, rate := range rates {
				add(hypothesis{effect: flaky, network: network, rate: rate, cost: 3 + less})
			}
			for _, id := range backends {
				add(hypothesis{effect: flaky, network: network, relation: toBackend, id: id, rate: 0.1, cost: 4 + less})
			}
			suspects := nodes[:min(len(nodes), fewNodes)]
			if !network {
				suspects = nil // rules know backends, not their nodes
			}
			for _, id := range suspects {
				for _, rate := range rates[2:] {
					add(hypothesis{effect: flaky, network: network, relation: toNode, id: id, rate: rate, cost: 4 + less})
					add(hypothesis{effect: flaky, network: network, relation: toOrFromNode, id: id, rate: rate, cost: 4 + less + bothWays})
				}
			}
		}
	}
	for _, v := range relations {
		cost := 0.5 + v.cost
		if v.relation == toNode {
			cost += 1.5 // rules know backends, not their nodes
		}
		add(hypothesis{effect: absent, relation: v.relation, id: v.id, cost: cost})
		if v.relation == toBackend {
			add(hypothesis{effect: absent, relation: toOthers, id: v.id, cost: 0.7 + v.cost})
		}
	}
	for effect := forwarded; effect <= odd; effect++ {
		h := hypothesis{effect: effect, cost: 1}
		switch effect {
		case stale:
			h.cost = 2
		case staleFlow:
			h.cost = 0.5 // that is what flows are probed for
		case stuck:
			h.cost = 3.5
		case forwarded:
			h.cost = 1.2 // it is better to say who answers
		case records:
			h.cost = 3.5 // rather what lies behind the name
		case odd:
			h.cost = 5
		}
		add(h)
	}
	// Rather one Service than all that are new.
	add(hypothesis{effect: stale, fresh: true, cost: 4})
	if below {
		add(hypothesis{effect: odd, network: true, cost: 6})
	}
	return list
}

// suspects returns the backends that do not answer in wrong cells though they
// should, the nodes that they are on, and whether any cell is wrong by only a
// part of its tries.
func (e *evidence) suspects() (backends, nodes []int32, partial bool) {
	const atMost = 24
	misses := map[int32]int{}
	for i := range e.facts {
		f := &e.facts[i]
		if !f.wrong() {
			continue
		}
		partial = partial || f.failures > 0 && f.failures < f.tries
		for k, id := range f.names {
			if f.anonymous || f.hits[k] == 0 || f.failures > 0 {
				misses[id]++
			}
			// Whoever answers alone may be the one that gets all traffic.
			if f.sole() == k {
				misses[id]++
			}
		}
	}
	for id := range misses {
		backends = append(backends, id)
	}
	slices.SortFunc(backends, func(a, b int32) int {
		return cmp.Or(cmp.Compare(misses[b], misses[a]), cmp.Compare(a, b))
	})
	backends = backends[:min(len(backends), atMost)]
	for _, id := range backends {
		if node := e.backends[id].node; node != none && !slices.Contains(nodes, node) {
			nodes = append(nodes, node)
		}
	}
	return backends, nodes, partial
}
