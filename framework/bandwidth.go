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

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/test/e2e/framework"
	e2epod "k8s.io/kubernetes/test/e2e/framework/pod"

	"sigs.k8s.io/service-e2e/matrix"
)

const (
	// bandwidthRequest asks for a transfer by iperf2, for bandwidthSeconds.
	bandwidthRequest = "bandwidth"
	bandwidthSeconds = 1
	// bandwidthPort is where [MeasuringBandwidth] makes a backend's pod listen.
	bandwidthPort = 5001
	// bandwidthEntry is the name of the report entry of a [Bandwidth].
	bandwidthEntry = "bandwidth"
)

// MeasuringBandwidth adds an iperf2 server to a backend's pod; the Service port for
// it is [BandwidthPort].
func MeasuringBandwidth(families ...v1.IPFamily) func(*v1.Pod) {
	return func(pod *v1.Pod) {
		server := e2epod.NewAgnhostContainer("iperf", nil, nil)
		server.Command = []string{"iperf", "-s", "-p", strconv.Itoa(bandwidthPort)}
		if slices.Contains(families, v1.IPv6Protocol) {
			server.Command = append(server.Command, "-V") // which is both families
		}
		server.ReadinessProbe = &v1.Probe{
			ProbeHandler:  v1.ProbeHandler{TCPSocket: &v1.TCPSocketAction{Port: intstr.FromInt(bandwidthPort)}},
			PeriodSeconds: 1,
		}
		pod.Spec.Containers = append(pod.Spec.Containers, server)
	}
}

// BandwidthPort returns a port of a Service for [MeasuringBandwidth].
func BandwidthPort(port int32) v1.ServicePort {
	return Targeting(ServicePort(port, v1.ProtocolTCP), intstr.FromInt(bandwidthPort))
}

// BandwidthOf returns the column of the server in a backend's pod, by the pod's own
// address.
func BandwidthOf(b *Backend, family v1.IPFamily) matrix.Column {
	column := b.direct(transport{v1.ProtocolTCP, family})
	column.Port = bandwidthPort
	return column
}

// bandwidthTool measures with iperf2. The answer is a number of bits per second.
var bandwidthTool = tool{
	command: func(p Probe) string {
		version := ""
		if ipFamily(p.Address) == v1.IPv6Protocol {
			version = " -V"
		}
		return fmt.Sprintf("timeout %d iperf%s -c %s -p %d -t %d --reportstyle C 2>&1",
			bandwidthSeconds+int(dialTimeout.Seconds()), version, p.Address, p.Port, bandwidthSeconds)
	},
	parse: func(output, _ string) matrix.Observation {
		// The last line is the sum of all before it:
		// time,address,port,address,port,id,interval,bytes,bits per second
		lines := strings.Split(strings.TrimSpace(output), "\n")
		fields := strings.Split(lines[len(lines)-1], ",")
		if len(fields) >= 9 {
			if bits, err := strconv.ParseFloat(strings.TrimSpace(fields[8]), 64); err == nil && bits > 0 {
				return answered(strconv.FormatFloat(bits, 'f', 0, 64), 1)
			}
		}
		outcome := classifyError(strings.ToLower(output))
		if outcome == matrix.Error {
			outcome = matrix.TimedOut // killed, without a word
		}
		return failed(outcome, 1, shorten(output))
	},
}

// Bandwidth is how fast sources could send to destinations, in megabits per second.
type Bandwidth struct {
	Title string `json:"title"`
	// Rows and Columns are the names of sources and destinations.
	Rows    []string `json:"rows"`
	Columns []string `json:"columns"`
	// Megabits is 0 where nothing could be sent.
	Megabits [][]float64 `json:"megabitsPerSecond"`
	// Errors says why.
	Errors []string `json:"errors,omitempty"`
}

// MeasureBandwidth measures each cell by itself, one after the other, from every
// client on the pod network: [bandwidthSeconds] of one TCP connection. A cell that
// is below the minimum, in megabits per second, is measured again twice and the
// best counts, for what is slow once may have met a busy machine.
func (t *Topology) MeasureBandwidth(ctx context.Context, title string, minimum float64, columns []matrix.Column) *Bandwidth {
	ginkgo.GinkgoHelper()
	const attempts = 3
	framework.ExpectNoError(t.awaitProxies(ctx), "waiting for the Service proxies")
	b := &Bandwidth{Title: title}
	for _, column := range columns {
		b.Columns = append(b.Columns, column.Name)
	}
	for _, row := range t.rows(nil) {
		if row.Kind != matrix.SourcePod {
			continue
		}
		b.Rows = append(b.Rows, row.Name)
		var measured []float64
		for _, column := range columns {
			best, lastError := 0.0, ""
			for range attempts {
				seen, err := t.prober.Probe(ctx, Probe{
					Source: row.Name, Address: column.Address, Port: column.Port, Protocol: v1.ProtocolTCP, Request: bandwidthRequest, Tries: 1,
				})
				framework.ExpectNoError(err, "measuring from %s to %s", row.Name, column.Name)
				lastError = seen.LastError
				for answer := range seen.Answers {
					bits, err := strconv.ParseFloat(answer, 64)
					framework.ExpectNoError(err, "reading what iperf has measured")
					best = max(best, bits/1e6)
				}
				if best >= minimum {
					break
				}
			}
			if best == 0 {
				b.Errors = append(b.Errors, fmt.Sprintf("%s -> %s: %s", row.Name, column.Name, lastError))
			}
			measured = append(measured, best)
		}
		b.Megabits = append(b.Megabits, measured)
	}
	ginkgo.AddReportEntry(bandwidthEntry, b, types.ReportEntryVisibilityFailureOrVerbose)
	progress.print(b.Title + "\n" + b.String())
	return b
}

// Below returns the cells, by row and column, that did not reach a minimum.
func (b *Bandwidth) Below(minimum float64) []string {
	var below []string
	for r, row := range b.Rows {
		for c, column := range b.Columns {
			if b.Megabits[r][c] < minimum {
				below = append(below, fmt.Sprintf("%s -> %s: %.0f", row, column, b.Megabits[r][c]))
			}
		}
	}
	return below
}

// String returns the measurements as a table.
func (b *Bandwidth) String() string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "Mbit/s from \\ to\t"+strings.Join(b.Columns, "\t"))
	for r, row := range b.Rows {
		fmt.Fprint(w, row)
		for _, megabits := range b.Megabits[r] {
			fmt.Fprintf(w, "\t%.0f", megabits)
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush() // into memory
	for _, line := range b.Errors {
		text.WriteString(line + "\n")
	}
	return text.String()
}
