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
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/modfile"

	"sigs.k8s.io/service-e2e/images"
)

// newTestBuilder returns a builder with steps that record when they run.
func newTestBuilder(t *testing.T, c *cache, out io.Writer, ran *[]string, names ...string) *builder {
	t.Helper()
	p := &planner{cache: c}
	for _, name := range names {
		p.filled(step{name: name, cold: time.Second, fill: func(_ context.Context, dir string, log io.Writer) error {
			*ran = append(*ran, name)
			_, err := io.WriteString(log, name+" says something\n")
			writeFiles(t, dir, map[string]string{"result": name})
			return err
		}}, "recipe 1")
	}
	return &builder{planner: p, out: out}
}

func TestEnsureMakesOnlyWhatIsMissing(t *testing.T) {
	c := newTestCache(t)
	var out bytes.Buffer
	var ran []string
	if err := newTestBuilder(t, c, &out, &ran, "a", "b").ensure(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(ran, " "); got != "a b" {
		t.Errorf("first build made %q", got)
	}
	for _, want := range []string{"to be built: 2 of 2 components, a few seconds, in " + c.dir, "a                built in ", "b                built in "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in:\n%s", want, out.String())
		}
	}

	out.Reset()
	ran = nil
	if err := newTestBuilder(t, c, &out, &ran, "a", "b").ensure(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if len(ran) > 0 || out.Len() > 0 {
		t.Errorf("when all is up to date: made %q, said %q", ran, out.String())
	}

	if err := newTestBuilder(t, c, &out, &ran, "a", "b", "c").ensure(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(ran, " "); got != "c" || !strings.Contains(out.String(), "up to date: a b\n") {
		t.Errorf("with a new component: made %q, said:\n%s", got, out.String())
	}
	content, err := os.ReadFile(c.log("c"))
	if err != nil || string(content) != "c says something\n" {
		t.Errorf("log: %q, %v", content, err)
	}
}

func TestInterruptedBuildResumes(t *testing.T) {
	c := newTestCache(t)
	var ran []string
	b := newTestBuilder(t, c, io.Discard, &ran, "a", "b", "c")
	ctx, cancel := context.WithCancel(t.Context())
	b.planner.steps[1].fill = func(ctx context.Context, dir string, log io.Writer) error {
		writeFiles(t, dir, map[string]string{"half": ""})
		cancel()
		return run(ctx, log, dir, nil, "sleep", "60")
	}
	err := b.ensure(ctx, nil)
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "building b was interrupted") {
		t.Errorf("got %v", err)
	}
	nothingTemporary(t, c)
	ran = nil
	if err := newTestBuilder(t, c, io.Discard, &ran, "a", "b", "c").ensure(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(ran, " "); got != "b c" {
		t.Errorf("resumed build made %q", got)
	}
}

func TestFailedStepNamesItsLog(t *testing.T) {
	c := newTestCache(t)
	var ran []string
	b := newTestBuilder(t, c, io.Discard, &ran, "a")
	b.planner.steps[0].fill = func(ctx context.Context, dir string, log io.Writer) error {
		return run(ctx, log, dir, nil, "sh", "-c", "echo 'go: no network'; exit 1")
	}
	err := b.ensure(t.Context(), nil)
	if err == nil || err.Error() != "building a failed: go: no network (exit status 1; full log: "+c.log("a")+")" {
		t.Errorf("got %v", err)
	}
}

func TestProgressLines(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, []task{{expected: time.Minute}, {expected: 5 * time.Minute}})
	defer p.end()
	p.begin("etcd", 0)
	p.finish()
	done := p.begin("kube", 100)
	now := p.started.Add(150 * time.Second)
	p.begun = p.started
	done.Add(50)
	text, share := p.status(now)
	if want := "building kube (2 of 2), 2m30s elapsed, "; !strings.HasPrefix(text, want) {
		t.Errorf("got %q, want %q", text, want)
	}
	if share <= 0.3 || share >= 1 {
		t.Errorf("share is %f", share)
	}
	p.tick()
	if !strings.Contains(out.String(), "building kube (2 of 2), 0s elapsed") {
		t.Errorf("got:\n%s", out.String())
	}
}

func TestCountOfASurvey(t *testing.T) {
	counted := map[string]bool{}
	first := readSurvey("false\tos@\t\ntrue\tx@v1\tnot installed but available in build cache\ntrue\ty@v1\tstale dependency: z\ntrue\tz@v1\tbuild ID mismatch\n", "CGO_ENABLED=0")
	if got, want := count(first, counted), (amount{all: 4, stale: 2}); got != want || got.share() != 0.5 {
		t.Errorf("got %+v, want %+v", got, want)
	}
	second := readSurvey("true\tz@v1\tbuild ID mismatch\ntrue\tz@v2\tbuild ID mismatch\nfalse\tos@\n\n", "CGO_ENABLED=0")
	if got, want := count(second, counted), (amount{all: 1, stale: 1}); got != want {
		t.Errorf("what the first build compiles counts again: got %+v, want %+v", got, want)
	}
	third := readSurvey("true\tz@v2\tbuild ID mismatch\n", "CGO_ENABLED=1")
	if got, want := count(third, counted), (amount{all: 1, stale: 1}); got != want {
		t.Errorf("with cgo: got %+v, want %+v", got, want)
	}
	if (amount{}).share() != 1 {
		t.Error("what cannot be counted is all to be done")
	}
}

func TestSplitter(t *testing.T) {
	var list, log bytes.Buffer
	s := &splitter{list: &list, log: &log}
	for _, part := range []string{"go: downlo", "ading x\ntr", "ue stale\nfalse ", "\n"} {
		if _, err := io.WriteString(s, part); err != nil {
			t.Fatal(err)
		}
	}
	if list.String() != "true stale\nfalse \n" || log.String() != "go: downloading x\n" {
		t.Errorf("list %q, log %q", list.String(), log.String())
	}
}

func TestFindRoot(t *testing.T) {
	root := t.TempDir()
	writeFiles(t, root, map[string]string{"go.mod": "module " + module + "\n", "a/go.mod": "module other\n", "a/b/c": ""})
	if got, err := findRoot(filepath.Join(root, "a", "b")); err != nil || got != root {
		t.Errorf("got %s, %v", got, err)
	}
	if _, err := findRoot(t.TempDir()); err == nil {
		t.Error("want an error outside of a checkout")
	}
}

// thisPlan plans the checkout that the test belongs to.
func thisPlan(t *testing.T) *planner {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	root, err := findRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	return &planner{root: root, cache: newTestCache(t), tool: toolchain{"go1.26.0", "amd64"}, release: release{codename: "bookworm"}}
}

func TestPlanOfThisCheckout(t *testing.T) {
	p := thisPlan(t)
	artifacts := p.cluster()
	upstream := p.upstream()
	if p.err != nil {
		t.Fatal(p.err)
	}
	names := map[string]bool{}
	for _, s := range p.steps {
		if names[s.name] {
			t.Errorf("two steps are called %s", s.name)
		}
		names[s.name] = true
		if s.compile != nil && len(s.compile.Programs) == 0 {
			t.Errorf("%s compiles nothing", s.name)
		}
		if s.cold == 0 && !s.quiet {
			t.Errorf("%s has no estimate", s.name)
		}
	}
	tars := map[string]string{}
	for _, image := range artifacts().Images {
		tars[image.Name] = image.Tar
	}
	for _, image := range images.All() {
		if tars[image.Name] == "" {
			t.Errorf("nothing builds %s", image.Name)
		}
	}
	if filepath.Base(upstream) != "e2e.test" {
		t.Errorf("upstream's binary is %s", upstream)
	}
}

func TestComponentsAgreeOnVersions(t *testing.T) {
	p := thisPlan(t)
	content, err := os.ReadFile(filepath.Join(p.root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	suite, err := modfile.ParseLax("go.mod", content, nil)
	if err != nil {
		t.Fatal(err)
	}
	want, err := requiredVersion(suite, "k8s.io/kubernetes")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.version("kubernetes", "k8s.io/kubernetes"); got != want {
		t.Errorf("the cluster runs Kubernetes %s, the suite is built from %s", got, want)
	}
	if got := p.version("coredns", "github.com/coredns/coredns"); got != images.CoreDNSVersion {
		t.Errorf("CoreDNS %s is built, and its image called %s", got, images.CoreDNSVersion)
	}
	if got := p.version("metallb", metalLBModule); got != images.MetalLBVersion {
		t.Errorf("MetalLB %s is built, and its images called %s", got, images.MetalLBVersion)
	}
	if p.err != nil {
		t.Fatal(p.err)
	}
}
