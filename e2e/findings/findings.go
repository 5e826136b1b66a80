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

// Package findings holds the defects of Kubernetes that the specs know of. Each has
// a section in e2e/FINDINGS.md. Add one here, there, and to All.
package findings

import e2esvc "sigs.k8s.io/service-e2e/framework"

// The findings.
var (
	PodToLocalNodePort = e2esvc.Finding{
		ID:    "pod-to-local-node-port",
		Title: "under externalTrafficPolicy Local, a pod gets no answer from the node port of another node that has an endpoint",
		Link:  "https://github.com/kubernetes/kubernetes/issues/74383",
	}
	UDPNodePortToZero = e2esvc.Finding{
		ID:    "udp-node-port-to-zero",
		Title: "UDP flows to a node port outlive the last endpoint of its Service",
		Link:  "https://github.com/kubernetes/kubernetes/issues/139628",
	}
	UDPDeletedService = e2esvc.Finding{
		ID:    "udp-deleted-service",
		Title: "UDP flows outlive the Service that they were made by",
		Link:  "https://github.com/kubernetes/kubernetes/pull/141371",
	}
	TCPFirstEndpoint = e2esvc.Finding{
		ID:    "tcp-first-endpoint",
		Title: "connections that begin while a Service gets its first endpoint are neither refused nor served",
		Link:  "https://github.com/kubernetes/kubernetes/issues/48719",
	}
	TCPOwnNodePort = e2esvc.TCPOwnNodePort
	TCPNewPort     = e2esvc.Finding{
		ID:    "tcp-new-port",
		Title: "a client that was lost at a port that a Service did not have yet is lost again from the same source port, although it has it now",
	}
	UDPPublishedUnready = e2esvc.Finding{
		ID:    "udp-published-unready",
		Title: "UDP flows to unready pods are cut, publishNotReadyAddresses or not, whenever endpoints of any UDP Service change",
	}
	NFTablesRuleChange = e2esvc.NFTablesRuleChange
	UDPLeavingEndpoint = e2esvc.Finding{
		ID:    "udp-leaving-endpoint",
		Title: "an answer over UDP that is under way when its backend leaves the Service is lost, although the backend goes on",
		Link:  "https://github.com/kubernetes/kubernetes/pull/137986",
	}
	// ZoneAtStart marks no cells: where it is, specs fail.
	ZoneAtStart = e2esvc.Finding{
		ID:    "zone-at-start",
		Title: "a kube-proxy that starts on a busy node may never hear of the node's zone, and sends traffic to all zones",
	}
)

// All are the findings, in the order of their sections.
var All = []e2esvc.Finding{PodToLocalNodePort, UDPNodePortToZero, UDPDeletedService, TCPFirstEndpoint, TCPOwnNodePort, TCPNewPort, UDPPublishedUnready, NFTablesRuleChange, UDPLeavingEndpoint, ZoneAtStart}
