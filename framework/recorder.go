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
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	utilrand "k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/kubernetes/test/e2e/framework"

	"sigs.k8s.io/service-e2e/matrix"
)

// Recorded makes the sources probe by themselves and keep what they see until the
// end: for events that cut the way to them, which leads through the API server.
// The spec fails if a source has made no probe of a cell for longer than the
// pause, for then it may have missed the event. The off-cluster client is reached
// by another way, and probes as ever.
func Recorded(pause time.Duration) StreamOption {
	return func(s *Stream) { s.recordedPause = pause }
}

// longestRecording is how long a source records at most, should nobody be left
// to end it.
const longestRecording = 10 * time.Minute

// recorder is a script in the pod of one source that probes cells of its row.
type recorder struct {
	source *source
	dialer *dialer
	dir    string
	cells  []matrix.Cell
}

// record starts a recorder in the pod of each source, and returns the cells of
// the sources that have none.
func (s *Stream) record(ctx context.Context, cells []matrix.Cell) []matrix.Cell {
	ginkgo.GinkgoHelper()
	byRow := map[int]*recorder{}
	others := slices.DeleteFunc(slices.Clone(cells), func(cell matrix.Cell) bool {
		source := s.t.source(s.sweep.table.Row(cell.Row).Name)
		if source == nil || source.Pod == "" {
			return false
		}
		r := byRow[cell.Row]
		if r == nil {
			r = &recorder{source: source, dialer: s.t.prober.dialer(source), dir: "/tmp/recorded-" + utilrand.String(8)}
			byRow[cell.Row] = r
			s.recorders = append(s.recorders, r)
		}
		r.cells = append(r.cells, cell)
		return true
	})
	for _, r := range s.recorders {
		_, err := r.shell(ctx, r.begin(s))
		framework.ExpectNoError(err, "making %s probe by itself", r.source.Row.Name)
	}
	return others
}

// recordingPause is the pause between two rounds of a recorder.
const recordingPause = 500 * time.Millisecond

// begin is the script that begins to record: rounds of one probe of each cell,
// which append the time and agnhost's replies, one in a line, to a file.
func (r *recorder) begin(s *Stream) string {
	var probes []string
	for _, cell := range r.cells {
		probes = append(probes, quoted(DialURL(fmt.Sprintf("http://localhost:%d", r.source.Port), s.question(cell))))
	}
	// The blank keeps the line of a probe that curl could not make. One process
	// for all: a machine has better to do than to start hundreds in
	// a second.
	round := fmt.Sprintf(`date +%s; curl -s -m %.0f -w ' \n' %s`, "'"+roundMark+"%s'", (2 * dialTimeout).Seconds(), strings.Join(probes, " "))
	return fmt.Sprintf("mkdir -p %s && ", r.dir) + detached(fmt.Sprintf(
		"n=0; while [ $n -lt %d ] && [ ! -e %s/end ]; do n=$((n+1)); %s; sleep %.1f; done >%s/rounds; touch %s/ended",
		int(longestRecording/recordingPause), r.dir, round, recordingPause.Seconds(), r.dir, r.dir))
}

// end is the script that ends the recording and prints all of it.
func (r *recorder) end() string {
	return fmt.Sprintf(`cd %s && touch end && while [ ! -e ended ]; do sleep 0.2; done; grep -v '^$' rounds; rm -rf %s`, r.dir, r.dir)
}

// shell runs a script in the pod of the source.
func (r *recorder) shell(ctx context.Context, script string) (string, error) {
	var lastErr error
	for range tunnelAttempts {
		status, body, err := r.dialer.get(ctx, shellURL(r.dialer.base, script), 2*dialTimeout)
		if err != nil {
			lastErr = err
			continue
		}
		var reply struct {
			Output string `json:"output"`
			Error  string `json:"error"`
		}
		if err := json.Unmarshal(body, &reply); err != nil || status != http.StatusOK || reply.Error != "" {
			return "", fmt.Errorf("agnhost replied %d: %s %s", status, shorten(string(body)), reply.Error)
		}
		return reply.Output, nil
	}
	return "", lastErr
}

// question returns one try of a cell.
func (s *Stream) question(cell matrix.Cell) Probe {
	row, column := s.sweep.table.Row(cell.Row), s.sweep.table.Column(cell.Column)
	return Probe{
		Source: row.Name, Address: column.Address, Port: column.Port,
		Protocol: v1.Protocol(column.Protocol), Request: Request(column.Request), Tries: 1,
	}
}

// collectRecorded ends all recordings and puts what they hold where the stream's
// own probes are.
func (s *Stream) collectRecorded(ctx context.Context) {
	ginkgo.GinkgoHelper()
	for _, r := range s.recorders {
		output, err := r.shell(ctx, r.end())
		framework.ExpectNoError(err, "collecting what %s has recorded", r.source.Row.Name)
		recorded := readRecording(output, len(r.cells))
		for i, cell := range r.cells {
			row, column := s.sweep.table.Row(cell.Row), s.sweep.table.Column(cell.Column)
			if len(recorded[i]) == 0 {
				framework.Failf("%s has recorded nothing of %s", row.Name, column.Name)
			}
			var before time.Time
			var p streamed
			g := &s.gaps[cell.Row][cell.Column]
			for _, one := range recorded[i] {
				seen := s.named(cell, parseDialReply(s.question(cell), http.StatusOK, []byte(one.reply)))
				if pause := one.begun.Sub(before); !before.IsZero() && pause > s.recordedPause && seen.Failures() == 0 {
					framework.Failf("%s -> %s was not probed for %v, want no more than %v: the machine is too busy", row.Name, column.Name, pause, s.recordedPause)
				}
				before = one.begun
				seen = s.ordered(cell, &p, seen)
				g.note(s.sweep.table.Refuted(cell.Row, cell.Column, seen), one.begun, one.begun)
				s.grid[cell.Row][cell.Column] = s.grid[cell.Row][cell.Column].Merge(s.admit(cell, &p, seen, one.begun))
				s.sweep.tries++
			}
			s.grid[cell.Row][cell.Column] = s.grid[cell.Row][cell.Column].Merge(p.failing)
		}
	}
}

// named gives the answers of an observation the names that the table knows.
func (s *Stream) named(cell matrix.Cell, seen matrix.Observation) matrix.Observation {
	named := matrix.Observation{Outcomes: seen.Outcomes, LastError: seen.LastError}
	for answer, tries := range seen.Answers {
		answer = s.sweep.name(s.sweep.table.Row(cell.Row).Name, Request(s.sweep.table.Column(cell.Column).Request), answer)
		named = named.Merge(matrix.Observation{Answers: map[string]int{answer: tries}})
	}
	return named
}

// recordedProbe is one probe of a recording: when it began, by the clock of its
// source to the second, and what agnhost replied.
type recordedProbe struct {
	begun time.Time
	reply string
}

// roundMark begins the line of a recording that holds the time of a round.
const roundMark = "round "

// readRecording returns the probes of each cell. The last round may have been
// cut short, and is left out if it has.
func readRecording(output string, cells int) [][]recordedProbe {
	recorded := make([][]recordedProbe, cells)
	for round := range strings.SplitSeq(output, roundMark) {
		lines := strings.Split(strings.TrimRight(round, "\n"), "\n")
		seconds, err := strconv.ParseInt(strings.TrimSpace(lines[0]), 10, 64)
		if err != nil || len(lines) != cells+1 {
			continue
		}
		for i, reply := range lines[1:] {
			recorded[i] = append(recorded[i], recordedProbe{begun: time.Unix(seconds, 0), reply: reply})
		}
	}
	return recorded
}
