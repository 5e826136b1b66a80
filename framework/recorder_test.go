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
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestReadRecording(t *testing.T) {
	const output = `round 100
{"responses":["b1"]}
{"responses":["b2"]}
round 101
{"errors":["i/o timeout"]}
no answer
round 102
{"responses":["b1"]}
`
	at := func(seconds int64, reply string) recordedProbe {
		return recordedProbe{begun: time.Unix(seconds, 0), reply: reply}
	}
	want := [][]recordedProbe{
		{at(100, `{"responses":["b1"]}`), at(101, `{"errors":["i/o timeout"]}`)},
		{at(100, `{"responses":["b2"]}`), at(101, "no answer")}, // the last round was cut short
	}
	if diff := cmp.Diff(want, readRecording(output, 2), cmp.AllowUnexported(recordedProbe{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := readRecording("nonsense", 1); len(got[0]) != 0 {
		t.Errorf("got %v of nonsense", got)
	}
}
