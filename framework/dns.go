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
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/service-e2e/matrix"
)

// dnsRequest is the word that requests for DNS records begin with.
const dnsRequest = "dns"

// noRecords is the answer to a query for a name that exists, but has no record
// of the type (RFC 2308 calls it NODATA). A name that does not exist is NX.
const noRecords = "none"

// Records returns the answer that holds exactly these records, in any order.
func Records(records ...string) string {
	if len(records) == 0 {
		return noRecords
	}
	records = slices.Clone(records)
	slices.Sort(records)
	return strings.Join(slices.Compact(records), "+")
}

// DNS returns the column of a DNS query for a name and a record type, such as A
// or SRV, sent to the server of the source's /etc/resolv.conf over UDP; a type
// like "A/tcp" is asked for over TCP. A name without a dot at its end is looked
// up by the search path. The answers are [Records]: an address of a backend by
// the backend's name, everything else as it is, without the dot at the end of
// names; SRV records read port:target.
func (t *Topology) DNS(label, name, recordType string) matrix.Column {
	return matrix.Column{
		Name:    fmt.Sprintf("%s %s", label, recordType),
		Kind:    matrix.FrontendDNS,
		Role:    matrix.RoleSubject,
		Address: name,
		Port:    53,
		Request: dnsRequest + ":" + recordType,
	}
}

// digTool asks with dig.
var digTool = tool{
	command: func(p Probe) string {
		_, recordType, _ := strings.Cut(string(p.Request), ":")
		recordType, tcp := strings.CutSuffix(recordType, "/tcp")
		options := "+search +tries=1 +time=5 +noall +comments +answer"
		if tcp {
			options += " +tcp"
		}
		return fmt.Sprintf("dig %s %s %s", options, quoted(p.Address), recordType)
	},
	parse: func(output, exitCode string) matrix.Observation {
		switch {
		case strings.Contains(output, "connection refused"):
			return failed(matrix.Refused, 1, shorten(output))
		case exitCode == "9", strings.Contains(output, "timed out"):
			return failed(matrix.TimedOut, 1, shorten(output))
		case strings.Contains(output, "status: NXDOMAIN"):
			return failed(matrix.NoSuchName, 1, "NXDOMAIN")
		case !strings.Contains(output, "status: NOERROR"):
			return failed(matrix.Error, 1, shorten(output))
		}
		return answered(Records(recordsOf(output)...), 1)
	},
}

// recordsOf returns the records of the type that was asked for from the answer
// section that dig prints: an alias on the way there does not count.
func recordsOf(output string) []string {
	var aliases, records []string
	for line := range strings.Lines(output) {
		fields := strings.Fields(line)
		if strings.HasPrefix(line, ";") || len(fields) < 5 || fields[2] != "IN" {
			continue
		}
		value := strings.TrimSuffix(fields[len(fields)-1], ".")
		switch fields[3] {
		case "CNAME":
			aliases = append(aliases, value)
			continue
		case "SRV":
			value = fields[len(fields)-2] + ":" + value
		}
		records = append(records, value)
	}
	if len(records) == 0 {
		return aliases
	}
	return records
}
