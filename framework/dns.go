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
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/test/e2e/framework"

	"sigs.k8s.io/service-e2e/matrix"
)

// The words that requests for DNS records begin with: to the server that the
// source's /etc/resolv.conf names, or to the address of the column.
const (
	dnsRequest       = "dns"
	dnsServerRequest = "dnsat"
)

// Lookup asks the source's C library for the addresses of a name, as most
// programs do. The answers are [Records]. That there are none, be it for the
// lack of a name, of a record or of an answer, is NX: the library does not tell
// (a query by [Topology.DNS] does).
const Lookup Request = "lookup"

// noRecords is the answer to a query for a name that exists, but has no record
// of the type (RFC 2308 calls it NODATA). A name that does not exist is NX.
const noRecords = "none"

// Records returns the answer that holds exactly these records, in any order.
// Those of the spec's own objects go by their names: the address of a backend is
// the backend's name, that of a Service is [VIPRecord], and the DNS name of a
// Service in the spec's namespace is its first part. Everything else is as it
// is, without the dot at the end of names.
func Records(records ...string) string {
	if len(records) == 0 {
		return noRecords
	}
	records = slices.Clone(records)
	slices.Sort(records)
	return strings.Join(slices.Compact(records), "+")
}

// VIPRecord is the record that holds a ClusterIP of a Service.
func VIPRecord(service string) string { return "VIP(" + service + ")" }

// SRVRecord is the SRV record that leads to a port of the target, which is given
// by the record that holds its address.
func SRVRecord(target string, port int32) string {
	return net.JoinHostPort(target, strconv.Itoa(int(port)))
}

// AddressRecord returns the type of the records that hold addresses of a family.
func AddressRecord(family v1.IPFamily) string {
	if family == v1.IPv6Protocol {
		return "AAAA"
	}
	return "A"
}

// DNSName returns the full name of something in the spec's namespace by the first
// part of its name, with the dot at its end that makes it absolute.
func (t *Topology) DNSName(name string) string {
	return name + "." + t.f.Namespace.Name + serviceZone() + "."
}

// serviceZone is the end of the name of every Service, its namespace before it.
func serviceZone() string { return ".svc." + framework.TestContext.ClusterDNSDomain }

// PTRName returns the name under which the name of an address is looked up
// (RFC 1035 section 3.5, RFC 3596 section 2.5).
func PTRName(address string) string {
	ip, err := netip.ParseAddr(address)
	framework.ExpectNoError(err, "the reverse name of an address")
	var labels []string
	for _, octet := range ip.AsSlice() {
		if ip.Is4() {
			labels = append(labels, strconv.Itoa(int(octet)))
			continue
		}
		labels = append(labels, strconv.FormatUint(uint64(octet>>4), 16), strconv.FormatUint(uint64(octet&15), 16))
	}
	slices.Reverse(labels)
	zone := ".in-addr.arpa."
	if ip.Is6() {
		zone = ".ip6.arpa."
	}
	return strings.Join(labels, ".") + zone
}

// DNS returns the column of a DNS query for a name and a record type, such as A
// or SRV, sent to the server of the source's /etc/resolv.conf over UDP; a type
// like "A/tcp" is asked for over TCP. A name without a dot at its end is looked
// up by the search path. The answers are [Records]; that of an SRV record is
// [SRVRecord], after its target has been looked up in turn. A server that fails
// (SERVFAIL and the like) is U.
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

// Lookup returns the column of a look-up by the source's C library, see [Lookup].
func (t *Topology) Lookup(label, name string) matrix.Column {
	return matrix.Column{
		Name:    label + " libc",
		Kind:    matrix.FrontendDNS,
		Role:    matrix.RoleSubject,
		Address: name,
		Port:    53,
		Request: string(Lookup),
	}
}

// ResolvesOutside tells whether the cluster's DNS gets answers about names outside
// of the cluster. If not, a name that no search path completes is not unknown,
// but ends in a failure or a time limit of the servers outside.
func (t *Topology) ResolvesOutside(ctx context.Context) bool {
	ginkgo.GinkgoHelper()
	// A name that does not exist by definition (RFC 6761 section 6.4).
	seen, err := t.prober.Probe(ctx, Probe{Source: t.sources[0].Row.Name, Address: "nosuch.invalid.", Request: dnsRequest + ":A", Tries: 3})
	framework.ExpectNoError(err, "asking for a name outside of the cluster")
	return seen.Outcomes[matrix.NoSuchName] == seen.Tries()
}

// AskingDNS turns columns of DNS servers into DNS queries to them, over the
// column's protocol.
func AskingDNS(columns []matrix.Column, name, recordType string) []matrix.Column {
	return asking(columns, "%s", strings.Join([]string{dnsServerRequest, recordType, name}, ":"))
}

// dnsControls returns the controls beside subjects that are DNS queries: the
// name of the bystander (K3), and one that does not exist (K4).
func (t *Topology) dnsControls(subjects []matrix.Column) []control {
	if !slices.ContainsFunc(subjects, func(c matrix.Column) bool { return asksRecords(Request(c.Request)) && c.Kind == matrix.FrontendDNS }) {
		return nil
	}
	inShared := "." + t.bystander.Namespace + serviceZone() + "."
	bystander := t.DNS("bystander", t.bystander.Name+inShared, AddressRecord(t.Families[0]))
	bystander.Role = matrix.RoleBystander
	unknown := t.DNS("unknown name", "nosuch"+inShared, AddressRecord(t.Families[0]))
	unknown.Role = matrix.RoleEmptySibling
	return []control{
		{bystander, matrix.Connect(VIPRecord(t.bystander.Name))},
		{unknown, matrix.NoName()},
	}
}

// asksRecords tells whether the answers to a request are [Records].
func asksRecords(request Request) bool {
	word, _, _ := strings.Cut(string(request), ":")
	return slices.Contains([]string{dnsRequest, dnsServerRequest, string(Lookup), environmentRequest}, word)
}

// nameRecords gives the records of an answer the names that tables know.
func (t *Topology) nameRecords(answer string) string {
	records := strings.Split(answer, "+")
	for i, record := range records {
		records[i] = t.nameRecord(record)
	}
	return Records(records...)
}

func (t *Topology) nameRecord(record string) string {
	if host, port, err := net.SplitHostPort(record); err == nil {
		return net.JoinHostPort(t.nameRecord(host), port)
	}
	for _, b := range t.allBackends() {
		if slices.Contains(podIPs(b.Pod), record) {
			return b.Name
		}
	}
	for _, s := range append(slices.Clone(t.services), t.bystander) {
		if slices.Contains(s.Spec.ClusterIPs, record) {
			return VIPRecord(s.Name)
		}
	}
	return strings.TrimSuffix(record, "."+t.f.Namespace.Name+serviceZone())
}

// digTool asks with dig, which makes all tries in one run: each from a socket of
// its own, at a small part of what a process for each would cost.
var digTool = tool{
	quick: true,
	command: func(p Probe) string {
		word, question, _ := strings.Cut(string(p.Request), ":")
		recordType, name, _ := strings.Cut(question, ":")
		recordType, tcp := strings.CutSuffix(recordType, "/tcp")
		if word == dnsServerRequest {
			tcp = p.Protocol == v1.ProtocolTCP
		}
		// Once more if there is no answer, as every resolver does: a name server
		// may be too busy for a datagram. Whether each gets through to it is for
		// queries to a server to say. Over TCP the kernel asks again, and dig
		// would count each attempt of its own as a query that has failed.
		attempts := "+tries=2 +time=3"
		if word == dnsServerRequest || tcp {
			attempts = "+tries=1 +time=5"
		}
		dig := "dig " + attempts
		if word == dnsServerRequest {
			dig += fmt.Sprintf(" @%s -p %d", p.Address, p.Port)
		} else {
			name = p.Address
		}
		dig += " +noall +comments +answer +search"
		if tcp {
			dig += " +tcp"
		}
		command := dig + strings.Repeat(fmt.Sprintf(" %s %s", quoted(name), recordType), max(1, p.Tries))
		if recordType == "SRV" {
			// Whom the records lead to is part of the promise.
			command = fmt.Sprintf(`found=$(%s); echo "$found"; set -- $(echo "$found" | awk '$4 == "SRV" { print $8, "A", $8, "AAAA" }' | sort -u); [ $# -eq 0 ] || dig +tries=2 +time=3 +noall +answer "$@"`, command)
		}
		return command
	},
	parseAll: func(p Probe, output string) matrix.Observation {
		_, question, _ := strings.Cut(string(p.Request), ":")
		recordType, _, _ := strings.Cut(question, ":")
		recordType, _ = strings.CutSuffix(recordType, "/tcp")
		var seen matrix.Observation
		targets := addressesOf(output, recordType)
		for _, reply := range repliesIn(output) {
			seen = seen.Merge(reply.observe(recordType, targets))
		}
		return seen
	},
}

// dnsReply is what became of one query.
type dnsReply struct {
	// status is the reply's, empty if there was none.
	status string
	// trouble is why there was none, in dig's words.
	trouble string
	// records are the records of the answer section, by their fields.
	records [][]string
}

// repliesIn returns what became of each query that dig was told to make.
func repliesIn(output string) []dnsReply {
	var replies []dnsReply
	var trouble string
	open := false // whether records belong to the last reply
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if _, header, ok := strings.Cut(line, "->>HEADER<<-"); ok {
			_, status, _ := strings.Cut(header, "status: ")
			status, _, _ = strings.Cut(status, ",")
			replies = append(replies, dnsReply{status: status})
			trouble, open = "", true
			continue
		}
		if strings.HasPrefix(line, ";; no servers could be reached") {
			replies = append(replies, dnsReply{trouble: trouble})
			trouble, open = "", false
			continue
		}
		if strings.HasSuffix(strings.TrimSuffix(line, "."), "timed out") || strings.HasSuffix(strings.TrimSuffix(line, "."), "refused") {
			trouble = line
		}
		if fields := strings.Fields(line); open && !strings.HasPrefix(line, ";") && len(fields) >= 5 && fields[2] == "IN" {
			last := &replies[len(replies)-1]
			last.records = append(last.records, fields)
		}
	}
	return replies
}

// addressesOf returns the addresses by name that the output holds, if those of
// the targets of SRV records are of interest.
func addressesOf(output, recordType string) map[string][]string {
	if recordType != "SRV" {
		return nil
	}
	addresses := map[string][]string{}
	for line := range strings.Lines(output) {
		if fields := strings.Fields(line); len(fields) >= 5 && (fields[3] == "A" || fields[3] == "AAAA") {
			addresses[fields[0]] = append(addresses[fields[0]], fields[4])
		}
	}
	return addresses
}

// observe returns what the reply to one query is worth.
func (r dnsReply) observe(recordType string, targets map[string][]string) matrix.Observation {
	switch {
	case r.status == "NOERROR":
		return answered(Records(r.values(recordType, targets)...), 1)
	case r.status == "NXDOMAIN":
		return failed(matrix.NoSuchName, 1, r.status)
	case r.status != "":
		return failed(matrix.Unreachable, 1, "the name server replied "+r.status)
	case strings.Contains(r.trouble, "refused"):
		return failed(matrix.Refused, 1, shorten(r.trouble))
	case strings.Contains(r.trouble, "timed out"):
		return failed(matrix.TimedOut, 1, shorten(r.trouble))
	default:
		return failed(matrix.Error, 1, "dig has reached no server: "+shorten(r.trouble))
	}
}

// values returns the values of the records of a type. An alias on the way there
// does not count, unless it leads nowhere.
func (r dnsReply) values(recordType string, targets map[string][]string) []string {
	var aliases, values []string
	for _, fields := range r.records {
		value := strings.TrimSuffix(fields[4], ".")
		switch {
		case fields[3] == "SRV" && len(fields) >= 8:
			target, port := fields[7], fields[6]
			for _, address := range targets[target] {
				values = append(values, net.JoinHostPort(address, port))
			}
			if len(targets[target]) == 0 {
				values = append(values, net.JoinHostPort(strings.TrimSuffix(target, "."), port))
			}
		case fields[3] == recordType:
			values = append(values, value)
		case fields[3] == "CNAME":
			aliases = append(aliases, value)
		}
	}
	if len(values) == 0 {
		return aliases
	}
	return values
}

// lookupTool asks the C library with getent.
var lookupTool = tool{
	quick: true,
	command: func(p Probe) string {
		// The library asks again, as everyone's does, because a name server may
		// be too busy for a datagram: but by default only when our time is over.
		// For getent it is all the same whether there is no such name or nobody who
		// would say so; the second takes as long as all attempts.
		return fmt.Sprintf("begun=$(date +%%s); RES_OPTIONS='timeout:2 attempts:2' timeout %.0f getent ahosts %s; code=$?; "+
			"[ $code -ne 2 ] || [ $(($(date +%%s) - begun)) -lt 4 ] || code=124; (exit $code)", dialTimeout.Seconds(), quoted(p.Address))
	},
	parse: func(output, exitCode string) matrix.Observation {
		switch exitCode {
		case "0":
			var addresses []string
			for line := range strings.Lines(output) {
				if fields := strings.Fields(line); len(fields) > 0 {
					addresses = append(addresses, fields[0])
				}
			}
			return answered(Records(addresses...), 1)
		case "2":
			return failed(matrix.NoSuchName, 1, "getent has found nothing")
		case "124", "143":
			return failed(matrix.TimedOut, 1, "getent got no answer in time")
		default:
			return failed(matrix.Error, 1, "getent: "+shorten(output))
		}
	},
}
