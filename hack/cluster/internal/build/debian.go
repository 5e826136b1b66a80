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
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// EnsurePackages installs those of the named Debian packages that are missing.
// Where it cannot, because it does not run as root or not on Debian, the error
// names them in one line.
func EnsurePackages(ctx context.Context, o Options, names ...string) error {
	cache, err := openCache(o.CacheDir)
	if err != nil {
		return err
	}
	out := o.Out
	if out == nil {
		out = io.Discard
	}
	return ensurePackages(ctx, cache, func(line string) { fmt.Fprintln(out, line) }, names)
}

func ensurePackages(ctx context.Context, cache *cache, say func(string), names []string) error {
	missing, err := missingPackages(ctx, names)
	if err != nil || len(missing) == 0 {
		return err
	}
	byHand := fmt.Errorf("missing Debian packages: %s; install them with: apt-get install %[1]s", strings.Join(missing, " "))
	if _, err := exec.LookPath("apt-get"); err != nil || os.Geteuid() != 0 {
		return byHand
	}
	say("installing Debian packages: " + strings.Join(missing, " "))
	log, err := os.Create(cache.log("packages"))
	if err != nil {
		return err
	}
	defer log.Close()
	quiet := []string{"DEBIAN_FRONTEND=noninteractive"}
	wait := "DPkg::Lock::Timeout=300"
	// A third-party source that cannot be reached makes the update fail while
	// the packages may be there all the same: the installation decides.
	_ = run(ctx, log, "/", quiet, "apt-get", "-o", wait, "update")
	args := append([]string{"-o", wait, "install", "-y", "--no-install-recommends"}, missing...)
	if err := run(ctx, log, "/", quiet, "apt-get", args...); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("%w (tried that: %w; full log: %s)", byHand, err, log.Name())
	}
	return nil
}

// missingPackages asks dpkg which of the packages are not installed.
func missingPackages(ctx context.Context, names []string) ([]string, error) {
	args := append([]string{"-W", "-f", "${db:Status-Status} ${Package}\n"}, names...)
	out, err := exec.CommandContext(ctx, "dpkg-query", args...).Output()
	var exit *exec.ExitError
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return nil, fmt.Errorf("this is not Debian (no dpkg-query); the embedded cluster needs Debian with these packages: %s", strings.Join(names, " "))
	case err != nil && !errors.As(err, &exit): // its exit status 1 says that some are unknown
		return nil, fmt.Errorf("listing Debian packages: %w", err)
	}
	return notInstalled(names, string(out)), nil
}

// notInstalled returns the names, sorted and once each, that dpkg-query's
// output does not report as installed.
func notInstalled(names []string, output string) []string {
	installed := map[string]bool{}
	for line := range strings.Lines(output) {
		if status, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok && status == "installed" {
			installed[name] = true
		}
	}
	var missing []string
	for _, name := range names {
		if !installed[name] {
			missing = append(missing, name)
		}
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

// release is the machine's own Debian release, from which root file systems
// are made: the same mirrors serve it.
type release struct {
	codename string
	sources  []string // one-line style
}

// findRelease reads os-release and apt's sources below root.
func findRelease(root string) (release, error) {
	var r release
	content, err := os.ReadFile(filepath.Join(root, "etc/os-release"))
	if err != nil {
		return r, fmt.Errorf("finding the Debian release: %w", err)
	}
	for line := range strings.Lines(string(content)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "VERSION_CODENAME="); ok {
			r.codename = strings.Trim(value, `"`)
		}
	}
	if r.codename == "" {
		return r, errors.New("finding the Debian release: no VERSION_CODENAME in /etc/os-release")
	}
	apt := filepath.Join(root, "etc/apt")
	files, _ := filepath.Glob(filepath.Join(apt, "sources.list.d", "*"))
	for _, file := range append([]string{filepath.Join(apt, "sources.list")}, files...) {
		content, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		switch filepath.Ext(file) {
		case ".list":
			r.sources = append(r.sources, parseOneLine(string(content), r.codename)...)
		case ".sources":
			r.sources = append(r.sources, parseDeb822(string(content), r.codename)...)
		}
	}
	if len(r.sources) == 0 {
		r.sources = []string{"deb http://deb.debian.org/debian " + r.codename + " main"}
	}
	return r, nil
}

// ours tells the release, its updates and its security fixes from backports
// and from the repositories of third parties.
func ours(suite, codename string) bool {
	return suite == codename || suite == codename+"-updates" || suite == codename+"-security"
}

// parseOneLine picks the release's binary packages from a sources.list file.
func parseOneLine(content, codename string) []string {
	var found []string
	for line := range strings.Lines(content) {
		fields := strings.Fields(line)
		if len(fields) < 4 || fields[0] != "deb" {
			continue
		}
		rest := fields[1:]
		if strings.HasPrefix(rest[0], "[") {
			end := slices.IndexFunc(rest, func(field string) bool { return strings.HasSuffix(field, "]") })
			if end < 0 {
				continue
			}
			rest = rest[end+1:]
		}
		if len(rest) >= 3 && ours(rest[1], codename) && slices.Contains(rest[2:], "main") {
			found = append(found, fmt.Sprintf("deb %s %s main", rest[0], rest[1]))
		}
	}
	return found
}

// parseDeb822 does the same for the newer format of paragraphs with fields.
func parseDeb822(content, codename string) []string {
	var found []string
	fields := map[string]string{}
	flush := func() {
		disabled := strings.EqualFold(fields["enabled"], "no")
		binary := slices.Contains(strings.Fields(fields["types"]), "deb")
		main := slices.Contains(strings.Fields(fields["components"]), "main")
		if binary && main && !disabled {
			for uri := range strings.FieldsSeq(fields["uris"]) {
				for suite := range strings.FieldsSeq(fields["suites"]) {
					if ours(suite, codename) {
						found = append(found, fmt.Sprintf("deb %s %s main", uri, suite))
					}
				}
			}
		}
		clear(fields)
	}
	last := ""
	lines := bufio.NewScanner(strings.NewReader(content))
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.TrimSpace(line) == "":
			flush()
		case line[0] == ' ' || line[0] == '\t': // continues the field above
			fields[last] += " " + strings.TrimSpace(line)
		default:
			name, value, _ := strings.Cut(line, ":")
			last = strings.ToLower(name)
			fields[last] = strings.TrimSpace(value)
		}
	}
	flush()
	return found
}
