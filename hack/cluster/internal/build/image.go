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
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"sigs.k8s.io/service-e2e/images"
)

// entry is a file, link or folder of a layer. With no Source, Link or Text it
// is a folder.
type entry struct {
	Path   string // without leading slash
	Mode   int64
	Source string // copied from this file
	Text   string
	Link   string
	// Capability is the value of the extended attribute that gives a program
	// capabilities.
	Capability string
}

// writeLayer writes the entries as a tar archive that depends on nothing but
// them: no owner, no time of the build.
func writeLayer(path string, entries []entry) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer out.Close()
	archive := tar.NewWriter(out)
	for _, e := range entries {
		if err := writeEntry(archive, e); err != nil {
			return fmt.Errorf("adding %s to a layer: %w", e.Path, err)
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	return out.Close()
}

func writeEntry(archive *tar.Writer, e entry) error {
	header := &tar.Header{Name: e.Path, Mode: e.Mode, ModTime: time.Unix(epoch, 0), Format: tar.FormatPAX}
	switch {
	case e.Source != "":
		file, err := os.Open(e.Source)
		if err != nil {
			return err
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil {
			return err
		}
		header.Typeflag, header.Size = tar.TypeReg, info.Size()
		if e.Capability != "" {
			header.PAXRecords = map[string]string{"SCHILY.xattr.security.capability": e.Capability}
		}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		_, err = io.Copy(archive, file)
		return err
	case e.Text != "":
		header.Typeflag, header.Size = tar.TypeReg, int64(len(e.Text))
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		_, err := io.WriteString(archive, e.Text)
		return err
	case e.Link != "":
		header.Typeflag, header.Linkname = tar.TypeSymlink, e.Link
	default:
		header.Typeflag, header.Name = tar.TypeDir, e.Path+"/"
	}
	return archive.WriteHeader(header)
}

// fileLayer is a layer that is a tar file as it is. It stays uncompressed,
// since compressing it here and expanding it on each node would take far
// longer than reading it from the page cache.
type fileLayer struct {
	path string
	hash v1.Hash
	size int64
}

var _ v1.Layer = fileLayer{}

func newFileLayer(path string) (v1.Layer, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, file)
	if err != nil {
		return nil, err
	}
	return fileLayer{path, v1.Hash{Algorithm: "sha256", Hex: hex.EncodeToString(sum.Sum(nil))}, size}, nil
}

func (l fileLayer) Digest() (v1.Hash, error)             { return l.hash, nil }
func (l fileLayer) DiffID() (v1.Hash, error)             { return l.hash, nil }
func (l fileLayer) Compressed() (io.ReadCloser, error)   { return os.Open(l.path) }
func (l fileLayer) Uncompressed() (io.ReadCloser, error) { return os.Open(l.path) }
func (l fileLayer) Size() (int64, error)                 { return l.size, nil }
func (l fileLayer) MediaType() (types.MediaType, error)  { return types.DockerUncompressedLayer, nil }

// archiveName is the file that assemble leaves in its directory.
const archiveName = "image.tar"

// assemble writes the archive of an image with the given layers to dir.
func assemble(image images.Image, arch string, layers []string, dir string) error {
	ref, err := name.NewTag(image.Name, name.StrictValidation)
	if err != nil {
		return fmt.Errorf("assembling an image: %w", err)
	}
	created := v1.Time{Time: time.Unix(epoch, 0).UTC()}
	var addenda []mutate.Addendum
	for _, path := range layers {
		layer, err := newFileLayer(path)
		if err != nil {
			return fmt.Errorf("assembling %s: %w", image.Name, err)
		}
		addenda = append(addenda, mutate.Addendum{
			Layer:   layer,
			History: v1.History{Created: created, CreatedBy: "hack/cluster", Comment: filepath.Base(path)},
		})
	}
	result, err := mutate.Append(empty.Image, addenda...)
	if err != nil {
		return fmt.Errorf("assembling %s: %w", image.Name, err)
	}
	file, err := result.ConfigFile()
	if err != nil {
		return fmt.Errorf("assembling %s: %w", image.Name, err)
	}
	file = file.DeepCopy()
	file.Architecture, file.OS, file.Created = arch, "linux", created
	file.Config = v1.Config{
		Entrypoint:   image.Entrypoint,
		Cmd:          image.Cmd,
		User:         image.User,
		WorkingDir:   image.WorkingDir,
		ExposedPorts: map[string]struct{}{},
		Env:          []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"},
	}
	for _, port := range image.Ports {
		file.Config.ExposedPorts[port] = struct{}{}
	}
	if result, err = mutate.ConfigFile(result, file); err != nil {
		return fmt.Errorf("assembling %s: %w", image.Name, err)
	}
	if err := tarball.WriteToFile(filepath.Join(dir, archiveName), ref, result); err != nil {
		return fmt.Errorf("writing the archive of %s: %w", image.Name, err)
	}
	return nil
}
