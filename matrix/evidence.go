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
	"strconv"
	"strings"
)

// coordinate is something that cells may have in common. The earlier ones are
// preferred where two describe the same cells.
type coordinate int

const (
	// byVia is the node that forwards: the one whose Service proxy translates
	// the address or, if there is nothing to translate, the source's own.
	byVia coordinate = iota
	bySourceNode
	// bySourceNet is whether the packets come from a pod's network namespace
	// (clients in pods and backends), from a node's, or from outside.
	bySourceNet
	bySourceKind
	byFrontendNode
	byFrontendKind
	byService
	// byAge tells the Services of the specs from the controls, which are there
	// since before the first spec.
	byAge
	byProtocol
	byFamily
	byPath
	bySize
	// byFlow tells the columns whose tries are one flow from those whose tries
	// each begin a new one.
	byFlow
	byPort
	byPhase
	bySpec
	bySource
	byDestination
	coordinates
)

// The values of some coordinates that are not taken from rows and columns.
const (
	netPods    = "pods"
	netNodes   = "nodes"
	netOutside = "outside"

	ageNew = "spec"
	ageOld = "before"

	pathSame    = "sameNode"
	pathCross   = "crossNode"
	pathHairpin = "hairpin"

	flowLasting = "lasting"
)

// none is the value of a coordinate that a cell does not have.
const none int32 = -1

// dictionary numbers values in the order in which they come.
type dictionary struct {
	names []string
	ids   map[string]int32
}

func (d *dictionary) id(name string) int32 {
	if name == "" {
		return none
	}
	id, ok := d.ids[name]
	if !ok {
		if d.ids == nil {
			d.ids = map[string]int32{}
		}
		id = int32(len(d.names))
		d.ids[name] = id
		d.names = append(d.names, name)
	}
	return id
}

// name returns the name of a value.
func (d *dictionary) name(id int32) string {
	if id == none {
		return ""
	}
	return d.names[id]
}

// layer says what a cell depends on.
type layer int

const (
	// layerService needs the Service proxy (and the network below it).
	layerService layer = iota
	// layerDirect needs the network only.
	layerDirect
	// layerSelf is a self-test of the source.
	layerSelf
)

// backend is a backend of one spec.
type backend struct {
	name string
	node int32 // a value of byVia, or none if it is not known
}

// stranger is somebody who answers though not expected.
type stranger struct {
	name  string
	class strangerClass
	tries int
}

type strangerClass int

const (
	// strangerForeign belongs to another Service, or to none that is known.
	strangerForeign strangerClass = iota
	// strangerUnready belongs to the Service but is no ready endpoint of it.
	strangerUnready
	// strangerRemote is right for other sources or through other addresses of the
	// Service: a Local policy has it so.
	strangerRemote
	// strangerValue is no backend: the answer to another question.
	strangerValue
	strangerClasses
)

// fact is one cell that was to be probed, in the form in which it is counted.
type fact struct {
	report, row, column int32
	layer               layer
	frontend            FrontendKind
	expected            Expectation
	verdict             Verdict
	values              [coordinates]int32
	// flow tells that all tries are of one flow, which may be older than the phase.
	flow bool
	// asks tells that the destination is asked something else than who it is.
	asks bool
	// names are the backends that may answer, and hits how often each did. If
	// the answers do not say who gives them, there are no hits.
	names     []int32
	hits      []int
	anonymous bool
	connects  int // tries that connected to whom they should, or to anybody
	unnamed   int // those of them that do not tell who answered
	strangers []stranger
	fewer     bool // than the Service has backends are expected
	failed    [len(failures)]int
	failures  int
	tries     int
	self      int32 // the backend that is the source, or none
	// old is the expectation of the phase before, if this cell was in it; fresh
	// tells that it was not.
	old   *fact
	fresh bool
	// healthy is how likely the observation is if nothing is broken, and floor
	// how likely it is if the cell is wrong for a reason of its own. Both are
	// logarithms.
	healthy, floor float64
}

func (f *fact) wrong() bool { return f.verdict == Mismatch }

// astray returns how many tries strangers have answered.
func (f *fact) astray() int {
	n := 0
	for _, s := range f.strangers {
		n += s.tries
	}
	return n
}

// unmade tells that the cell says nothing about the network.
func (f *fact) unmade() bool { return f.verdict == ProbeError || f.verdict == Missing }

// evidence is what reports say, in a form that can be counted.
type evidence struct {
	reports  []*Report
	facts    []fact
	values   [coordinates]dictionary
	backends []backend
	known    map[string]int32 // spec and name of a backend
	wrong    int
	failed   []bool // reports in which a cell is wrong
	// shares are how many of the tries are answered by strangers of each class,
	// in the cells in which there are any.
	shares [strangerClasses]float64
}

// gather reads the reports.
func gather(reports []*Report) *evidence {
	e := &evidence{reports: reports, known: map[string]int32{}, failed: make([]bool, len(reports))}
	size := 0
	for _, r := range reports {
		size += len(r.Rows) * len(r.Columns)
	}
	e.facts = make([]fact, 0, size)
	latest := map[string]*sheet{}
	for i := range reports {
		s := newSheet(e, i, latest[reports[i].Meta.Spec])
		latest[reports[i].Meta.Spec] = s
		s.read()
	}
	e.share()
	return e
}

// share sums up how much strangers answer where they do.
func (e *evidence) share() {
	var theirs, all [strangerClasses]int
	for i := range e.facts {
		f := &e.facts[i]
		for class := range strangerClasses {
			n := 0
			for _, s := range f.strangers {
				if s.class == class {
					n += s.tries
				}
			}
			if n > 0 {
				theirs[class] += n
				all[class] += f.tries
			}
		}
	}
	for class := range e.shares {
		e.shares[class] = float64(theirs[class]) / float64(max(1, all[class]))
	}
}

// backend returns the number of a backend of a spec.
func (e *evidence) backend(spec, name string) int32 {
	key := spec + "\x00" + name
	id, ok := e.known[key]
	if !ok {
		id = int32(len(e.backends))
		e.known[key] = id
		e.backends = append(e.backends, backend{name: name, node: none})
	}
	return id
}

// node numbers a node. All coordinates that are nodes share their numbers.
func (e *evidence) node(name string) int32 {
	id := e.values[byVia].id(name)
	e.values[bySourceNode], e.values[byFrontendNode] = e.values[byVia], e.values[byVia]
	return id
}

// sheet is one report while it is read.
type sheet struct {
	*evidence
	report   int
	spec     string
	previous *sheet
	rows     map[string]int // by name
	columns  map[string]int // by what is dialled and asked
	first    int            // the index of the report's first fact
	index    []int32        // facts by row and column, or none
	// askers are, for columns that ask something else than who answers, those
	// that ask the same destination who it is.
	askers map[int]int
	// ports are the ports of each Service.
	ports map[string]map[int]bool
	// all is how many backends each Service has.
	all map[string]int
	// expected tells in which columns a backend is expected by some row.
	expected map[string]map[int]bool
}

func newSheet(e *evidence, report int, previous *sheet) *sheet {
	r := e.reports[report]
	s := &sheet{
		evidence: e, report: report, spec: r.Meta.Spec, previous: previous,
		rows: map[string]int{}, columns: map[string]int{}, first: len(e.facts),
		index: make([]int32, len(r.Rows)*len(r.Columns)), askers: map[int]int{}, ports: map[string]map[int]bool{}, expected: map[string]map[int]bool{},
	}
	for i, row := range r.Rows {
		s.rows[row.Name] = i
		if row.Backend != "" {
			e.backends[e.backend(s.spec, row.Backend)].node = e.node(row.Node)
		}
	}
	for j, column := range r.Columns {
		s.columns[dialled(column)+" "+column.Request] = j
		if column.Role == RoleDirect {
			e.backends[e.backend(s.spec, column.Backend)].node = e.node(column.Node)
		}
	}
	for j, column := range r.Columns {
		if column.Kind == FrontendClusterIP {
			if s.ports[column.Service] == nil {
				s.ports[column.Service] = map[int]bool{}
			}
			s.ports[column.Service][column.Port] = true
		}
		if !asks(column) {
			continue
		}
		if at, ok := s.columns[dialled(column)+" "]; ok {
			s.askers[j] = at
		}
	}
	return s
}

// dialled says what is dialled in a column.
func dialled(c Column) string {
	address := c.Address
	if address == "" {
		address = c.Name
	}
	return address + " " + strconv.Itoa(c.Port) + " " + c.Protocol
}

// read turns the report's cells into facts.
func (s *sheet) read() {
	r := s.reports[s.report]
	for i := range r.Rows {
		for j, column := range r.Columns {
			e := r.Cells[i][j].Expected
			if asks(column) || i > 0 && e.Equal(r.Cells[i-1][j].Expected) {
				continue // it asks something else, or the row above has said so
			}
			for _, name := range e.names {
				if s.expected[name] == nil {
					s.expected[name] = map[int]bool{}
				}
				s.expected[name][j] = true
			}
		}
	}
	s.all = map[string]int{}
	for _, in := range s.expected {
		services := map[string]bool{}
		for j := range in {
			if layerOf(r.Columns[j]) == layerService {
				services[r.Columns[j].Service] = true
			}
		}
		for service := range services {
			s.all[service]++
		}
	}
	columns := make([][coordinates]int32, len(r.Columns))
	for j, column := range r.Columns {
		columns[j] = s.columnValues(column)
	}
	for i, row := range r.Rows {
		rowValues := s.rowValues(row)
		for j := range r.Columns {
			at := i*len(r.Columns) + j
			s.index[at] = none
			cell := &r.Cells[i][j]
			switch cell.Verdict {
			case Match, Mismatch, ProbeError, Missing:
			default:
				continue
			}
			s.index[at] = int32(len(s.facts))
			if cell.Verdict.Wrong() {
				s.wrong++
				s.failed[s.report] = true
			}
			s.facts = append(s.facts, s.fact(i, j, cell, rowValues, columns[j]))
		}
	}
}

// rowValues returns the coordinates that a row has.
func (s *sheet) rowValues(row Row) [coordinates]int32 {
	values := noValues()
	values[bySourceNode] = s.node(row.Node)
	values[bySourceKind] = s.values[bySourceKind].id(string(row.Kind))
	net := ""
	switch row.Kind {
	case SourcePod, SourceBackend:
		net = netPods
	case SourceHost:
		net = netNodes
	case SourceExternal:
		net = netOutside
	}
	values[bySourceNet] = s.values[bySourceNet].id(net)
	values[bySource] = s.values[bySource].id(row.Name)
	values[byPhase] = s.values[byPhase].id(strconv.Itoa(s.report))
	values[bySpec] = s.values[bySpec].id(s.spec)
	return values
}

// columnValues returns the coordinates that a column has.
func (s *sheet) columnValues(column Column) [coordinates]int32 {
	values := noValues()
	values[byFrontendKind] = s.values[byFrontendKind].id(string(column.Kind))
	values[byProtocol] = s.values[byProtocol].id(protocolOf(column))
	values[byFamily] = s.values[byFamily].id(column.Family)
	values[bySize] = s.values[bySize].id(sizeOf(column))
	if column.Flow() {
		values[byFlow] = s.values[byFlow].id(flowLasting)
	}
	values[byDestination] = s.values[byDestination].id(column.Name)
	if layerOf(column) != layerService {
		return values
	}
	values[byService] = s.values[byService].id(column.Service)
	if len(s.ports[column.Service]) > 1 {
		values[byPort] = s.values[byPort].id(column.Service + ":" + strconv.Itoa(column.Port))
	}
	age := ageNew
	if column.Role == RoleBystander || column.Role == RoleEmptySibling {
		age = ageOld
	}
	values[byAge] = s.values[byAge].id(age)
	if column.Kind == FrontendNodePort || column.Kind == FrontendHealthCheck {
		values[byFrontendNode] = s.node(column.Node)
	}
	return values
}

// noValues returns no value for any coordinate.
func noValues() [coordinates]int32 {
	var values [coordinates]int32
	for i := range values {
		values[i] = none
	}
	return values
}

// asks reports whether a column asks something else than who answers.
func asks(column Column) bool {
	return column.Request != "" && !column.Flow() || column.Kind == FrontendHealthCheck
}

// protocolOf returns the protocol of a column; that of queries is in what is asked.
func protocolOf(column Column) string {
	switch {
	case column.Protocol != "" || column.Kind != FrontendDNS:
		return column.Protocol
	case strings.HasSuffix(column.Request, "/tcp"):
		return "TCP"
	}
	return "UDP"
}

// sizeOf returns the size of the messages of a column; empty if they are small.
func sizeOf(column Column) string {
	_, size, found := strings.Cut(column.Request, "size=")
	if !found {
		return ""
	}
	return size
}

// layerOf returns what a column depends on.
func layerOf(column Column) layer {
	switch {
	case column.Role == RoleDirect || column.Kind == FrontendPod:
		return layerDirect
	case column.Role == RoleSelfTest:
		return layerSelf
	}
	return layerService
}

// fact returns one cell as a fact.
func (s *sheet) fact(i, j int, cell *CellResult, ofRow, ofColumn [coordinates]int32) fact {
	r := s.reports[s.report]
	row, column := &r.Rows[i], &r.Columns[j]
	f := fact{
		report: int32(s.report), row: int32(i), column: int32(j),
		layer: layerOf(*column), frontend: column.Kind, expected: cell.Expected, verdict: cell.Verdict,
		asks: asks(*column),
		flow: column.Flow(),
		self: none,
	}
	seen := cell.Observed
	if cell.FollowUp.Tries() > 0 {
		seen = seen.Merge(cell.FollowUp)
	}
	f.tries = seen.Tries()
	if row.Backend != "" {
		f.self = s.backend(s.spec, row.Backend)
	}
	for c := range f.values {
		f.values[c] = max(ofRow[c], ofColumn[c])
	}
	f.values[byVia] = f.values[bySourceNode]
	if column.Kind == FrontendNodePort || column.Kind == FrontendHealthCheck {
		f.values[byVia] = f.values[byFrontendNode]
	}
	s.responders(&f, j, cell.Expected, seen)
	f.values[byPath] = s.values[byPath].id(path(&f))
	for k, outcome := range failures {
		f.failed[k] = seen.Outcomes[outcome]
		f.failures += f.failed[k]
	}
	s.history(&f, row, column)
	f.healthy = f.likelihoodIfHealthy()
	f.floor = f.marginal(seen) - private
	return f
}

// responders fills in who should answer and who did.
func (s *sheet) responders(f *fact, j int, expected Expectation, seen Observation) {
	r := s.reports[s.report]
	names := expected.names
	f.fewer = f.layer == layerService && len(names) < s.all[r.Columns[j].Service]
	if sizeOf(r.Columns[j]) != "" && len(names) > 0 {
		f.asks = false // the answers are the names of backends
	}
	if at, ok := s.askers[j]; ok && f.asks {
		names = r.Cells[f.row][at].Expected.names
		f.anonymous = true
	} else if f.asks || !expected.Positive() {
		names = nil
		f.anonymous = true
	}
	if f.anonymous {
		for _, name := range expected.names {
			f.connects += seen.Answers[name]
		}
	} else {
		f.hits = make([]int, len(names))
	}
	f.names = make([]int32, len(names))
	for k, name := range names {
		f.names[k] = s.backend(s.spec, name)
		if !f.anonymous {
			f.hits[k] = seen.Answers[name]
			f.connects += f.hits[k]
		}
	}
	if expected.kind == connectAny {
		f.connects = seen.Connects()
		return
	}
	if !f.anonymous {
		f.unnamed = seen.Answers[Unidentified]
		f.connects += f.unnamed
	}
	if seen.Connects() == f.connects {
		return
	}
	for _, name := range responders(seen) {
		if !slices.Contains(expected.names, name) && (name != Unidentified || f.anonymous) {
			f.strangers = append(f.strangers, stranger{name, s.class(j, name), seen.Answers[name]})
		}
	}
}

// class tells where an unexpected responder of a column belongs.
func (s *sheet) class(j int, name string) strangerClass {
	column := s.reports[s.report].Columns[j]
	if asks(column) {
		return strangerValue
	}
	class := strangerUnready
	for other := range s.expected[name] {
		switch c := s.reports[s.report].Columns[other]; {
		case layerOf(c) != layerService:
		case c.Service == column.Service:
			return strangerRemote
		default:
			class = strangerForeign
		}
	}
	if class == strangerForeign {
		return class
	}
	// A backend that is gone has no short name any more.
	short := name[strings.LastIndex(name, "/")+1:]
	for p := s.previous; p != nil; p = p.previous {
		at, ok := p.columns[dialled(column)+" "]
		if ok && p.expected[short][at] {
			return strangerUnready
		}
	}
	if _, ours := s.known[s.spec+"\x00"+name]; ours {
		return strangerUnready
	}
	return strangerForeign
}

// path tells whether a node port is reached from its own node; for all else, how
// the traffic goes depends on the backend that is chosen.
func path(f *fact) string {
	switch {
	case f.frontend != FrontendNodePort && f.frontend != FrontendHealthCheck:
		return ""
	case f.values[bySourceNode] == f.values[byFrontendNode]:
		return pathSame
	}
	return pathCross
}

// history finds the same cell in the phase before.
func (s *sheet) history(f *fact, row *Row, column *Column) {
	if f.layer != layerService {
		return
	}
	f.fresh = true
	if s.previous == nil {
		return
	}
	i, hasRow := s.previous.rows[row.Name]
	if !hasRow && !f.flow {
		// A client that is new sees what others saw there.
		before := s.reports[s.previous.report].Rows
		i = slices.IndexFunc(before, func(r Row) bool { return r.Node == row.Node && r.Kind == row.Kind })
		if i < 0 {
			i = slices.IndexFunc(before, func(r Row) bool { return r.Node == row.Node })
		}
		hasRow = i >= 0
	}
	j, hasColumn := s.previous.columns[dialled(*column)+" "+column.Request]
	if !hasRow || !hasColumn {
		return
	}
	if at := s.previous.index[i*len(s.reports[s.previous.report].Columns)+j]; at != none {
		f.fresh = false
		f.old = &s.facts[at]
	}
}

// The logarithms of how likely it is that ...
var (
	// ... a try goes wrong though nothing is broken.
	strayed = math.Log(1e-4)
	// ... a try goes right though it depends on something that is broken.
	escaped = math.Log(1e-3)
	// ... a single try of those that should be refused does not hear of it.
	unheard = math.Log(0.1)
)

// private is how unlikely it is, as a logarithm, that a cell is wrong for a
// reason that it shares with no other. It bounds what a single cell can say for
// an explanation or against it, however often it was tried.
const private = 10.0

// spared is the same for a cell that is right though everything should fail there.
// It is more, for there are less reasons to be right than to be wrong.
const spared = 2.5 * private

// likelihoodIfHealthy returns the logarithm of how likely the observation is if
// nothing is broken.
func (f *fact) likelihoodIfHealthy() float64 {
	l := float64(f.astray()) * strayed
	if !f.expected.Positive() {
		for k, outcome := range failures {
			l += float64(f.failed[k]) * f.expected.likelihood(outcome)
		}
		return l
	}
	l += float64(f.failures) * strayed
	if f.expected.kind == connect && !f.anonymous {
		l -= float64(f.connects-f.unnamed) * math.Log(float64(len(f.names)))
	}
	return l + f.scatter()
}

// scatter returns the logarithm of how likely it is that the tries of a client that
// should stay with one backend are answered by those that answer them.
func (f *fact) scatter() float64 {
	if f.expected.kind != pinned || len(f.hits) == 0 {
		return 0
	}
	return float64(f.connects-f.unnamed-slices.Max(f.hits)) * strayed
}

// likelihood returns the logarithm of how likely a failure is where failure is
// expected.
func (e Expectation) likelihood(outcome Outcome) float64 {
	right := false
	switch e.kind {
	case kind(Refused):
		if outcome == TimedOut {
			return unheard
		}
		right = outcome == Refused || outcome == Prohibited
	case kind(TimedOut):
		right = outcome == TimedOut || outcome == Prohibited
	case fail:
		right = outcome != NoSuchName && outcome != Error
	default:
		right = e.kind == kind(outcome)
	}
	if right {
		return 0
	}
	return strayed
}

// marginal returns the logarithm of how likely the observation of a wrong cell is
// if its tries end in some way of their own, whichever that is: on average over
// all distributions over who may answer and how a try may fail. A fixed one that
// fits is better than that, and one that was fitted to the tries is no better.
func (f *fact) marginal(seen Observation) float64 {
	if f.verdict != Mismatch {
		return 0
	}
	answering, failing, named, unnamed, failures, l := 0, 0, 0, 0, 0, 0.0
	for _, name := range responders(seen) {
		k := seen.Answers[name]
		if name == Unidentified { // who may be anybody of those that answer
			unnamed = k
			continue
		}
		answering++
		named += k
		l += logFactorial(k)
	}
	for _, k := range f.failed {
		if k > 0 {
			failing++
			failures += k
			l += logFactorial(k)
		}
	}
	ways := max(answering+failing, len(f.names)+1)
	answering = max(1, ways-failing)
	// First whether a try is answered, then by whom, as far as that is told.
	l += logFactorial(answering+named+unnamed-1) - logFactorial(answering+named-1)
	return l + logFactorial(ways-1) - logFactorial(named+unnamed+failures+ways-1)
}

func logFactorial(n int) float64 {
	l, _ := math.Lgamma(float64(n + 1))
	return l
}
