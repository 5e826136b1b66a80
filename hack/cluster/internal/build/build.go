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
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// Options say where and how to build. The zero value is usable.
type Options struct {
	// CacheDir holds results, logs and measured durations. The default is
	// $SERVICE_E2E_CACHE, or else service-e2e in the user's cache directory.
	CacheDir string
	// Out receives progress: a bar if it is a terminal, else plain lines. The
	// default is to report nothing.
	Out io.Writer
	// Jobs limits how many compilers run at a time; 0 leaves it to Go.
	Jobs int
}

// Image is an image archive that is ready to be imported.
type Image struct {
	// Name is the reference under which pods ask for the image.
	Name string
	// Tar is the path of an archive that "ctr images import" takes.
	Tar string
}

// Artifacts are the results of a build.
type Artifacts struct {
	// BinDir holds etcd, containerd, containerd-shim-runc-v2, ctr, runc, kube,
	// agnhost, coredns, and links to kube by the names of the components:
	// kubelet, kube-proxy, kube-apiserver, kube-controller-manager,
	// kube-scheduler and kubectl.
	BinDir string
	// CNIBinDir holds the CNI plugins bridge, host-local, loopback, portmap.
	CNIBinDir string
	// Images are the images that every node needs.
	Images []Image
	// MetalLB is the path of MetalLB's own manifest.
	MetalLB string
}

// RuntimePackages are the Debian packages that a running cluster needs on the
// machine. Ensure checks them along with those that the build itself needs.
var RuntimePackages = []string{
	"conntrack", "ethtool", "ipset", "iproute2", "iptables", "kmod", "mount",
	"nftables", "procps", "socat", "util-linux",
}

// Ensure builds what is missing or out of date and returns where everything
// is. When nothing is to be done it returns within a fraction of a second.
func Ensure(ctx context.Context, o Options) (*Artifacts, error) {
	b, err := newBuilder(ctx, o)
	if err != nil {
		return nil, err
	}
	artifacts := b.planner.cluster()
	if err := b.ensure(ctx, RuntimePackages); err != nil {
		return nil, err
	}
	return artifacts(), nil
}

// EnsureUpstream builds upstream's e2e.test, and returns its path.
func EnsureUpstream(ctx context.Context, o Options) (string, error) {
	b, err := newBuilder(ctx, o)
	if err != nil {
		return "", err
	}
	path := b.planner.upstream()
	if err := b.ensure(ctx, nil); err != nil {
		return "", err
	}
	return path, nil
}

// Main is the verb "build" of a command line: it builds everything, reports on
// progress, and prints to out where the results are.
func Main(ctx context.Context, args []string, out, progress io.Writer) error {
	flags := flag.NewFlagSet("build", flag.ContinueOnError)
	flags.SetOutput(progress)
	o := Options{Out: progress}
	flags.StringVar(&o.CacheDir, "cache-dir", "", "directory for results (default $SERVICE_E2E_CACHE, or service-e2e in the user's cache directory)")
	flags.IntVar(&o.Jobs, "jobs", 0, "how many compilers run at a time (default: as many as there are CPUs)")
	upstream := flags.Bool("upstream", false, "build upstream's e2e.test as well")
	if err := flags.Parse(args); err != nil {
		return err
	}
	artifacts, err := Ensure(ctx, o)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "programs     %s\nCNI plugins  %s\n", artifacts.BinDir, artifacts.CNIBinDir)
	for _, image := range artifacts.Images {
		fmt.Fprintf(out, "image        %s  %s\n", image.Name, image.Tar)
	}
	if *upstream {
		path, err := EnsureUpstream(ctx, o)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "e2e.test     %s\n", path)
	}
	return nil
}

// builder makes what a planner has planned.
type builder struct {
	planner *planner
	out     io.Writer
	jobs    int
}

func newBuilder(ctx context.Context, o Options) (*builder, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	root, err := findRoot(dir)
	if err != nil {
		return nil, err
	}
	cache, err := openCache(o.CacheDir)
	if err != nil {
		return nil, err
	}
	tool, err := findToolchain(ctx, root, components)
	if err != nil {
		return nil, err
	}
	release, err := findRelease("/")
	if err != nil {
		return nil, err
	}
	out := o.Out
	if out == nil {
		out = io.Discard
	}
	return &builder{
		planner: &planner{root: root, cache: cache, tool: tool, release: release},
		out:     out,
		jobs:    o.Jobs,
	}, nil
}

func (b *builder) say(line string) { fmt.Fprintln(b.out, line) }

// missing are the steps whose results are not in the cache.
func (b *builder) missing() []*step {
	var missing []*step
	for _, s := range b.planner.steps {
		if !b.planner.cache.has(s.name, s.key) {
			missing = append(missing, s)
		}
	}
	return missing
}

// ensure makes the missing steps, and installs Debian packages: those that
// these steps need, and the given ones.
func (b *builder) ensure(ctx context.Context, packages []string) error {
	if b.planner.err != nil {
		return b.planner.err
	}
	missing := b.missing()
	packages = slices.Clone(packages)
	for _, s := range missing {
		packages = append(packages, s.packages...)
	}
	if len(packages) > 0 {
		if err := ensurePackages(ctx, b.planner.cache, b.say, packages); err != nil {
			return err
		}
	}
	if len(missing) == 0 {
		return nil
	}
	unlock, err := b.planner.cache.lock(ctx, b.say)
	if err != nil {
		return err
	}
	defer unlock()
	return b.make(ctx, b.missing()) // another build may have made some meanwhile
}

// make makes the given steps in order.
func (b *builder) make(ctx context.Context, missing []*step) error {
	known := b.planner.cache.durations()
	amounts := map[*step]amount{}
	if err := b.survey(ctx, missing, amounts); err != nil {
		return err
	}
	fine := b.announce(missing)
	var tasks []task
	for _, s := range missing {
		if !s.quiet {
			tasks = append(tasks, expect(s, amounts[s], known))
		}
	}
	if whole := (&forecast{tasks: tasks}).remaining(0, 0); len(tasks) > 0 {
		b.say(fmt.Sprintf("to be built: %d of %d components, %s, in %s", len(tasks), len(tasks)+fine, about(whole), b.planner.cache.dir))
	}
	report := newProgress(b.out, tasks)
	defer report.end()
	for _, s := range missing {
		if err := b.makeOne(ctx, s, amounts[s], report, known); err != nil {
			return err
		}
	}
	return nil
}

// survey finds out how much there is to be compiled for each step, for which it
// downloads the modules.
func (b *builder) survey(ctx context.Context, missing []*step, amounts map[*step]amount) error {
	var names []string
	for _, s := range missing {
		if s.compile != nil {
			names = append(names, s.name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	b.say("reading the modules of " + strings.Join(names, " "))
	counted := map[string]bool{}
	for _, s := range missing {
		if s.compile == nil {
			continue
		}
		found, err := b.surveyOne(ctx, s)
		if err != nil {
			return err
		}
		amounts[s] = count(found, counted)
	}
	return nil
}

// surveyOne does it for one step. If that takes long, modules are being
// downloaded, and it says so.
func (b *builder) surveyOne(ctx context.Context, s *step) (map[string]bool, error) {
	log, err := os.Create(b.planner.cache.log(s.name))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	begun := time.Now()
	downloads := new(atomic.Int64)
	over := every(plainInterval, func() {
		b.say(fmt.Sprintf("downloading the modules of %s: %d so far, %s", s.name, downloads.Load(), exactly(time.Since(begun))))
	})
	defer over()
	found, err := s.compile.survey(ctx, b.planner.root, &lineCounter{log, downloads})
	if err != nil {
		return nil, failure(s.name, log.Name(), err)
	}
	return found, nil
}

// announce says what is up to date among things that are not, and counts it.
func (b *builder) announce(missing []*step) int {
	var fine []string
	for _, s := range b.planner.steps {
		if !s.quiet && !slices.Contains(missing, s) {
			fine = append(fine, s.name)
		}
	}
	if len(fine) > 0 {
		b.say("up to date: " + strings.Join(fine, " "))
	}
	return len(fine)
}

// expect estimates how long a step will take.
func expect(s *step, found amount, known durations) task {
	t := task{expected: s.cold}
	if took, ok := known[s.name]; ok {
		t = task{expected: took, measured: true}
	}
	if s.compile != nil {
		// Linking is never saved; it is a small part of the whole.
		const linking = 0.03
		share := linking + (1-linking)*found.share()
		t.expected = max(scale(t.expected, share), linkTime)
		if found.stale > 0 {
			t.expected = max(t.expected, s.own)
		}
	}
	return t
}

// makeOne makes one step and reports on it.
func (b *builder) makeOne(ctx context.Context, s *step, found amount, report *progress, known durations) error {
	cache := b.planner.cache
	log, err := os.OpenFile(cache.log(s.name), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	if s.compile == nil { // a survey has begun the log of the others
		if err := log.Truncate(0); err != nil {
			return err
		}
	}
	if s.quiet {
		return cache.publish(s.name, s.key, func(dir string) error { return s.fill(ctx, dir, log) })
	}
	units := found.stale
	if s.compile != nil && s.compile.Test {
		units = 0 // as nothing would count them
	}
	compiled := report.begin(s.name, units)
	err = cache.publish(s.name, s.key, func(dir string) error {
		if s.compile != nil {
			return s.compile.build(ctx, b.planner.root, dir, b.jobs, log, compiled)
		}
		return s.fill(ctx, dir, log)
	})
	if err != nil {
		return failure(s.name, log.Name(), err)
	}
	took := report.finish()
	if s.compile == nil || found.share() > enough {
		known[s.name] = scale(took, 1/found.share())
		cache.saveDurations(known)
	}
	return nil
}
