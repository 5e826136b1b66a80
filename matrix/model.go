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

import "strings"

// Outcome is what became of one try.
type Outcome string

// The outcomes of a try. Error is not an outcome of the network: the try could
// not be made or its result could not be read, so it proves nothing.
const (
	Connected Outcome = "C"
	Refused   Outcome = "R"
	// Prohibited is a packet that the source's own packet filter did not let
	// out. Over UDP a rule that drops and one that rejects look the same there
	// (sending fails with EPERM), so it counts as refused where a refusal is
	// expected and as timed out where a timeout is; over TCP the two differ.
	Prohibited  Outcome = "P"
	TimedOut    Outcome = "T"
	Unreachable Outcome = "U"
	NoSuchName  Outcome = "NX"
	Error       Outcome = "ERROR"
)

// failures are the outcomes of a failed try, in the order they are shown in.
var failures = [...]Outcome{Refused, Prohibited, TimedOut, Unreachable, NoSuchName, Error}

// SourceKind says what sort of client a row is.
type SourceKind string

// The kinds of sources.
const (
	SourcePod      SourceKind = "pod"
	SourceHost     SourceKind = "host"
	SourceExternal SourceKind = "external"
	SourceBackend  SourceKind = "backend"
)

// FrontendKind says through which sort of address a column is reached.
type FrontendKind string

// The kinds of destinations. FrontendOther is for destinations that are no
// frontend of a Service, such as a closed port or a black hole.
const (
	FrontendClusterIP    FrontendKind = "clusterIP"
	FrontendNodePort     FrontendKind = "nodePort"
	FrontendLoopback     FrontendKind = "loopbackNodePort"
	FrontendLoadBalancer FrontendKind = "loadBalancer"
	FrontendExternalIP   FrontendKind = "externalIP"
	FrontendHealthCheck  FrontendKind = "healthCheckNodePort"
	FrontendHostPort     FrontendKind = "hostPort"
	FrontendDNS          FrontendKind = "dns"
	FrontendPod          FrontendKind = "podIP"
	FrontendOther        FrontendKind = "other"
)

// Role says what a column is in the table for: the Service under test, or one
// of the controls that make its cells believable.
type Role string

// The roles of columns.
const (
	// RoleSubject is the Service under test.
	RoleSubject Role = "subject"
	// RoleDirect reaches a backend without any Service: if this fails too, the
	// network is at fault and not the Service.
	RoleDirect Role = "direct"
	// RoleSelfTest proves that a source can tell the outcomes apart.
	RoleSelfTest Role = "selfTest"
	// RoleBystander is an untouched Service that has to keep working.
	RoleBystander Role = "bystander"
	// RoleEmptySibling is a Service without endpoints that has to refuse.
	RoleEmptySibling Role = "emptySibling"
)

// RequestFlow is the word that begins the request of a column whose tries are all
// of one flow; after it come a colon and the source port.
const RequestFlow = "sourceport"

// Flow tells whether all tries of the column have the same source port, so that to
// the nodes between they are one flow.
func (c Column) Flow() bool { return strings.HasPrefix(c.Request, RequestFlow+":") }

// Row is one source. Its fields are the coordinates by which failures are
// grouped when their cause is looked for.
type Row struct {
	// Name is unique among the rows and is what tables show.
	Name string `json:"name"`
	// Kind is the sort of client.
	Kind SourceKind `json:"kind,omitempty"`
	// Node is the node that the client runs on; empty outside the cluster.
	Node string `json:"node,omitempty"`
	// Backend is the name under which this client also answers, if it is a
	// backend (SourceBackend).
	Backend string `json:"backend,omitempty"`
	// Skipped is the reason why this row cannot be probed at all. A skipped row
	// is shown, and counts neither as right nor as wrong.
	Skipped string `json:"skipped,omitempty"`
}

// Column is one destination. Like those of Row, its fields are coordinates.
type Column struct {
	// Name is unique among the columns and is what tables show.
	Name string `json:"name"`
	// Kind is the sort of address.
	Kind FrontendKind `json:"kind,omitempty"`
	// Role is what the column is in the table for.
	Role Role `json:"role,omitempty"`
	// Service is the name of the Service that is reached; empty for direct ones.
	Service string `json:"service,omitempty"`
	// Node is the node whose nodePort this is, or the node of the backend.
	Node string `json:"node,omitempty"`
	// Backend is the name of the backend that a direct column reaches.
	Backend string `json:"backend,omitempty"`
	// Address is the IP address or DNS name that is dialled.
	Address string `json:"address,omitempty"`
	// Port is the port that is dialled.
	Port int `json:"port,omitempty"`
	// Protocol is TCP, UDP or SCTP.
	Protocol string `json:"protocol,omitempty"`
	// Family is IPv4 or IPv6.
	Family string `json:"family,omitempty"`
	// Request is what the destination is asked: empty for its name, "clientip"
	// for the source address that it saw, or what begins with
	// RequestFlow for its name.
	Request string `json:"request,omitempty"`
}

// Cell refers to one cell of a table by the indexes of its row and its column.
type Cell struct {
	Row    int `json:"row"`
	Column int `json:"column"`
}
