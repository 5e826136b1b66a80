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
	"strconv"
	"strings"

	v1 "k8s.io/api/core/v1"

	"sigs.k8s.io/service-e2e/matrix"
)

// sizeRequest precedes the number of bytes in requests by [OfSize]. Package matrix
// knows it too, to tell when it is the size that matters.
const sizeRequest = "size="

// dialUDPBuffer is how much of a datagram agnhost's /dial keeps. What is longer
// has to arrive as a whole all the same: there is no half a datagram.
const dialUDPBuffer = 2048

// OfSize turns columns into ones whose requests have about, and whose answers
// have exactly, this many bytes. The answers are the names of backends, which
// have to be [Answering] that size; one that came back damaged is nobody's.
//
// agnhost takes 1 MiB in one request over TCP at most, and 64 KiB over UDP; an
// answer is an environment variable, which Linux limits to 128 KiB.
func OfSize(columns []matrix.Column, size int) []matrix.Column {
	return asking(columns, fmt.Sprintf("%%s, %d bytes", size), sizeRequest+strconv.Itoa(size))
}

// Answering makes a backend able to answer with so many bytes each, see [OfSize].
func Answering(sizes ...int) func(*Backend, *v1.Container) {
	return func(_ *Backend, c *v1.Container) {
		for _, env := range c.Env {
			if env.Name != identityVariable {
				continue
			}
			for _, size := range sizes {
				c.Env = append(c.Env, v1.EnvVar{Name: sizeVariable(size), Value: padded(env.Value, size)})
			}
			return
		}
	}
}

// sizeOf returns the number of bytes of a request by OfSize, or 0.
func sizeOf(request Request) int {
	digits, found := strings.CutPrefix(string(request), sizeRequest)
	if !found {
		return 0
	}
	size, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return size
}

// sizeVariable is the environment variable that holds the answer of a size.
func sizeVariable(size int) string {
	return fmt.Sprintf("%s_%d", identityVariable, size)
}

// padded returns an identity followed by what depends on the place that it
// stands at, so that no piece of it can be lost, doubled or swapped unnoticed.
func padded(identity string, size int) string {
	var text strings.Builder
	text.WriteString(identity + " ")
	for text.Len() < size {
		fmt.Fprintf(&text, "%d.", text.Len())
	}
	return text.String()[:size]
}

// unpadded returns the identity in an answer of a size, if it came back complete.
func unpadded(answer string, size int, protocol v1.Protocol) string {
	who, _, _ := strings.Cut(answer, " ")
	whole := max(size, len(who)+1)
	if expected := padded(who, whole)[:size]; answer == expected ||
		protocol == v1.ProtocolUDP && size > dialUDPBuffer && answer == expected[:dialUDPBuffer] {
		return who
	}
	return fmt.Sprintf("damaged, %d bytes: %s", len(answer), answer)
}

// padding stands for what fills up a request in its URL.
const padding = "PADDING"

// sizedRequest returns the request of /dial for a size, filled up with the
// padding's stand-in, how many characters of which kind the padding has, and
// with which a shell prints that.
func sizedRequest(p Probe) (request, fill string, count int, byHand string) {
	size := sizeOf(p.Request)
	if p.Protocol == v1.ProtocolUDP {
		// agnhost takes no notice of blanks at the end of a datagram.
		request = "envvar " + sizeVariable(size)
		count = max(0, size-len(request))
		return request + padding, "+", count, fmt.Sprintf("$(printf %%0%dd 0 | tr 0 +)", count)
	}
	request = "envvar?var=" + sizeVariable(size) + "&padding="
	count = max(1, size-len(request))
	return request + padding, "0", count, fmt.Sprintf("$(printf %%0%dd 0)", count)
}

// sizedDialURL is [DialURL] for a request by OfSize.
func sizedDialURL(base string, p Probe) string {
	request, fill, count, _ := sizedRequest(p)
	return strings.Replace(dialURL(base, p, request), padding, strings.Repeat(fill, count), 1)
}

// sizedByHand returns the URL of sizedDialURL, without its padding, for a shell
// that finds it between double quotes.
func sizedByHand(base string, p Probe) string {
	request, _, _, byHand := sizedRequest(p)
	return strings.Replace(dialURL(base, p, request), padding, byHand, 1)
}
