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
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
)

// program is a binary, and the package that it is built from.
type program struct {
	Name, Package string
}

// compilation is what the go command needs to know to build programs that
// share a module and flags.
type compilation struct {
	Component string // folder of the module
	Programs  []program
	Test      bool // the packages' test binaries instead of the packages
	CGO       bool
	Tags      []string
	LDFlags   []string
}

// key identifies the result of the compilation.
func (c compilation) key(root string, tool toolchain) (string, error) {
	return newKeyer().
		value("recipe", c).
		value("flags", c.flags()).
		value("environment", c.environment()).
		value("toolchain", []string{tool.version, tool.arch}).
		sources(componentDir(root, c.Component)).
		sum()
}

// flags are those that decide what is compiled, shared by build and list.
func (c compilation) flags() []string {
	flags := []string{"-trimpath", "-buildvcs=false"}
	if len(c.Tags) > 0 {
		flags = append(flags, "-tags", strings.Join(c.Tags, ","))
	}
	if len(c.LDFlags) > 0 {
		flags = append(flags, "-ldflags", strings.Join(c.LDFlags, " "))
	}
	return flags
}

// environment shields the build from the user's settings.
func (c compilation) environment() []string {
	cgo := "CGO_ENABLED=0"
	if c.CGO {
		cgo = "CGO_ENABLED=1"
	}
	return []string{cgo, "GOOS=linux", "GOFLAGS=-mod=readonly", "GOWORK=off"}
}

// amount is how many packages there are, and how many Go's own cache lacks.
type amount struct {
	all, stale int
}

// share is the part of the work that remains to be done.
func (a amount) share() float64 {
	if a.all == 0 {
		return 1
	}
	return float64(a.stale) / float64(a.all)
}

// survey downloads what is missing and tells for each package whether it is to
// be compiled, so that a resumed build does not claim to take as long as a
// first one. The packages are named so that equal names mean equal work.
func (c compilation) survey(ctx context.Context, root string, log io.Writer) (map[string]bool, error) {
	args := append([]string{"list", "-deps", "-f", surveyFormat}, c.flags()...)
	if c.Test {
		args = append(args, "-test")
	}
	for _, p := range c.Programs {
		args = append(args, p.Package)
	}
	var out bytes.Buffer
	err := run(ctx, &splitter{list: &out, log: log}, componentDir(root, c.Component), c.environment(), "go", args...)
	return readSurvey(out.String(), c.environment()[0]), err
}

const surveyFormat = "{{.Stale}}\t{{.ImportPath}}@{{with .Module}}{{.Version}}{{end}}\t{{.StaleReason}}"

// readSurvey reads the lines that survey asked for. What is not installed but
// in Go's cache counts as compiled.
func readSurvey(list, cgo string) map[string]bool {
	stale := map[string]bool{}
	for line := range strings.Lines(list) {
		fields := strings.Split(strings.TrimSpace(line), "\t")
		if len(fields) < 2 {
			continue
		}
		cached := len(fields) > 2 && strings.Contains(fields[2], "available in build cache")
		stale[fields[1]+" "+cgo] = fields[0] == "true" && !cached
	}
	return stale
}

// count sums up a survey, without the packages that have been counted before:
// by the time it comes to these they will have been compiled.
func count(survey, before map[string]bool) amount {
	var a amount
	for name, stale := range survey {
		if before[name] {
			continue
		}
		before[name] = true
		a.all++
		if stale {
			a.stale++
		}
	}
	return a
}

// splitter keeps the lines of survey's list apart from what else the go
// command says, which goes to the log.
type splitter struct {
	list, log io.Writer
	partial   []byte
}

func (s *splitter) Write(p []byte) (int, error) {
	s.partial = append(s.partial, p...)
	for {
		i := bytes.IndexByte(s.partial, '\n')
		if i < 0 {
			return len(p), nil
		}
		line := s.partial[:i+1]
		to := s.log
		if bytes.HasPrefix(line, []byte("true")) || bytes.HasPrefix(line, []byte("false")) {
			to = s.list
		}
		if _, err := to.Write(line); err != nil {
			return 0, err
		}
		s.partial = s.partial[i+1:]
	}
}

// build makes the programs in dir. It adds one to done for each package that
// has been compiled, unless these are test binaries.
func (c compilation) build(ctx context.Context, root, dir string, jobs int, log io.Writer, done *atomic.Int64) error {
	for _, p := range c.Programs {
		args := []string{"build", "-v"} // names each package that is compiled, in a line of its own
		if c.Test {
			args = []string{"test", "-c"} // has no such flag
		}
		args = append(args, c.flags()...)
		if jobs > 0 {
			args = append(args, "-p", strconv.Itoa(jobs))
		}
		args = append(args, "-o", filepath.Join(dir, p.Name), p.Package)
		err := run(ctx, &lineCounter{log, done}, componentDir(root, c.Component), c.environment(), "go", args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// lineCounter counts the lines that pass through it, except the one with which
// run begins.
type lineCounter struct {
	io.Writer
	lines *atomic.Int64
}

func (l *lineCounter) Write(p []byte) (int, error) {
	if !bytes.HasPrefix(p, []byte("+ ")) {
		l.lines.Add(int64(bytes.Count(p, []byte("\n"))))
	}
	return l.Writer.Write(p)
}
