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
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"sigs.k8s.io/service-e2e/images"
)

var tiny = images.Image{
	Name:       "registry.example.com/tiny:1.0",
	Users:      []images.User{{Name: "somebody", ID: 7}},
	Groups:     []images.Group{{Name: "some", ID: 8, Members: []string{"somebody", "root"}}},
	Entrypoint: []string{"/run"},
	Cmd:        []string{"pause"},
	User:       "7:8",
	WorkingDir: "/",
	Ports:      []string{"53/udp", "80/tcp"},
}

// assembleTiny makes an image of a tiny root file system and some files.
func assembleTiny(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	source := filepath.Join(dir, "binary")
	if err := os.WriteFile(source, []byte("#!/bin/true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	base, own := filepath.Join(dir, "base.tar"), filepath.Join(dir, "own.tar")
	if err := writeLayer(base, []entry{{Path: "etc", Mode: 0o755}, {Path: "etc/passwd", Mode: 0o644, Text: "root:x:0:0\n"}}); err != nil {
		t.Fatal(err)
	}
	if err := writeLayer(own, []entry{
		{Path: "uploads", Mode: 0o755},
		{Path: "run", Mode: 0o755, Source: source, Capability: fileCapability(capNetBindService)},
		{Path: "run-2", Mode: 0o777, Link: "run"},
	}); err != nil {
		t.Fatal(err)
	}
	if err := assemble(tiny, "amd64", []string{base, own}, dir); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, archiveName)
}

func TestAssembledImageReadsBack(t *testing.T) {
	path := assembleTiny(t)
	tag, err := name.NewTag(tiny.Name)
	if err != nil {
		t.Fatal(err)
	}
	image, err := tarball.ImageFromPath(path, &tag)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(image); err != nil {
		t.Errorf("the image is not valid: %v", err)
	}
	file, err := image.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	if file.Architecture != "amd64" || file.OS != "linux" || file.Created.Unix() != epoch {
		t.Errorf("got %s/%s of %s", file.OS, file.Architecture, file.Created)
	}
	config := file.Config
	if config.User != "7:8" || config.WorkingDir != "/" || !cmp.Equal(config.Entrypoint, tiny.Entrypoint) || !cmp.Equal(config.Cmd, tiny.Cmd) {
		t.Errorf("unexpected configuration: %+v", config)
	}
	if diff := cmp.Diff(map[string]struct{}{"53/udp": {}, "80/tcp": {}}, config.ExposedPorts); diff != "" {
		t.Errorf("ports (-want +got):\n%s", diff)
	}

	type found struct {
		Kind           byte
		Mode           int64
		Text, Capacity string
	}
	got := map[string]found{}
	contents := mutate.Extract(image)
	defer contents.Close()
	for archive := tar.NewReader(contents); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		if header.ModTime.Unix() != epoch || header.Uid != 0 || header.Gid != 0 {
			t.Errorf("%s is of %s and belongs to %d:%d", header.Name, header.ModTime, header.Uid, header.Gid)
		}
		got[header.Name] = found{header.Typeflag, header.Mode, string(text) + header.Linkname, header.PAXRecords["SCHILY.xattr.security.capability"]}
	}
	want := map[string]found{
		"etc":        {tar.TypeDir, 0o755, "", ""},
		"etc/passwd": {tar.TypeReg, 0o644, "root:x:0:0\n", ""},
		"uploads":    {tar.TypeDir, 0o755, "", ""},
		"run":        {tar.TypeReg, 0o755, "#!/bin/true\n", "\x01\x00\x00\x02\x00\x04\x00\x00" + string(make([]byte, 12))},
		"run-2":      {tar.TypeSymlink, 0o777, "run", ""},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("contents (-want +got):\n%s", diff)
	}
}

func TestEqualInputsGiveEqualImages(t *testing.T) {
	var archives [2][]byte
	for i := range archives {
		content, err := os.ReadFile(assembleTiny(t))
		if err != nil {
			t.Fatal(err)
		}
		archives[i] = content
	}
	if !bytes.Equal(archives[0], archives[1]) {
		t.Error("two builds of one image differ")
	}
}

func TestAssembleRefusesUnpinnedNames(t *testing.T) {
	image := tiny
	image.Name = "tiny"
	if err := assemble(image, "amd64", nil, t.TempDir()); err == nil {
		t.Error("want an error for a name without registry and tag")
	}
}

func TestAccountLines(t *testing.T) {
	want := []accountLine{
		{"passwd", "somebody:x:7:7::/home/somebody:/bin/sh"},
		{"group", "somebody:x:7:"},
		{"group", "some:x:8:somebody,root"},
	}
	if diff := cmp.Diff(want, accountLines(tiny), cmp.AllowUnexported(accountLine{})); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}
