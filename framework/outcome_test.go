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
	"testing"

	"sigs.k8s.io/service-e2e/matrix"
)

func TestClassifyError(t *testing.T) {
	// The texts are agnhost's own, as seen on clusters.
	for text, want := range map[string]matrix.Outcome{
		`Get "http://10.96.67.5:80/hostname": dial tcp 10.96.67.5:80: connect: connection refused`:                             matrix.Refused,
		`reading from udp connection failed. err:'read udp 10.244.1.5:40000->10.96.67.5:80: read: connection refused'`:         matrix.Refused,
		`Get "http://192.0.2.1:8080/hostname": dial tcp 192.0.2.1:8080: i/o timeout`:                                           matrix.TimedOut,
		`Get "http://192.0.2.1:8080/x": context deadline exceeded (Client.Timeout exceeded while awaiting headers)`:            matrix.TimedOut,
		`reading from udp connection failed. err:'read udp 10.244.1.5:40000->192.0.2.1:80: i/o timeout'`:                       matrix.TimedOut,
		`dial tcp 10.96.67.5:80: connect: connection timed out`:                                                                matrix.TimedOut,
		`udp connection write failed. err:write udp 172.18.0.11:40000->10.96.67.5:80: write: operation not permitted`:          matrix.Prohibited,
		`Get "http://10.244.9.9:8080/x": dial tcp 10.244.9.9:8080: connect: no route to host`:                                  matrix.Unreachable,
		`dial tcp 198.51.100.1:80: connect: network is unreachable`:                                                            matrix.Unreachable,
		`Get "http://10.96.67.5:80/x": read tcp 10.244.1.5:40000->10.96.67.5:80: read: connection reset by peer`:               matrix.Unreachable,
		`Get "http://10.96.67.5:80/x": EOF`:                                                                                    matrix.Unreachable,
		`host and/or port param are invalid. lookup nosuch.default.svc.cluster.local on 10.96.0.10:53: no such host`:           matrix.NoSuchName,
		`host and/or port param are invalid. lookup a.svc on 10.96.0.10:53: read udp 10.244.1.5:1->10.96.0.10:53: i/o timeout`: matrix.TimedOut,
		`host and/or port param are invalid. lookup a.svc on 10.96.0.10:53: server misbehaving`:                                matrix.Unreachable,
		`something nobody has seen before`:                                                                                     matrix.Error,
		``:                                                                                                                     matrix.Error,
	} {
		if got := classifyError(text); got != want {
			t.Errorf("classifyError(%q) = %s, want %s", text, got, want)
		}
	}
}
