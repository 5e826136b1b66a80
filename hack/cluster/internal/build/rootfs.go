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
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"sigs.k8s.io/service-e2e/images"
)

// rootFSName is the file that makeRootFS leaves in its directory.
const rootFSName = "rootfs.tar"

// epoch is the time stamp of everything in an image, so that equal inputs give
// equal images.
const epoch = 1_767_225_600 // the first second of 2026

// unneeded is what no program in an image looks at.
var unneeded = []string{
	"/usr/share/doc/*", "/usr/share/info/*", "/usr/share/lintian/*",
	"/usr/share/locale/*", "/usr/share/man/*", "/usr/share/i18n/*",
}

// particular is what tells one machine or one build from another.
var particular = []string{
	"etc/hostname", "etc/resolv.conf", "etc/machine-id", "var/cache/ldconfig/aux-cache",
	"var/cache/debconf/*-old", "var/log/*.log", "var/log/apt",
}

// makeRootFS makes the root file system of an image from Debian packages, as
// an uncompressed tar archive in dir.
func makeRootFS(ctx context.Context, image images.Image, from release, dir string, log io.Writer) error {
	args := []string{
		"--mode=root", "--variant=essential", "--format=tar",
		"--include=" + strings.Join(image.Packages, ","),
		// Saves the usrmerge package, and with it all of perl, where the
		// release would choose that.
		"--hook-dir=/usr/share/mmdebstrap/hooks/maybe-merged-usr",
		"--aptopt=Acquire::Languages none",
		"--aptopt=APT::Install-Recommends false",
		"--customize-hook=cd \"$1\" && rm -rf " + strings.Join(particular, " "),
	}
	for _, pattern := range unneeded {
		args = append(args, "--dpkgopt=path-exclude="+pattern)
	}
	for _, line := range accountLines(image) {
		args = append(args, fmt.Sprintf(`--customize-hook=echo '%s' >>"$1"/etc/%s`, line.text, line.file))
	}
	for _, user := range image.Users {
		args = append(args, fmt.Sprintf(`--customize-hook=install -d -m 0755 -o %d -g %[1]d "$1"/home/%s`, user.ID, user.Name))
	}
	args = append(args, from.codename, filepath.Join(dir, rootFSName))
	args = append(args, from.sources...)
	return run(ctx, log, dir, []string{fmt.Sprintf("SOURCE_DATE_EPOCH=%d", epoch)}, "mmdebstrap", args...)
}

// accountLine is a line to be added to a file in /etc.
type accountLine struct {
	file, text string
}

// accountLines are the lines of passwd and group for an image's own users.
func accountLines(image images.Image) []accountLine {
	var lines []accountLine
	for _, user := range image.Users {
		lines = append(lines,
			accountLine{"passwd", fmt.Sprintf("%s:x:%d:%[2]d::/home/%[1]s:/bin/sh", user.Name, user.ID)},
			accountLine{"group", fmt.Sprintf("%s:x:%d:", user.Name, user.ID)})
	}
	for _, group := range image.Groups {
		lines = append(lines,
			accountLine{"group", fmt.Sprintf("%s:x:%d:%s", group.Name, group.ID, strings.Join(group.Members, ","))})
	}
	return lines
}
