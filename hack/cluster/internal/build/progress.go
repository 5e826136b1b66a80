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

package build

import (
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// plainInterval is how often progress is reported where lines stay, as in the
// log of a CI job; barInterval is for a terminal.
const (
	plainInterval = 15 * time.Second
	barInterval   = 250 * time.Millisecond
)

// progress reports on a sequence of steps.
type progress struct {
	out io.Writer

	mu       sync.Mutex
	bar      *progressbar.ProgressBar // nil unless out is a terminal
	forecast forecast
	name     string
	begun    time.Time // the whole
	started  time.Time // the current step
	units    int64     // of work in the current step, 0 if not known
	done     *atomic.Int64

	stop func()
}

// newProgress begins to report.
func newProgress(out io.Writer, tasks []task) *progress {
	p := &progress{
		out:      out,
		forecast: forecast{tasks: tasks},
		begun:    time.Now(),
		done:     new(atomic.Int64),
	}
	interval := plainInterval
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		interval = barInterval
		p.bar = progressbar.NewOptions(1000,
			progressbar.OptionSetWriter(out),
			progressbar.OptionFullWidth(),
			progressbar.OptionSetPredictTime(false),
			progressbar.OptionSetElapsedTime(false),
			progressbar.OptionClearOnFinish(),
		)
	}
	p.stop = every(interval, p.tick)
	return p
}

// every calls do at intervals until the returned function is called.
func every(interval time.Duration, do func()) (stop func()) {
	over, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-over:
				return
			case <-ticker.C:
				do()
			}
		}
	}()
	return func() {
		close(over)
		<-stopped
	}
}

// begin says that a step starts, and of how many units it consists if that is
// known. The step adds to the returned counter as it finishes units.
func (p *progress) begin(name string, units int) *atomic.Int64 {
	p.mu.Lock()
	p.name, p.started = name, time.Now()
	p.units, p.done = int64(units), new(atomic.Int64)
	counter := p.done
	p.mu.Unlock()
	if p.bar != nil {
		p.tick()
	}
	return counter
}

// finish says that the current step is done, and returns how long it took.
func (p *progress) finish() time.Duration {
	p.mu.Lock()
	took := time.Since(p.started)
	p.forecast.finish(took)
	name := p.name
	p.name = ""
	p.mu.Unlock()
	p.line(fmt.Sprintf("%-16s built in %s", name, exactly(took)))
	return took
}

// line prints a line above the bar.
func (p *progress) line(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Clear()
	}
	fmt.Fprintln(p.out, text)
}

// end stops reporting.
func (p *progress) end() {
	p.stop()
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

// tick reports once.
func (p *progress) tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.name == "" {
		return
	}
	now := time.Now()
	text, share := p.status(now)
	if p.bar == nil {
		fmt.Fprintln(p.out, text)
		return
	}
	p.bar.Describe(text)
	_ = p.bar.Set(int(share * 1000))
}

// status is the line for the given time, and the share of the whole that is
// done. The share stays below one, as the bar calls it a day there.
func (p *progress) status(now time.Time) (string, float64) {
	elapsed := now.Sub(p.begun)
	fraction := 0.0
	if p.units > 0 {
		fraction = float64(p.done.Load()) / float64(p.units)
	}
	remaining := p.forecast.remaining(now.Sub(p.started), fraction)
	text := fmt.Sprintf("building %s (%d of %d), %s elapsed, %s left",
		p.name, p.forecast.current+1, len(p.forecast.tasks), elapsed.Round(time.Second), about(remaining))
	return text, min(float64(elapsed)/float64(elapsed+remaining+1), 0.999)
}
