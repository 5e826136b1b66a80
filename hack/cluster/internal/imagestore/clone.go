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

package imagestore

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// Clone gives the content of the directory from to the directory to, as hard
// links where that is possible. Databases are copied, for they are written to.
func Clone(from, to string) error {
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, rel)
		switch {
		case d.IsDir():
			return cloneDir(path, target)
		case d.Type().IsRegular() && strings.HasSuffix(rel, ".db"):
			return copyFile(path, target)
		}
		return os.Link(path, target)
	})
	if errors.Is(err, unix.EXDEV) {
		// Another file system: it takes time and space, but works the same.
		var out []byte
		if out, err = exec.Command("cp", "-a", "--", from+"/.", to).CombinedOutput(); err != nil {
			err = fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out)))
		}
	}
	if err != nil {
		return fmt.Errorf("cloning %s: %w", from, err)
	}
	return nil
}

// overlayOpaque marks a directory that hides those below it.
const overlayOpaque = "trusted.overlay.opaque"

func cloneDir(from, to string) error {
	info, err := os.Stat(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		return err
	}
	owner := info.Sys().(*syscall.Stat_t)
	if err := os.Lchown(to, int(owner.Uid), int(owner.Gid)); err != nil {
		return err
	}
	if err := unix.Chmod(to, owner.Mode&0o7777); err != nil {
		return err
	}
	value := make([]byte, 16)
	if n, err := unix.Lgetxattr(from, overlayOpaque, value); err == nil {
		return unix.Lsetxattr(to, overlayOpaque, value[:n], 0)
	}
	return nil
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	info, err := source.Stat()
	if err != nil {
		return err
	}
	target, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, info.Mode().Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}
