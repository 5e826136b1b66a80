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
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNotInstalled(t *testing.T) {
	output := "installed bash\nconfig-files gone\nnot-installed socat\ninstalled mount\n"
	got := notInstalled([]string{"socat", "bash", "gone", "unknown", "socat", "mount"}, output)
	if diff := cmp.Diff([]string{"gone", "socat", "unknown"}, got); diff != "" {
		t.Errorf("missing packages (-want +got):\n%s", diff)
	}
}

func TestParseSources(t *testing.T) {
	for _, tc := range []struct {
		name    string
		parse   func(content, codename string) []string
		content string
		want    []string
	}{
		{
			name:  "one line",
			parse: parseOneLine,
			content: `# deb http://commented/debian bookworm main
deb http://mirror/debian bookworm main contrib
deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] http://mirror/debian bookworm-updates main
deb [ arch=amd64 ] http://mirror/debian-security bookworm-security non-free main
deb-src http://mirror/debian bookworm main
deb http://mirror/debian bookworm-backports main
deb http://mirror/debian bookworm contrib
deb [broken http://mirror/debian bookworm main
deb https://packages.example.com/apt cloud-sdk-bookworm main
`,
			want: []string{
				"deb http://mirror/debian bookworm main",
				"deb http://mirror/debian bookworm-updates main",
				"deb http://mirror/debian-security bookworm-security main",
			},
		},
		{
			name:  "deb822",
			parse: parseDeb822,
			content: `Types: deb deb-src
# a comment within
URIs: http://one/debian
 http://two/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib

Types: deb-src
URIs: http://mirror/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://mirror/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb
URIs: https://deb.example.com/node
Suites: nodistro
Components: main
`,
			want: []string{
				"deb http://one/debian bookworm main",
				"deb http://one/debian bookworm-updates main",
				"deb http://two/debian bookworm main",
				"deb http://two/debian bookworm-updates main",
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.parse(tc.content, "bookworm")); diff != "" {
				t.Errorf("sources (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFindRelease(t *testing.T) {
	root := t.TempDir()
	if _, err := findRelease(root); err == nil {
		t.Error("want an error without os-release")
	}
	writeFiles(t, root, map[string]string{"etc/os-release": "ID=debian\nVERSION_CODENAME=\"trixie\"\n"})
	got, err := findRelease(root)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"deb http://deb.debian.org/debian trixie main"}; got.codename != "trixie" || !cmp.Equal(want, got.sources) {
		t.Errorf("without sources: got %+v", got)
	}
	writeFiles(t, root, map[string]string{
		"etc/apt/sources.list":             "deb http://a/debian trixie main\n",
		"etc/apt/sources.list.d/b.sources": "Types: deb\nURIs: http://b/debian\nSuites: trixie\nComponents: main\n",
		"etc/apt/sources.list.d/c.list":    "deb http://c/debian trixie-security main\n",
		"etc/apt/sources.list.d/d.bak":     "deb http://d/debian trixie main\n",
	})
	if got, err = findRelease(root); err != nil {
		t.Fatal(err)
	}
	want := []string{"deb http://a/debian trixie main", "deb http://b/debian trixie main", "deb http://c/debian trixie-security main"}
	if diff := cmp.Diff(want, got.sources); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
}

func TestMissingPackagesAreNamedInOneLine(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin) // which has no apt-get
	o := Options{CacheDir: t.TempDir()}
	err := EnsurePackages(t.Context(), o, "socat")
	if err == nil || !strings.Contains(err.Error(), "this is not Debian") {
		t.Errorf("without dpkg: got %v", err)
	}
	fake := "#!/bin/sh\necho installed bash\necho dpkg-query: no packages found matching socat >&2\nexit 1\n"
	if err := os.WriteFile(filepath.Join(bin, "dpkg-query"), []byte(fake), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := EnsurePackages(t.Context(), o, "bash"); err != nil {
		t.Errorf("with all installed: got %v", err)
	}
	err = EnsurePackages(t.Context(), o, "socat", "bash", "conntrack")
	const want = "missing Debian packages: conntrack socat; install them with: apt-get install conntrack socat"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
