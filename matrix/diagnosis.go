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

// The form of the diagnosis. The version changes with any change that a reader
// of the old form would not understand.
const (
	DiagnosisAPIVersion = "service-e2e.sigs.k8s.io/v1alpha1"
	DiagnosisKind       = "Diagnosis"
)

// Diagnosis says what is broken, judged by the cells of one or several reports:
// the simplest explanations that cover the wrong cells and spare the right ones.
type Diagnosis struct {
	// APIVersion is DiagnosisAPIVersion.
	APIVersion string `json:"apiVersion"`
	// Kind is DiagnosisKind.
	Kind string `json:"kind"`
	// Findings are the explanations, best first; none if nothing is wrong.
	Findings []Finding `json:"findings"`
	// Unexplained is how many wrong cells no finding covers.
	Unexplained int `json:"unexplained,omitempty"`
	// ProbesWanted are probes, not made yet, that would decide between a
	// finding and its alternatives.
	ProbesWanted []WantedProbe `json:"probesWanted,omitempty"`
}

// Culprit is the part of the system that a finding blames.
type Culprit string

// The culprits.
const (
	// CulpritServiceProxy is what implements Services: kube-proxy or its like.
	CulpritServiceProxy Culprit = "serviceProxy"
	// CulpritPodNetwork is what carries packets between pods and nodes without
	// any Service: the CNI plugin, routes, tunnels.
	CulpritPodNetwork Culprit = "podNetwork"
	// CulpritBackend is one backend that does not answer whoever asks.
	CulpritBackend Culprit = "backend"
	// CulpritDNS is the cluster's DNS, or the way to it.
	CulpritDNS Culprit = "dns"
	// CulpritLoadBalancer is what announces the address of a load balancer.
	CulpritLoadBalancer Culprit = "loadBalancer"
	// CulpritHealthCheck is the health check node port.
	CulpritHealthCheck Culprit = "healthCheck"
	// CulpritProbe is the way to a client (API server, kubelet, the client's
	// pod): nothing is known about what the client would have seen.
	CulpritProbe Culprit = "probe"
)

// Fault names what is wrong, in the words of the field.
type Fault string

// The faults.
const (
	// FaultUnreachable: no try connects where every try should.
	FaultUnreachable Fault = "unreachable"
	// FaultRefused: tries are refused where they should connect.
	FaultRefused Fault = "refused"
	// FaultIntermittent: a share of the tries fails, whoever should answer.
	FaultIntermittent Fault = "intermittent"
	// FaultDeadBackend: tries that are sent to one backend fail.
	FaultDeadBackend Fault = "deadBackend"
	// FaultWrongPort: tries that are sent to one backend are refused, though it
	// answers when asked directly.
	FaultWrongPort Fault = "wrongPort"
	// FaultMissingBackend: a backend gets no traffic; others answer in its place.
	FaultMissingBackend Fault = "missingBackend"
	// FaultUnbalanced: one of several backends gets all traffic.
	FaultUnbalanced Fault = "unbalanced"
	// FaultLocalOnly: only backends on the node that the traffic comes to answer.
	FaultLocalOnly Fault = "localOnly"
	// FaultForeignBackend: somebody answers who is no backend of the Service.
	FaultForeignBackend Fault = "foreignBackend"
	// FaultUnreadyBackend: a pod of the Service answers that is no ready
	// endpoint: not ready, terminating, or removed.
	FaultUnreadyBackend Fault = "unreadyBackend"
	// FaultLocalPolicyIgnored: a backend on another node answers where the
	// policy is Local.
	FaultLocalPolicyIgnored Fault = "localPolicyIgnored"
	// FaultHairpin: a backend does not reach itself through its Service.
	FaultHairpin Fault = "hairpin"
	// FaultMasqueradeMissing: traffic to a node port or load balancer fails if
	// the backend is on another node than the one that it came to.
	FaultMasqueradeMissing Fault = "masqueradeMissing"
	// FaultAffinityIgnored: several backends answer a client that should stay
	// with one.
	FaultAffinityIgnored Fault = "affinityIgnored"
	// FaultAffinityStuck: each client stays with one backend, though it should
	// reach all.
	FaultAffinityStuck Fault = "affinityStuck"
	// FaultSourceRewritten: the backend does not see the client's address,
	// though it should.
	FaultSourceRewritten Fault = "sourceRewritten"
	// FaultSourceKept: the backend sees the client's address, though it must not.
	FaultSourceKept Fault = "sourceKept"
	// FaultDroppedInsteadOfRejected: time-outs where refusals are right.
	FaultDroppedInsteadOfRejected Fault = "droppedInsteadOfRejected"
	// FaultRejectedInsteadOfDropped: refusals where time-outs are right.
	FaultRejectedInsteadOfDropped Fault = "rejectedInsteadOfDropped"
	// FaultForwardedInsteadOfRefused: connections where nothing may connect.
	FaultForwardedInsteadOfRefused Fault = "forwardedInsteadOfRefused"
	// FaultStaleRules: what is seen is what was right before a change.
	FaultStaleRules Fault = "staleRules"
	// FaultStaleFlow: the old state of a Service is seen by flows that began
	// before the change, and not by new ones.
	FaultStaleFlow Fault = "staleFlow"
	// FaultMTU: large messages are lost and small ones are not.
	FaultMTU Fault = "mtu"
	// FaultWrongRecords: a name resolves to the wrong addresses, or to none.
	FaultWrongRecords Fault = "wrongRecords"
	// FaultHealthCheckWrong: a health check node port says the wrong thing.
	FaultHealthCheckWrong Fault = "healthCheckWrong"
	// FaultProbeError: probes could not be made.
	FaultProbeError Fault = "probeError"
	// FaultWrong: cells are wrong in a way that has no name.
	FaultWrong Fault = "wrong"
)

// Finding is one explanation.
type Finding struct {
	// Rank is 1 for the best.
	Rank    int     `json:"rank"`
	Culprit Culprit `json:"culprit"`
	Fault   Fault   `json:"fault"`
	// Coordinates are what the blamed cells have in common and others have not.
	Coordinates Coordinates `json:"coordinates"`
	// Text is one English sentence, with its evidence.
	Text string `json:"text"`
	// Failing counts the wrong cells among those that the explanation is about;
	// Passing the right cells among those that it is held against.
	Failing Evidence `json:"failing"`
	Passing Evidence `json:"passing"`
	// Confidence is between 0 and 1.
	Confidence float64 `json:"confidence"`
	// Alternatives are explanations that the evidence does not rule out.
	Alternatives []Alternative `json:"alternatives,omitempty"`
	// Cells are the wrong cells that this explains, by report.
	Cells []CoveredCells `json:"cells"`
}

// Evidence is a count: so many Cells of so many.
type Evidence struct {
	Cells int `json:"cells"`
	Of    int `json:"of"`
}

// Coordinates say where a fault is. Empty ones do not matter, or are not known to
// matter: all values that were probed are alike.
type Coordinates struct {
	// SourceNode is the node of the clients.
	SourceNode []string `json:"sourceNode,omitempty"`
	// SourceKind is the kind of the clients, see SourceKind.
	SourceKind []string `json:"sourceKind,omitempty"`
	// Source is the name of a row, if only a single client is affected of
	// several on its node.
	Source []string `json:"source,omitempty"`
	// ProxyNode is the node whose Service proxy handles the traffic: for a
	// ClusterIP the client's, for a node port the one that it belongs to.
	ProxyNode []string `json:"proxyNode,omitempty"`
	// Backend is the backend that does not answer, or that should not.
	Backend     []string `json:"backend,omitempty"`
	BackendNode []string `json:"backendNode,omitempty"`
	// Node is the node to which and from which the pod network is broken.
	Node []string `json:"node,omitempty"`
	// FrontendKind is the kind of address, see FrontendKind.
	FrontendKind []string `json:"frontendKind,omitempty"`
	// FrontendNode is the node whose node port is meant.
	FrontendNode []string `json:"frontendNode,omitempty"`
	Protocol     []string `json:"protocol,omitempty"`
	Family       []string `json:"family,omitempty"`
	Service      []string `json:"service,omitempty"`
	Port         []string `json:"port,omitempty"`
	// Path is sameNode, crossNode or hairpin: from the node that forwards to
	// the backend's.
	Path []string `json:"path,omitempty"`
	// Destination is the name of a column, if nothing else says which it is.
	Destination []string `json:"destination,omitempty"`
	// Spec is the spec in which cells are wrong, and Phase its phase.
	Spec  []string `json:"spec,omitempty"`
	Phase []string `json:"phase,omitempty"`
	// Outcome is what is seen instead, see Outcome.
	Outcome []string `json:"outcome,omitempty"`
	// Size is the size of the messages that are lost.
	Size []string `json:"size,omitempty"`
}

// Alternative is another explanation of the same wrong cells.
type Alternative struct {
	Culprit     Culprit     `json:"culprit"`
	Fault       Fault       `json:"fault"`
	Coordinates Coordinates `json:"coordinates"`
	Text        string      `json:"text"`
	// DecidedBy says which further probe would tell the two apart.
	DecidedBy string `json:"decidedBy,omitempty"`
}

// WantedProbe is a probe that would decide between explanations.
type WantedProbe struct {
	// Finding is the rank of the finding that it is about.
	Finding int `json:"finding"`
	// Text says what to probe.
	Text string `json:"text"`
	// From and To are the coordinates of the source and of the destination.
	From Coordinates `json:"from"`
	To   Coordinates `json:"to"`
}

// CoveredCells are cells of one report.
type CoveredCells struct {
	Spec  string `json:"spec,omitempty"`
	Phase string `json:"phase,omitempty"`
	// Report is the index of the report among those that were diagnosed.
	Report int    `json:"report"`
	Cells  []Cell `json:"cells"`
}
