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

package fault

import (
	"regexp"
	"slices"
)

// Library returns all faults, in the order in which they are tried.
func Library() []*Fault {
	return slices.Concat(dropped(), balancing(), nodePortFaults(), endpointless(), changes(), policies(), addresses(), network(), names())
}

// Select returns the faults whose name the expression matches.
func Select(all []*Fault, expression *regexp.Regexp, quick bool) []*Fault {
	var chosen []*Fault
	for _, f := range all {
		if expression.MatchString(f.Name) && (f.Quick || !quick) {
			chosen = append(chosen, f)
		}
	}
	return chosen
}

// Specs of this suite, by words of their names. They are the quick ones of those
// that have to notice.
const (
	specDeleted       = "should stop using an endpoint that is deleted over TCP"
	specDeletedUDP    = "should stop using an endpoint that is deleted over UDP"
	specNodePort      = "NodePort should be reached by every source through every node over TCP"
	specNodePortUDP   = "NodePort should be reached by every source through every node over UDP"
	specNodePortEach  = "NodePort should be refused on every node after the Service is deleted over TCP"
	specHairpin       = "hairpin should let every backend reach itself over TCP"
	specNoEndpoints   = "should refuse every source until a backend is ready and after it is gone over TCP"
	specSlices        = "should keep the endpoints of several EndpointSlices apart by port over TCP"
	specSlicesBoth    = "should keep the endpoints of several EndpointSlices apart by port over (TCP|UDP)"
	specAffinity      = "should keep each client at one endpoint over TCP"
	specAffinityOff   = "should follow a switch of the affinity over TCP"
	specAffinityEnd   = "should let a client go when it was idle for longer than the timeout, and not before over TCP"
	specStaleFlow     = "UDP flows should move to the backend that replaces theirs"
	specExternalLocal = "externalTrafficPolicy should be obeyed by node ports as it changes over TCP"
	specInternalLocal = "internalTrafficPolicy should be obeyed as it changes and as the endpoint moves over TCP"
	specHealthCheck   = "healthCheckNodePort should tell every source how many ready endpoints each node has"
	specSource        = "source address should be that of the pod by ClusterIP and of the receiving node by its node port unless traffic stays there over TCP"
	specDualStack     = "of two IP families should serve every pod, node and endpoint over both alike over TCP"
	specDNS           = "DNS should resolve the Service of the API server by its full and its partial names"
	specDNSHeadless   = "DNS should resolve a headless Service to exactly its ready endpoints"
	specLarge         = "with large messages should carry messages of every size both ways complete over TCP"
)

// Specs of upstream's suite, by words of their names.
const (
	upstreamBasic       = "Services should serve a basic endpoint from pods"
	upstreamProtocols   = "Services should serve endpoints on same port and different protocols"
	upstreamPodService  = "Granular Checks: Services should function for pod-Service: http"
	upstreamPodUDP      = "Granular Checks: Services should function for pod-Service: udp"
	upstreamNodeService = "Granular Checks: Services should function for node-Service: http"
	upstreamEndpoint    = "Granular Checks: Services should function for endpoint-Service: http"
	upstreamUpdate      = "Granular Checks: Services should update endpoints: http"
	upstreamNodePort    = "Services should be able to create a functioning NodePort service"
	upstreamHairpin     = "Services should allow pods to hairpin back to themselves through services"
	upstreamRejected    = "Services should be rejected when no endpoints exist"
	upstreamUpAndDown   = "Services should be able to up and down services"
	upstreamUnready     = "Services should not be able to connect to terminating and unready endpoints"
	upstreamAffinity    = "Services should have session affinity work for service with type clusterIP"
	upstreamExpiry      = "Services should have session affinity timeout work for service with type clusterIP"
	upstreamSource      = "Services should preserve source pod IP for traffic thru service cluster IP"
	upstreamLocal       = "Services should support externalTrafficPolicy=Local for type=NodePort"
	upstreamInternal    = "Services should respect internalTrafficPolicy=Local Pod to Pod"
	upstreamHealth      = "Services should implement NodePort and HealthCheckNodePort correctly"
	upstreamConntrack   = "Conntrack should be able to preserve UDP traffic when server pod cycles for a ClusterIP service$"
	upstreamDNS         = "DNS should provide DNS for services"
	upstreamLarge       = "Granular Checks: Services should be able to handle large requests: (http|udp)"
	upstreamSecondary   = `Granular Checks: Services Secondary IP Family \[LinuxOnly\] should function for pod-Service: http`
)
