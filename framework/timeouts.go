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

package framework

import "time"

// Timeouts are all time limits of this package, in one place. Pods use the
// upstream framework's own limits (framework.TimeoutContext).
var Timeouts = struct {
	// Propagation is how long a change of a Service or of its endpoints may
	// take until every node's Service proxy obeys it. No API or KEP sets an
	// upper limit; upstream's specs allow 2 minutes for one good reply
	// (ServiceReachabilityShortPollTimeout), which makes a run on a broken
	// cluster last for hours.
	Propagation time.Duration
	// Sentinel is how long to wait for a sign that the proxies know a new
	// Service before it is probed all the same.
	Sentinel time.Duration
	// KnownFailure is how long cells that fail by a finding are given to be as
	// expected after all.
	KnownFailure time.Duration
	// LoadBalancer is how long a provider may take to give a Service of type
	// LoadBalancer an address. Without one, that long is waited once.
	LoadBalancer time.Duration
	// Poll is the pause between two rounds of probes of the cells that are
	// still wrong.
	Poll time.Duration
	// FollowUp is how long wrong cells are tried again for the diagnosis.
	FollowUp time.Duration
	// HoldPause is the pause between two rounds of probes of all cells of a table that
	// has to stay right for a while.
	HoldPause time.Duration
	// StreamPause is the time from one probe of a cell to the next while it is
	// probed without pause.
	StreamPause time.Duration
	// ControlPause is the same for controls: they tell what is to blame for what a
	// subject shows, and need not catch what is short.
	ControlPause time.Duration
	// TunnelSlack is how much longer than its tries a request to a source
	// may take before the way to it counts as broken.
	TunnelSlack time.Duration
	// Restart is how long a program of the cluster may take until it serves
	// again, whoever keeps it running.
	Restart time.Duration
	// Preflight is how long the API server may take for its first answer.
	Preflight time.Duration
	// ImagePull is how long a pod may report that its image cannot be
	// pulled before that is final: the first attempt may hit a busy registry.
	ImagePull time.Duration
	// LeaseRenewal is the pause between two signs of life of a run.
	LeaseRenewal time.Duration
	// LeaseExpiry is the age of the last sign of life from which on a run
	// counts as dead and the next run removes what it left.
	LeaseExpiry time.Duration
}{
	Propagation:  time.Minute,
	Sentinel:     10 * time.Second,
	KnownFailure: 10 * time.Second,
	LoadBalancer: 30 * time.Second,
	Poll:         200 * time.Millisecond,
	FollowUp:     8 * time.Second,
	HoldPause:    time.Second,
	StreamPause:  200 * time.Millisecond,
	ControlPause: time.Second,
	TunnelSlack:  10 * time.Second,
	Restart:      5 * time.Minute,
	Preflight:    10 * time.Second,
	ImagePull:    20 * time.Second,
	LeaseRenewal: 10 * time.Second,
	LeaseExpiry:  time.Minute,
}
