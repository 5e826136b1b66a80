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
	"fmt"
	"slices"
	"strings"
)

// Text renders the diagnosis, a line for each finding and each alternative; it is
// empty if nothing is wrong.
func (d *Diagnosis) Text() string {
	var text strings.Builder
	for _, f := range d.Findings {
		fmt.Fprintf(&text, "%d. %s (confidence %.2f)\n", f.Rank, f.Text, f.Confidence)
		for _, a := range f.Alternatives {
			fmt.Fprintf(&text, "   or %s (%s would decide)\n", a.Text, a.DecidedBy)
		}
	}
	if d.Unexplained > 0 {
		fmt.Fprintf(&text, "%d wrong cells are not explained\n", d.Unexplained)
	}
	return text.String()
}

// story tells a finding in one sentence: what is seen, what it is held against,
// which control is fine, and what follows.
type story struct {
	*cover
	a       *account
	at      *Coordinates
	culprit Culprit
	fault   Fault
	tally
}

func (s *story) tell() string {
	parts := []string{s.symptom()}
	if contrast := s.contrast(); contrast != "" {
		parts = append(parts, contrast)
	}
	if control := s.control(); control != "" {
		parts = append(parts, control)
	}
	return strings.Join(parts, "; ") + ": " + s.blame()
}

// and joins a list in words.
func and(list []string) string {
	const few = 4
	if len(list) > few {
		list = append(slices.Clone(list[:few-1]), fmt.Sprintf("%d more", len(list)-few+1))
	}
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:len(list)-1], ", ") + " and " + list[len(list)-1]
}

// after returns the words followed by a list, or nothing if that is empty.
func after(words string, list []string) string {
	if len(list) == 0 {
		return ""
	}
	return words + and(list)
}

// the names of kinds in sentences.
var (
	clientNames = map[string]string{
		string(SourcePod): "pods", string(SourceHost): "host-network clients",
		string(SourceExternal): "the off-cluster client", string(SourceBackend): "backends",
	}
	frontendNames = map[string]string{
		string(FrontendClusterIP): "ClusterIPs", string(FrontendNodePort): "node ports", string(FrontendLoopback): "node ports on loopback",
		string(FrontendLoadBalancer): "load balancer addresses", string(FrontendExternalIP): "external IPs",
		string(FrontendHealthCheck): "health check node ports", string(FrontendDNS): "DNS names",
		string(FrontendPod): "pod IPs", string(FrontendOther): "other addresses",
	}
)

// clients names the sources of some kinds.
func clients(kinds []string) string {
	if slices.Equal(kinds, []string{string(SourceBackend), string(SourcePod)}) {
		kinds = kinds[1:] // backends are pods
	}
	var names []string
	for _, kind := range kinds {
		names = append(names, clientNames[kind])
	}
	if len(names) == 0 {
		return "clients"
	}
	return and(names)
}

func frontends(kinds []string) string {
	var names []string
	for _, kind := range kinds {
		names = append(names, frontendNames[kind])
	}
	return and(names)
}

// who names the sources.
func (s *story) who() string {
	if len(s.at.Source) > 0 {
		return and(s.at.Source)
	}
	return clients(s.at.SourceKind) + after(" on ", s.at.SourceNode)
}

// what names the destinations.
func (s *story) what() string {
	text := ""
	switch {
	case len(s.at.Destination) > 0:
		return and(s.at.Destination)
	case len(s.at.FrontendKind) > 0:
		text = frontends(s.at.FrontendKind)
		if len(s.at.FrontendNode) > 0 {
			text += " of " + and(s.at.FrontendNode)
		}
		text += after(" of Service ", s.at.Service)
	case len(s.at.Service) > 0:
		text = after("Service ", s.at.Service)
	case s.a.network:
		text = "pods" + after(" on ", s.at.BackendNode) + after(" from and to ", s.at.Node)
	default:
		text = "Services"
	}
	if s.at.SourceNode == nil && s.at.FrontendNode == nil && !s.a.network {
		text += after(" through ", s.at.ProxyNode)
	}
	return text + after(" on port ", s.at.Port) + s.over()
}

// over names how the destinations are reached.
func (s *story) over() string {
	text := after(" over ", slices.Concat(s.at.Protocol, s.at.Family))
	if len(s.at.Size) > 0 {
		text += " with messages of " + and(s.at.Size) + " bytes"
	}
	if s.a.scope.on(byFlow) != none {
		text += " by flows that began before"
	}
	switch {
	case s.a.scope.on(byPath) == none:
	case slices.Contains(s.at.Path, pathSame):
		text += " from the node itself"
	default:
		text += " from elsewhere"
	}
	return text
}

// victims names the backends that are hit.
func (s *story) victims() string {
	text := and(s.at.Backend)
	if len(s.at.BackendNode) > 0 {
		text += " (on " + and(s.at.BackendNode) + ")"
	}
	return text
}

// good returns how many of the cells in scope are right, bad how many are wrong.
func (s *story) good() string { return fmt.Sprintf("(%d of %d)", s.right, s.right+s.wrong) }

// bad returns how many of the cells in scope are wrong.
func (s *story) bad() string {
	return fmt.Sprintf("(%d of %d)", s.wrong, s.right+s.wrong)
}

// symptom tells what is seen.
func (s *story) symptom() string {
	who, what := s.who(), s.what()
	n := s.count()
	switch s.fault {
	case FaultUnreachable:
		switch s.a.relation {
		case toNode:
			if len(s.at.SourceNode) > 1 && slices.Equal(s.at.SourceNode, s.at.BackendNode) {
				return fmt.Sprintf("%s cannot reach each other%s %s", who, s.over(), s.good())
			}
			return fmt.Sprintf("%s cannot reach pods on %s%s %s", who, and(s.at.BackendNode), s.over(), s.good())
		case toOrFromNode:
			return fmt.Sprintf("%s on %s and those on other nodes cannot reach each other%s %s", clients(s.at.SourceKind), and(s.at.Node), s.over(), s.good())
		case toLocal:
			return fmt.Sprintf("%s cannot reach %s if the backend is on the same node %s", who, what, s.good())
		case toRemote:
			return fmt.Sprintf("%s cannot reach %s if the backend is on another node %s", who, what, s.good())
		}
		return fmt.Sprintf("%s cannot reach %s %s", who, what, s.good())
	case FaultRefused:
		if s.a.relation == toBackend {
			return fmt.Sprintf("%s refuses whoever asks %s", s.victims(), s.bad())
		}
		return fmt.Sprintf("%s are refused by %s %s", who, what, s.bad())
	case FaultMTU:
		return fmt.Sprintf("%s cannot reach %s %s", who, what, s.good())
	case FaultIntermittent:
		return fmt.Sprintf("tries of %s to %s fail now and then (%d of %d%s), %s", who, what, n.failures, n.tries, percent(n.failures, n.tries), n.rates())
	case FaultDeadBackend:
		if s.a.network {
			return fmt.Sprintf("%s answers nobody%s %s", s.victims(), s.over(), s.good())
		}
		return fmt.Sprintf("%s never answers %s that use %s, and %d of %d tries fail%s", s.victims(), who, what, n.failures, n.tries, n.fair())
	case FaultWrongPort:
		return fmt.Sprintf("%s never answers %s that use %s, and %d of %d tries are refused%s", s.victims(), who, what, n.failures, n.tries, n.fair())
	case FaultMissingBackend:
		return fmt.Sprintf("%s gets no traffic of %s that use %s (0 of %d tries), and no try fails", s.missing(), who, what, n.tries)
	case FaultUnbalanced:
		return fmt.Sprintf("only %s answers %s that use %s (%d of %d tries)", s.victims(), who, what, n.tries-n.failures, n.tries)
	case FaultLocalOnly:
		return fmt.Sprintf("%s get answers of %s only from backends on the node that they come to %s", who, what, s.bad())
	case FaultForeignBackend:
		return fmt.Sprintf("%s get answers of %s from %s, which is no backend of it %s", who, what, and(s.strangersOf(s.a, foreign)), s.bad())
	case FaultUnreadyBackend:
		return fmt.Sprintf("%s get answers of %s from %s, which is no ready endpoint of it %s", who, what, and(s.strangersOf(s.a, unready)), s.bad())
	case FaultLocalPolicyIgnored:
		return fmt.Sprintf("%s get answers of %s from backends on other nodes, though the policy is Local %s", who, what, s.bad())
	case FaultHairpin:
		return fmt.Sprintf("backends cannot reach themselves through %s %s", what, s.good())
	case FaultMasqueradeMissing:
		return fmt.Sprintf("%s cannot reach %s if the backend is on another node than the one that they come to %s", who, what, s.good())
	case FaultAffinityIgnored:
		return fmt.Sprintf("%s that use %s are not kept with one backend %s", who, what, s.bad())
	case FaultAffinityStuck:
		return fmt.Sprintf("each of %s that use %s is answered by one backend only %s", who, what, s.bad())
	case FaultSourceRewritten:
		return fmt.Sprintf("backends do not see the source address of %s that use %s %s", who, what, s.bad())
	case FaultSourceKept:
		return fmt.Sprintf("backends see the source address of %s that use %s, where it has to be rewritten %s", who, what, s.bad())
	case FaultDroppedInsteadOfRejected:
		return fmt.Sprintf("%s that use %s without endpoints run into time-outs instead of being refused %s", who, what, s.bad())
	case FaultRejectedInsteadOfDropped:
		return fmt.Sprintf("%s that use %s are refused where their packets should be dropped %s", who, what, s.bad())
	case FaultForwardedInsteadOfRefused:
		from := slices.Concat(s.strangersOf(s.a, foreign), s.strangersOf(s.a, unready), s.strangersOf(s.a, remote))
		return fmt.Sprintf("%s get answers of %s%s, where nothing may answer %s", who, what, after(" from ", from), s.bad())
	case FaultStaleRules:
		was := "it was"
		if s.culprit == CulpritDNS {
			was = "they were"
		}
		return fmt.Sprintf("%s find %s as %s before phase %q %s", who, what, was, s.reports[s.facts[s.a.cells[0]].report].Meta.Phase, s.bad())
	case FaultStaleFlow:
		return fmt.Sprintf("flows of %s to %s that began before phase %q go as they went then %s", who, what, s.reports[s.facts[s.a.cells[0]].report].Meta.Phase, s.bad())
	case FaultWrongRecords:
		return fmt.Sprintf("%s get wrong answers for DNS names %s", who, s.bad())
	case FaultHealthCheckWrong:
		return fmt.Sprintf("%s say the wrong thing %s", what, s.bad())
	case FaultProbeError:
		return fmt.Sprintf("probes of %s could not be made %s", who, s.bad())
	}
	return fmt.Sprintf("%s that use %s see something else than they should %s", who, what, s.bad())
}

// missing names the backends that get no traffic.
func (s *story) missing() string {
	if len(s.at.Backend) > 0 {
		return s.victims()
	}
	return "every backend" + after(" on ", s.at.BackendNode)
}

// counts are those of the tries in scope.
type counts struct {
	tries, failures int
	names           []string
	answers         map[string]int
	targets         int // backends that a try may be sent to, if that is always the same number
}

func (s *story) count() counts {
	n := counts{answers: map[string]int{}}
	for i := range s.facts {
		f := &s.facts[i]
		if f.unmade() || !f.expected.Positive() || !s.a.contains(f) || s.a.gain(s.evidence, f) == 0 && !slices.Contains(s.a.cells, int32(i)) {
			continue
		}
		n.tries += f.tries
		n.failures += f.failures
		for k, id := range f.names {
			if !f.anonymous {
				name := s.backends[id].name
				n.names = put(n.names, name)
				n.answers[name] += f.hits[k]
			}
		}
		if n.targets == 0 {
			n.targets = len(f.names)
		}
		if n.targets != len(f.names) {
			n.targets = -1
		}
	}
	return n
}

// fair tells how many of the tries should be sent to one backend.
func (n counts) fair() string {
	if n.targets < 2 {
		return ""
	}
	return fmt.Sprintf(" (1 of %d is its share)", n.targets)
}

// rates tells who answered how often.
func (n counts) rates() string {
	if len(n.names) < 2 {
		return "whatever the destination"
	}
	var list []string
	for _, name := range n.names {
		list = append(list, fmt.Sprintf("%s %d", name, n.answers[name]))
	}
	return "whichever backend it is (answers: " + and(list) + ")"
}

func percent(part, whole int) string {
	if whole == 0 {
		return ""
	}
	share := 100 * float64(part) / float64(whole)
	if share < 1 {
		return fmt.Sprintf(", %.2g %%", share)
	}
	return fmt.Sprintf(", %.0f %%", share)
}

// contrast tells which cells are right that differ from the wrong ones in one
// coordinate.
func (s *story) contrast() string {
	var fine, mixed []string
	right, all := 0, 0
	for _, p := range s.a.scope {
		r, n, kinds := s.flipped(p)
		if n == 0 {
			continue
		}
		label := s.other(p.coordinate, kinds)
		if r == n {
			if !slices.Contains(fine, label) {
				fine = append(fine, label)
			}
			right, all = right+r, all+n
			continue
		}
		if r > 0 {
			mixed = append(mixed, fmt.Sprintf("of %s, %d of %d are fine", label, r, n))
		}
	}
	if r, n := s.between(); n > 0 {
		mixed = append(mixed, fmt.Sprintf("between other nodes %d of %d are fine", r, n))
	}
	if len(fine) > 0 {
		mixed = append([]string{fmt.Sprintf("%s are fine (%d of %d)", and(fine), right, all)}, mixed...)
	}
	return strings.Join(mixed, ", ")
}

// between counts the cells of the pod network between nodes other than the one from
// and to which it is broken.
func (s *story) between() (right, all int) {
	for i := range s.facts {
		f := &s.facts[i]
		if s.a.relation != toOrFromNode || f.layer != layerDirect || f.unmade() || len(f.names) == 0 ||
			slices.ContainsFunc(s.a.explanations(), func(x explanation) bool { return x.touches(s.evidence, f) }) {
			continue
		}
		all++
		if !f.wrong() {
			right++
		}
	}
	return right, all
}

// flipped counts the cells that differ from the scope in one coordinate only.
func (s *story) flipped(p predicate) (right, all int, kinds []string) {
	values := []int32{p.value}
	for _, x := range s.a.more {
		values = append(values, x.scope.on(p.coordinate))
	}
	by := bySourceKind
	switch p.coordinate {
	case byFrontendKind, byProtocol, byFamily:
		by = p.coordinate
	}
	for i := range s.facts {
		f := &s.facts[i]
		if slices.Contains(values, f.values[p.coordinate]) {
			continue
		}
		inside := true
		for _, q := range s.a.scope {
			inside = inside && (q.coordinate == p.coordinate || f.values[q.coordinate] == q.value)
		}
		if !inside {
			continue
		}
		switch {
		case f.verdict == Match && s.a.gain(s.evidence, f) < 0:
			right++
		case f.wrong() && !slices.Contains(s.a.cells, int32(i)):
		default:
			continue
		}
		all++
		kinds = put(kinds, s.values[by].name(f.values[by]))
	}
	return right, all, kinds
}

// other names what is not at a value of a coordinate.
func (s *story) other(by coordinate, kinds []string) string {
	switch by {
	case byVia, bySourceNode:
		return "other nodes"
	case byFrontendNode:
		return "the node ports of other nodes"
	case bySourceNet, bySourceKind:
		return clients(kinds) + after(" on ", s.at.SourceNode)
	case byFrontendKind:
		return frontends(kinds)
	case byService:
		return "other Services"
	case byAge:
		return "Services that were there before"
	case byProtocol, byFamily:
		return "the same over " + and(kinds)
	case byPath:
		return "other paths"
	case bySize:
		return "small messages"
	case byFlow:
		return "new flows"
	case byPort:
		return "other ports"
	case byPhase:
		return "other phases"
	case bySpec:
		return "other specs"
	case bySource:
		return "other clients"
	}
	return "other destinations"
}

// control tells what the pod network does without any Service.
func (s *story) control() string {
	if s.culprit != CulpritServiceProxy && s.culprit != CulpritLoadBalancer {
		return ""
	}
	nodes := s.at.ProxyNode
	right, all := 0, 0
	for i := range s.facts {
		f := &s.facts[i]
		if f.layer != layerDirect || f.unmade() || len(nodes) > 0 && !slices.Contains(nodes, s.values[byVia].name(f.values[byVia])) {
			continue
		}
		all++
		if !f.wrong() {
			right++
		}
	}
	if all == 0 {
		return ""
	}
	from := after(" from ", nodes)
	if right == all {
		return fmt.Sprintf("pod network%s is fine (%d of %d)", from, right, all)
	}
	return fmt.Sprintf("pod network%s: %d of %d", from, right, all)
}

// blame tells what follows.
func (s *story) blame() string {
	on := after(" on ", s.at.ProxyNode)
	if on == "" {
		on = " on every node"
	}
	rules := "Service rules" + after(" of ", s.at.Service)
	if len(s.at.FrontendKind) > 0 {
		rules += " for " + frontends(s.at.FrontendKind)
	}
	rules += after(" over ", slices.Concat(s.at.Protocol, s.at.Family))
	switch s.culprit {
	case CulpritProbe:
		return "the way to " + s.who() + " is broken (API server, kubelet or the client's own pod), nothing is known about the network"
	case CulpritDNS:
		return "cluster DNS, or the way to it, is broken" + after(" on ", s.at.SourceNode)
	case CulpritHealthCheck:
		return "the health check node port is wrong" + on
	case CulpritBackend:
		return s.victims() + " itself does not work"
	case CulpritLoadBalancer:
		return "the address is not announced, or its traffic does not get to a node"
	case CulpritPodNetwork:
		if len(s.at.Size) > 0 {
			return "the path MTU is smaller than what is sent" + after(" to ", s.at.BackendNode)
		}
		if len(s.at.Node) > 0 && s.fault == FaultIntermittent {
			return "the pod network loses what goes from and to " + and(s.at.Node)
		}
		if len(s.at.Node) > 0 {
			return "the pod network is broken between " + and(s.at.Node) + " and other nodes"
		}
		if len(s.at.BackendNode) > 0 && len(s.at.SourceNode) > 0 {
			if slices.Equal(s.at.SourceNode, s.at.BackendNode) {
				return "the pod network is broken between " + and(s.at.SourceNode)
			}
			return "the pod network is broken from " + and(s.at.SourceNode) + " to " + and(s.at.BackendNode)
		}
		return "the pod network is broken" + after(" from ", s.at.SourceNode) + after(" to ", s.at.BackendNode)
	}
	switch s.fault {
	case FaultDeadBackend:
		return rules + on + " still send to an address of " + and(s.at.Backend) + " at which nothing answers"
	case FaultWrongPort:
		return rules + on + " send to a wrong port of " + and(s.at.Backend)
	case FaultMissingBackend:
		return rules + on + " leave out " + s.missing()
	case FaultUnbalanced:
		return rules + on + " do not balance"
	case FaultAffinityStuck, FaultAffinityIgnored:
		return rules + on + " do not follow sessionAffinity"
	case FaultLocalOnly:
		return "traffic is not forwarded from node to node" + on
	case FaultHairpin:
		return "the source address of hairpin traffic is not rewritten" + on
	case FaultMasqueradeMissing:
		return "traffic that is forwarded to another node keeps its source address" + on + ", and the answers do not come back that way"
	case FaultSourceRewritten:
		return "the source address is rewritten" + on
	case FaultSourceKept:
		return "the source address is not rewritten" + on
	case FaultForeignBackend, FaultUnreadyBackend, FaultForwardedInsteadOfRefused:
		return rules + on + " name an endpoint that is none"
	case FaultDroppedInsteadOfRejected:
		return "traffic to Services without endpoints is dropped" + on
	case FaultRejectedInsteadOfDropped:
		return "traffic that no local endpoint can take is rejected" + on
	case FaultLocalPolicyIgnored:
		return rules + on + " do not follow the traffic policy"
	case FaultStaleRules:
		return "the Service proxy" + on + " has not followed the change"
	case FaultStaleFlow:
		return "connection tracking" + on + " has kept flows that the Service proxy should have made it forget"
	case FaultIntermittent:
		if slices.Equal(s.at.Outcome, []string{string(Unreachable)}) {
			return rules + on + " send some of the tries to an address at which nothing answers"
		}
		return "packets get lost" + on + " on the way through the Service proxy"
	}
	return rules + " are missing or stale" + on
}
