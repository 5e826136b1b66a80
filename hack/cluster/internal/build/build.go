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
	"errors"
	"io"
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
	// agnhost, and links to kube by the names of the Kubernetes components:
	// kubelet, kube-proxy, kube-apiserver, kube-controller-manager,
	// kube-scheduler and kubectl.
	BinDir string
	// CNIBinDir holds the CNI plugins bridge, host-local, loopback, portmap.
	CNIBinDir string
	// Images are the images that every node needs.
	Images []Image
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
	return nil, errors.New("not implemented yet")
}

// EnsureUpstream builds upstream's e2e.test, and returns its path.
func EnsureUpstream(ctx context.Context, o Options) (string, error) {
	return "", errors.New("not implemented yet")
}
