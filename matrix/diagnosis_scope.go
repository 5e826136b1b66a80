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

// predicate is one value of one coordinate.
type predicate struct {
	coordinate coordinate
	value      int32
}

// scope is where something is broken: all predicates hold. An empty scope is
// everywhere.
type scope []predicate

func (s scope) contains(f *fact) bool {
	for _, p := range s {
		if f.values[p.coordinate] != p.value {
			return false
		}
	}
	return true
}

// within reports whether other is the same but for some predicates less.
func (s scope) within(other scope) bool {
	return len(other) < len(s) && !slices.ContainsFunc(other, func(p predicate) bool { return !slices.Contains(s, p) })
}

// on returns the value that the scope has for a coordinate, or none.
func (s scope) on(c coordinate) int32 {
	for _, p := range s {
		if p.coordinate == c {
			return p.value
		}
	}
	return none
}

// with returns the scope narrowed down, in the order of coordinates.
func (s scope) with(p predicate) scope {
	narrowed := append(slices.Clone(s), p)
	slices.SortFunc(narrowed, func(a, b predicate) int { return cmp.Compare(a.coordinate, b.coordinate) })
	return narrowed
}

func (s scope) key() string {
	var key []byte
	for _, p := range s {
		key = append(key, byte(p.coordinate), byte(p.value), byte(p.value>>8), byte(p.value>>16))
	}
	return string(key)
}

// item is a fact that matters to a hypothesis, and how much.
type item struct {
	fact int32
	gain float64
}

// explanation is a hypothesis and where it is supposed to be true.
type explanation struct {
	*hypothesis
	scope scope
	score float64
}

// beam is how many narrower scopes are tried, by the number of predicates that
// there are already.
var beam = [...]int{8, 5, 3, 2}

// searcher finds the scope in which a hypothesis explains most: it covers cells
// that speak for it and spares those that speak against it.
type searcher struct {
	*evidence
	costs [coordinates]float64
	// telling are the coordinates in which cells differ.
	telling []coordinate
	sums    [coordinates][]sums
	seen    map[string]bool
	found   func(explanation)
	best    float64
}

// sums are those of the gains of cells with a certain value of a coordinate.
type sums struct {
	net, positive float64
	items         int
	proofs        int // cells without a Service that speak for it
	partial       int // those of them of which some tries succeed
}

func (s *sums) add(i item, facts []fact) {
	s.net += i.gain
	s.positive += max(0, i.gain)
	s.items++
	if i.gain > 0 && facts[i.fact].layer != layerService {
		s.proofs++
		if f := &facts[i.fact]; f.failures < f.tries {
			s.partial++
		}
	}
}

// proves reports whether there is what the hypothesis cannot do without: if the
// network is broken, it shows without a Service; and if it loses some of the tries
// only, that shows in the tries of one client to one pod.
func (s sums) proves(h *hypothesis) bool {
	return !h.network || s.partial > 0 || h.effect != flaky && s.proofs > 0
}

// ochiai is high if most of what speaks for the hypothesis is here and little
// that speaks against it (up to a factor that is the same for all).
func (s sums) ochiai() float64 { return s.positive / math.Sqrt(2*s.positive-s.net) }

func newSearcher(e *evidence) *searcher {
	s := &searcher{evidence: e}
	for c := range s.costs {
		n := len(e.values[c].names)
		s.sums[c] = make([]sums, n)
		s.costs[c] = 1 + math.Log(float64(max(n, 1))) + extraCosts[coordinate(c)]
		if s.differ(coordinate(c)) {
			s.telling = append(s.telling, coordinate(c))
		}
	}
	return s
}

// differ reports whether cells differ in a coordinate.
func (s *searcher) differ(c coordinate) bool {
	for i := range s.facts {
		if s.facts[i].values[c] != s.facts[0].values[c] {
			return true
		}
	}
	return false
}

// extraCosts make scopes less likely that are narrower than faults usually are.
var extraCosts = map[coordinate]float64{bySource: 1.5, byDestination: 2, byPhase: 0.5, bySpec: 0.5, byPort: 0.5, byAge: 0.5, byPath: 0.5}

// ofServices are coordinates that the network below the Services knows nothing of.
var ofServices = map[coordinate]bool{byFrontendNode: true, byFrontendKind: true, byService: true, byAge: true, byPort: true, byPath: true, byDestination: true}

// search calls found for every scope that is better than any before.
func (s *searcher) search(h *hypothesis, items []item, found func(explanation)) {
	s.seen = map[string]bool{}
	s.found = found
	total := sums{}
	for _, i := range items {
		total.add(i, s.facts)
	}
	if total.proves(h) {
		s.consider(explanation{h, nil, total.net - h.cost})
	}
	s.narrow(explanation{h, nil, total.net - h.cost}, items, h.cost)
}

func (s *searcher) consider(x explanation) {
	x.score = math.Round(x.score*1e6) / 1e6 // however it was summed up
	if x.score > s.best-closeCall {
		s.found(x)
	}
	s.best = max(s.best, x.score)
}

// narrow tries scopes that have one predicate more than that of x.
func (s *searcher) narrow(x explanation, items []item, cost float64) {
	depth := len(x.scope)
	if depth == len(beam) {
		return
	}
	s.add(items)
	type candidate struct {
		predicate
		ochiai, bound float64
	}
	var candidates []candidate
	for _, c := range s.telling {
		if x.scope.on(c) != none || x.network && ofServices[c] {
			continue
		}
		for v, sum := range s.sums[c] {
			if sum.positive == 0 || sum.items == len(items) || !sum.proves(x.hypothesis) {
				continue
			}
			narrowed := x.scope.with(predicate{c, int32(v)})
			key := narrowed.key()
			if s.seen[key] {
				continue
			}
			s.seen[key] = true
			spent := cost + s.costs[c]
			s.consider(explanation{x.hypothesis, narrowed, sum.net - spent})
			candidates = append(candidates, candidate{predicate{c, int32(v)}, sum.ochiai(), sum.positive - spent})
		}
	}
	candidates = slices.DeleteFunc(candidates, func(c candidate) bool { return c.bound <= s.best-closeCall })
	slices.SortStableFunc(candidates, func(a, b candidate) int { return cmp.Compare(b.ochiai, a.ochiai) })
	for _, next := range candidates[:min(len(candidates), beam[depth])] {
		var inside []item
		for _, i := range items {
			if s.facts[i.fact].values[next.coordinate] == next.value {
				inside = append(inside, i)
			}
		}
		s.narrow(explanation{x.hypothesis, x.scope.with(next.predicate), 0}, inside, cost+s.costs[next.coordinate])
	}
}

// add sums up the gains by the values of each coordinate.
func (s *searcher) add(items []item) {
	for _, c := range s.telling {
		clear(s.sums[c])
		of := s.sums[c]
		for _, i := range items {
			v := s.facts[i.fact].values[c]
			if v == none {
				continue
			}
			of[v].add(i, s.facts)
		}
	}
}
