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
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// world is a tiny simulation of a cluster's Service data plane: who answers a
// probe if this or that is broken. The tables that it makes look like real ones.
type world struct {
	nodes     int
	backends  []int // the node of each: b1 is on backends[0]
	hosts     bool  // host-network clients
	outside   bool  // an off-cluster client
	hairpins  bool  // the backends are clients too
	nodePorts bool
	balancers bool // a load balancer address
	protocols []string
	families  []string
	sources   bool // columns that ask for the source address
	names     bool // columns that dial a DNS name
	sizes     bool // columns that ask for a large answer
	health    bool // columns of a health check node port
	affinity  bool // the Service pins clients
	local     bool // the Service's policy is Local
	vacant    bool // the Service has no endpoints
	known     bool // a column reaches the bystander directly
	streams   bool // columns whose tries are of one flow
	// successor is the number of the backend that b9 has replaced, from 1 on.
	successor int
	// alive tells that who was replaced still answers.
	alive bool

	random *rand.Rand
	fault  fault
	pins   map[string]string
	flows  map[string]string // the backends that flows go to
}

// packet is one try on its way.
type packet struct {
	*world
	row    Row
	column Column
	// via is the node whose Service proxy sees it, or the source's own; -1 for
	// none.
	via int
	// backend is who it is sent to, once that is known.
	backend string
}

// fault changes what becomes of packets. A hook that is nil changes nothing.
type fault struct {
	// proxy sees a packet to a Service before it is translated, and may end it.
	proxy func(p *packet) Outcome
	// endpoints changes the endpoints that the proxy chooses from.
	endpoints func(p *packet, endpoints []string) []string
	// forward sees a packet to a Service after it was translated.
	forward func(p *packet) Outcome
	// network sees every packet on its way to a pod.
	network func(p *packet) Outcome
	// forgets tells that the first packet of a connection is lost on the node that
	// translates it: connection tracking forgets about that, and the next one of
	// the same try is sent to any backend again.
	forgets bool
	// source changes what the backend sees of the source address.
	source func(p *packet, seen string) string
	// answer changes the answer.
	answer func(p *packet, answer string) string
	// flow tells whether a flow goes on to a backend that is no endpoint any more.
	flow func(p *packet) bool
	// probe ends a try before it is made.
	probe func(p *packet) bool
}

const (
	bystander = "bystander"
	lateComer = "b9"
	fine      = Outcome("")
)

func nodeName(n int) string { return fmt.Sprintf("node-%d", n+1) }

func nodeIndex(name string) int {
	return numbered(name, "node-")
}

// numbered returns the number that follows the stem, from 0 on, or -1.
func numbered(name, stem string) int {
	rest, ok := strings.CutPrefix(name, stem)
	n, err := strconv.Atoi(rest)
	if !ok || err != nil {
		return -1
	}
	return n - 1
}

var backendNames = backends(9)

// all returns the names of the Service's backends.
func (w *world) all() []string {
	names := slices.Clone(backendNames[:len(w.backends)])
	if w.successor > 0 {
		names[w.successor-1] = lateComer
	}
	return names
}

// nodeOf returns the node of a backend.
func (w *world) nodeOf(name string) int {
	if name == bystander {
		return w.nodes - 1
	}
	if name == lateComer {
		return w.backends[w.successor-1]
	}
	return w.backends[max(0, numbered(name, "b"))] // a stranger is anywhere
}

func (w *world) on(node int) []string {
	var names []string
	for _, name := range w.all() {
		if w.nodeOf(name) == node {
			names = append(names, name)
		}
	}
	return names
}

func (w *world) rows() []Row {
	var rows []Row
	for n := range w.nodes {
		rows = append(rows, Row{Name: "pod@" + nodeName(n), Kind: SourcePod, Node: nodeName(n)})
	}
	for n := range w.nodes {
		if w.hosts {
			rows = append(rows, Row{Name: "host@" + nodeName(n), Kind: SourceHost, Node: nodeName(n)})
		}
	}
	if w.outside {
		rows = append(rows, Row{Name: "external", Kind: SourceExternal})
	}
	for _, name := range w.all() {
		if w.hairpins {
			node := nodeName(w.nodeOf(name))
			rows = append(rows, Row{Name: name + "@" + node, Kind: SourceBackend, Node: node, Backend: name})
		}
	}
	return rows
}

func (w *world) columns() []Column {
	var columns []Column
	for _, family := range w.families {
		for _, protocol := range w.protocols {
			columns = append(columns, w.columnsOver(family, protocol)...)
		}
	}
	return columns
}

func (w *world) columnsOver(family, protocol string) []Column {
	address := func(last int) string {
		if family == "IPv6" {
			return fmt.Sprintf("fd00::%d", last)
		}
		return fmt.Sprintf("10.96.0.%d", last)
	}
	suffix := "/" + protocol
	if len(w.families) > 1 {
		suffix += "/" + family
	}
	var columns []Column
	add := func(c Column) {
		c.Protocol, c.Family = protocol, family
		columns = append(columns, c)
	}
	service := func(name string, role Role, ip, port int) {
		vip := Column{Name: name + " VIP:80" + suffix, Kind: FrontendClusterIP, Role: role, Service: name, Address: address(ip), Port: 80}
		add(vip)
		if w.sources && role == RoleSubject {
			vip.Name, vip.Request = "src "+vip.Name, "clientip"
			add(vip)
		}
		if w.streams && role == RoleSubject && protocol == "UDP" {
			flow := vip
			flow.Name, flow.Request = "flow1 "+flow.Name, "sourceport:12345"
			add(flow)
		}
		if w.sizes && role == RoleSubject {
			vip.Name, vip.Request = "large "+vip.Name, "size=8000"
			add(vip)
		}
		for n := range w.nodes {
			if w.nodePorts {
				add(Column{Name: name + " NP" + suffix + "@" + nodeName(n), Kind: FrontendNodePort, Role: role, Service: name, Node: nodeName(n), Address: address(200 + n), Port: port})
			}
		}
		if w.balancers && role != RoleEmptySibling {
			add(Column{Name: name + " LB:80" + suffix, Kind: FrontendLoadBalancer, Role: role, Service: name, Address: address(ip + 100), Port: 80})
		}
	}
	service("web", RoleSubject, 7, 30080)
	if w.names {
		add(Column{Name: "web.ns.svc" + suffix, Kind: FrontendDNS, Role: RoleSubject, Service: "web", Address: "web.ns.svc", Port: 80})
	}
	for n := range w.nodes {
		if w.health {
			add(Column{Name: "web HC" + suffix + "@" + nodeName(n), Kind: FrontendHealthCheck, Role: RoleSubject, Service: "web", Node: nodeName(n), Address: address(200 + n), Port: 31000})
		}
	}
	for i, name := range w.all() {
		direct := Column{Name: name + " direct" + suffix, Kind: FrontendPod, Role: RoleDirect, Node: nodeName(w.nodeOf(name)), Backend: name, Address: address(50 + i), Port: 8080}
		add(direct)
		if w.sizes {
			direct.Name, direct.Request = "large "+direct.Name, "size=8000"
			add(direct)
		}
	}
	if w.known {
		add(Column{Name: bystander + " direct" + suffix, Kind: FrontendPod, Role: RoleDirect, Node: nodeName(w.nodes - 1), Backend: bystander, Address: address(97), Port: 8080})
	}
	add(Column{Name: "closed port" + suffix, Kind: FrontendOther, Role: RoleSelfTest, Address: address(99), Port: 9})
	add(Column{Name: "black hole" + suffix, Kind: FrontendOther, Role: RoleSelfTest, Address: address(98), Port: 8080})
	service(bystander, RoleBystander, 8, 30081)
	service("empty", RoleEmptySibling, 9, 30082)
	return columns
}

// expected returns what should be seen in a cell.
func (w *world) expected(row Row, column Column) Expectation {
	if row.Kind == SourceExternal {
		switch column.Kind {
		case FrontendNodePort, FrontendLoadBalancer, FrontendHealthCheck:
		default:
			return NotProbed()
		}
	}
	switch column.Role {
	case RoleDirect:
		if column.Request != "" {
			return ConnectAny()
		}
		return Connect(column.Backend)
	case RoleSelfTest:
		if strings.HasPrefix(column.Name, "closed") {
			return Refuse()
		}
		return TimeOut()
	case RoleBystander:
		return Connect(bystander)
	case RoleEmptySibling:
		return Refuse()
	}
	names := w.all()
	if w.local {
		node := nodeIndex(row.Node)
		if column.Kind == FrontendNodePort || column.Kind == FrontendHealthCheck {
			node = nodeIndex(column.Node)
		}
		names = w.on(node)
		if column.Kind == FrontendHealthCheck {
			if len(names) == 0 {
				return Connect("503").Exactly()
			}
			return Connect("200").Exactly()
		}
		if len(names) == 0 {
			return TimeOut()
		}
	}
	if column.Kind == FrontendHealthCheck {
		return Connect("200").Exactly()
	}
	if w.vacant {
		return Refuse()
	}
	switch {
	case column.Request == "clientip" && row.Backend != "" && len(names) == 1 && names[0] == row.Backend:
		return Connect("rewritten")
	case column.Request == "clientip":
		if row.Backend != "" {
			return Implementation()
		}
		return Connect("kept")
	case column.Flow():
		return ConnectSome(names...)
	case column.Request != "":
		return ConnectAny()
	case w.affinity:
		return Pinned(names...)
	}
	return Connect(names...)
}

func (w *world) table(t testing.TB) *Table {
	t.Helper()
	return build(t, NewBuilder(w.rows(), w.columns()).ExpectEach(AllRows(), AllColumns(), w.expected))
}

// report probes the table as the suite does.
func (w *world) report(t testing.TB, phase string) *Report {
	t.Helper()
	return w.probe(t, w.table(t), phase)
}

func (w *world) probe(t testing.TB, table *Table, phase string) *Report {
	t.Helper()
	const verdictTries = 5
	grid := table.NewGrid()
	w.pins = map[string]string{}
	if w.flows == nil {
		w.flows = map[string]string{}
	}
	for r := range grid {
		for c := range grid[r] {
			seen := &grid[r][c]
			*seen = Observation{Answers: map[string]int{}, Outcomes: map[Outcome]int{}}
			p := &packet{world: w, row: table.Row(r), column: table.Column(c)}
			for !table.Decided(r, c, *seen) {
				p.try(seen)
			}
			for seen.Tries() < verdictTries && table.Probed(r, c) && table.Judge(r, c, *seen).Wrong() {
				p.try(seen)
			}
		}
	}
	report := compare(t, table, grid).Report(Meta{Title: "web", Spec: "should work", Phase: phase})
	for _, at := range report.Wrong() {
		cell := &report.Cells[at.Row][at.Column]
		cell.FollowUp = Observation{Answers: map[string]int{}, Outcomes: map[Outcome]int{}}
		p := &packet{world: w, row: table.Row(at.Row), column: table.Column(at.Column)}
		for range table.FollowUp(at.Row, at.Column, cell.Observed) {
			p.try(&cell.FollowUp)
		}
	}
	return report
}

// try makes one try and adds to what was seen.
func (p *packet) try(seen *Observation) {
	p.via = nodeIndex(p.row.Node)
	if p.column.Kind == FrontendNodePort || p.column.Kind == FrontendHealthCheck {
		p.via = nodeIndex(p.column.Node)
	}
	if p.fault.probe != nil && p.fault.probe(p) {
		seen.Outcomes[Error]++
		return
	}
	answer, outcome := p.send()
	if outcome != fine {
		seen.Outcomes[outcome]++
		return
	}
	if p.fault.answer != nil {
		answer = p.fault.answer(p, answer)
	}
	seen.Answers[answer]++
}

// send returns who answers, or how the try fails.
func (p *packet) send() (string, Outcome) {
	switch p.column.Role {
	case RoleDirect:
		p.backend = p.column.Backend
		return p.deliver()
	case RoleSelfTest:
		if p.column.Port != 9 {
			return "", TimedOut
		}
		p.backend = "pod of node-1"
		if _, outcome := p.deliver(); outcome != fine {
			return "", outcome
		}
		return "", Refused
	}
	if p.fault.proxy != nil {
		if outcome := p.fault.proxy(p); outcome != fine {
			return "", outcome
		}
	}
	var endpoints []string
	switch p.column.Service {
	case "web":
		endpoints = p.all()
		if p.vacant {
			endpoints = nil
		}
		if p.local {
			endpoints = p.on(p.via)
		}
	case bystander:
		endpoints = []string{bystander}
	}
	if p.fault.endpoints != nil {
		endpoints = p.fault.endpoints(p, endpoints)
	}
	if p.column.Kind == FrontendHealthCheck {
		if len(endpoints) == 0 {
			return "503", fine
		}
		return "200", fine
	}
	if len(endpoints) == 0 {
		if p.local && p.column.Service == "web" {
			return "", TimedOut
		}
		return "", Refused
	}
	answer, outcome := p.sendTo(endpoints)
	for range connectAttempts - 1 {
		if outcome == TimedOut && p.fault.forgets && p.column.Protocol == "TCP" {
			answer, outcome = p.sendTo(endpoints)
		}
	}
	return answer, outcome
}

// sendTo sends the packet to one of the endpoints.
func (p *packet) sendTo(endpoints []string) (string, Outcome) {
	p.backend = endpoints[p.random.IntN(len(endpoints))]
	if p.affinity && p.column.Service == "web" {
		key := p.row.Name + p.column.Name
		if p.pins[key] == "" {
			p.pins[key] = p.backend
		}
		p.backend = p.pins[key]
	}
	if p.column.Flow() {
		key := p.row.Name + p.column.Name
		last := p.flows[key]
		isEndpoint := slices.Contains(endpoints, last)
		if isEndpoint || last != "" && p.fault.flow != nil && p.fault.flow(p) {
			p.backend = last
		}
		p.flows[key] = p.backend
		if p.backend == last && !isEndpoint && !p.alive {
			return "", TimedOut
		}
	}
	if p.fault.forward != nil {
		if outcome := p.fault.forward(p); outcome != fine {
			return "", outcome
		}
	}
	return p.deliver()
}

// deliver brings the packet to its backend.
func (p *packet) deliver() (string, Outcome) {
	if p.fault.network != nil {
		if outcome := p.fault.network(p); outcome != fine {
			return "", outcome
		}
	}
	switch p.column.Request {
	case "clientip":
		seen := "kept"
		if p.backend == p.row.Backend {
			seen = "rewritten"
		}
		if p.fault.source != nil {
			seen = p.fault.source(p, seen)
		}
		return seen, fine
	case "size=8000":
		return "8000 bytes", fine
	}
	return p.backend, fine
}

// without returns the names but one.
func butNot(names []string, name string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == name })
}
