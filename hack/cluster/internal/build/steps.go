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
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/service-e2e/images"
)

// step makes one entry of the cache.
type step struct {
	name string
	key  string
	// cold is how long the step takes from nothing on two slow cores, until it
	// has been measured here.
	cold time.Duration
	// own is the part of it that compiles what no other step compiles, for a
	// step that shares most packages with another but not most of the work.
	own time.Duration
	// packages are the Debian packages that it needs.
	packages []string
	// Either compile or fill does the work.
	compile *compilation
	fill    func(ctx context.Context, dir string, log io.Writer) error
	// quiet steps are too small to be worth a line.
	quiet bool
}

// components are the modules that programs are built from.
var components = []string{"etcd", "containerd", "cni", "runc", "kubernetes", "coredns", "metallb"}

// kubernetesModule is where most of the component kubernetes comes from.
const kubernetesModule = "k8s.io/kubernetes"

// kubernetesLinks are the names by which kube is called.
var kubernetesLinks = []string{
	"kubelet", "kube-proxy", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl",
}

// The flags that leave symbol tables and DWARF out, for all that nobody debugs.
var stripped = []string{"-s", "-w"}

// planner turns the recipes into steps with keys.
type planner struct {
	root    string
	cache   *cache
	tool    toolchain
	release release
	steps   []*step
	err     error // the first one
}

// dir is where the result of a step is once it has been made.
func (p *planner) dir(s *step) string { return p.cache.entry(s.name, s.key) }

// compiled adds a step that builds Go programs.
func (p *planner) compiled(name string, cold time.Duration, c compilation, packages ...string) *step {
	key, err := c.key(p.root, p.tool)
	p.fail(err)
	s := &step{name: name, key: key, cold: cold, compile: &c, packages: packages}
	p.steps = append(p.steps, s)
	return s
}

// filled adds a step of another kind. Its result depends on the given values,
// which include the keys of the steps whose results it uses.
func (p *planner) filled(s step, depends ...any) *step {
	var err error
	s.key, err = newKeyer().value(s.name, depends).sum()
	p.fail(err)
	p.steps = append(p.steps, &s)
	return &s
}

func (p *planner) fail(err error) {
	if p.err == nil {
		p.err = err
	}
}

// version is that in which a component requires a module.
func (p *planner) version(component, path string) string {
	file, err := readModule(p.root, component)
	if err != nil {
		p.fail(err)
		return ""
	}
	version, err := requiredVersion(file, path)
	p.fail(err)
	return version
}

// kubernetesFlags stamp the version of Kubernetes into a binary, as upstream's
// own build does.
func (p *planner) kubernetesFlags() []string {
	version := p.version("kubernetes", kubernetesModule)
	parts := append(strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3), "", "")
	flags := stripped
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		for _, value := range []string{
			"gitVersion=" + version, "gitMajor=" + parts[0], "gitMinor=" + parts[1], "gitTreeState=clean",
		} {
			flags = append(slices.Clip(flags), "-X", pkg+"."+value)
		}
	}
	return flags
}

// cluster plans everything that the embedded cluster needs.
func (p *planner) cluster() func() *Artifacts {
	const (
		containerd = "github.com/containerd/containerd/v2"
		plugins    = "github.com/containernetworking/plugins/plugins"
	)
	etcd := p.compiled("etcd", 30*time.Second, compilation{
		Component: "etcd", LDFlags: stripped,
		Programs: []program{{"etcd", "go.etcd.io/etcd/server/v3"}},
	})
	runtime := p.compiled("containerd", 50*time.Second, compilation{
		Component: "containerd",
		Tags:      []string{"no_btrfs", "no_devmapper", "no_zfs"}, // snapshotters that nodes do not use
		LDFlags:   append(stripped[:2:2], "-X", containerd+"/version.Version="+p.version("containerd", containerd)),
		Programs: []program{
			{"containerd", containerd + "/cmd/containerd"},
			{"containerd-shim-runc-v2", containerd + "/cmd/containerd-shim-runc-v2"},
			{"ctr", containerd + "/cmd/ctr"},
		},
	})
	cni := p.compiled("cni", 10*time.Second, compilation{
		Component: "cni", LDFlags: stripped,
		Programs: []program{
			{"bridge", plugins + "/main/bridge"},
			{"host-local", plugins + "/ipam/host-local"},
			{"loopback", plugins + "/main/loopback"},
			{"portmap", plugins + "/meta/portmap"},
		},
	})
	// Static, so that it starts in any mount namespace.
	runc := p.compiled("runc", 20*time.Second, compilation{
		Component: "runc", CGO: true,
		Tags:     []string{"seccomp", "netgo", "osusergo"},
		LDFlags:  append(stripped[:2:2], "-extldflags", "-static"),
		Programs: []program{{"runc", "github.com/opencontainers/runc"}},
	}, "gcc", "libc6-dev", "libseccomp-dev", "pkg-config")
	kube := p.compiled("kube", 6*time.Minute, compilation{
		Component: "kubernetes", LDFlags: p.kubernetesFlags(),
		Programs: []program{{"kube", "."}},
	})
	agnhost := p.compiled("agnhost", 15*time.Second, compilation{
		Component: "kubernetes", LDFlags: stripped,
		Programs: []program{{"agnhost", "k8s.io/kubernetes/test/images/agnhost"}},
	})
	outOfWindow := p.compiled("out-of-window", 2*time.Second, compilation{
		Component: "kubernetes", LDFlags: stripped,
		Programs: []program{{"regression-issue-74839", "k8s.io/kubernetes/test/images/regression-issue-74839"}},
	})
	coreDNS := p.compiled("coredns", time.Minute, compilation{
		Component: "coredns", LDFlags: stripped,
		Programs: []program{{"coredns", "."}},
	})
	debian := p.debianRootFS()
	made := []Image{
		p.pauseImage(),
		p.coreDNSImage(coreDNS),
		p.agnhostImage(debian, agnhost),
		p.dnsTestingImage(debian, coreDNS),
		p.busyBoxImage(debian),
		p.outOfWindowImage(outOfWindow),
	}
	made = append(made, p.metalLBImages()...)
	manifest := p.metalLBManifest()
	bin := p.binaries(cni, etcd, runtime, runc, kube, agnhost, coreDNS)
	return func() *Artifacts {
		return &Artifacts{
			BinDir: p.dir(bin), CNIBinDir: filepath.Join(p.dir(bin), cniDir), Images: made, MetalLB: manifest,
		}
	}
}

// upstream plans upstream's own test binary.
func (p *planner) upstream() string {
	s := p.compiled("e2e.test", 8*time.Minute, compilation{
		Component: "kubernetes", LDFlags: p.kubernetesFlags(), Test: true,
		Programs: []program{{"e2e.test", "k8s.io/kubernetes/test/e2e"}},
	})
	s.own = 2 * time.Minute
	return filepath.Join(p.dir(s), "e2e.test")
}

// cniDir is the folder of the CNI plugins below that of the programs.
const cniDir = "cni"

// binaries plans the one folder of all programs, with the CNI plugins in one of
// their own. Hard links keep it whole when the entries that it was put together
// from are pruned, and it is not pruned itself as long as a cluster runs on it.
func (p *planner) binaries(cni *step, others ...*step) *step {
	keys := []string{cni.key}
	for _, s := range others {
		keys = append(keys, s.key)
	}
	return p.filled(step{name: "bin", quiet: true, fill: func(_ context.Context, dir string, _ io.Writer) error {
		plugins := filepath.Join(dir, cniDir)
		if err := os.Mkdir(plugins, 0o755); err != nil {
			return err
		}
		if err := p.link(cni, plugins); err != nil {
			return err
		}
		for _, s := range others {
			if err := p.link(s, dir); err != nil {
				return err
			}
		}
		for _, link := range kubernetesLinks {
			if err := os.Symlink("kube", filepath.Join(dir, link)); err != nil {
				return err
			}
		}
		return nil
	}}, keys, kubernetesLinks, cniDir)
}

// link gives the programs of a step a second home in dir.
func (p *planner) link(s *step, dir string) error {
	for _, made := range s.compile.Programs {
		if err := os.Link(filepath.Join(p.dir(s), made.Name), filepath.Join(dir, made.Name)); err != nil {
			return err
		}
	}
	return nil
}

// image plans an image of the given base layer, if any, and files.
func (p *planner) image(name string, image images.Image, base *step, files func(ctx context.Context) ([]entry, error), depends ...any) Image {
	depends = append(depends, image, p.tool.arch, "recipe 1")
	if base != nil {
		depends = append(depends, base.key)
	}
	s := p.filled(step{name: name, cold: 2 * time.Second, fill: func(ctx context.Context, dir string, _ io.Writer) error {
		entries, err := files(ctx)
		if err != nil {
			return err
		}
		var layers []string
		if base != nil {
			layers = append(layers, filepath.Join(p.dir(base), rootFSName))
		}
		own := filepath.Join(dir, "files.tar")
		if err := writeLayer(own, entries); err != nil {
			return err
		}
		if err := assemble(image, p.tool.arch, append(layers, own), dir); err != nil {
			return err
		}
		return os.Remove(own)
	}}, depends...)
	return Image{Name: image.Name, Tar: filepath.Join(p.dir(s), archiveName)}
}

// pauseImage compiles upstream's pause.c.
func (p *planner) pauseImage() Image {
	image := images.Pause()
	version := p.version("kubernetes", kubernetesModule)
	flags := []string{"-Os", "-Wall", "-static", "-s", "-DVERSION=v" + image.Name[strings.LastIndex(image.Name, ":")+1:]}
	program := p.filled(step{
		name: "pause", cold: 2 * time.Second, packages: []string{"gcc", "libc6-dev"},
		fill: func(ctx context.Context, dir string, log io.Writer) error {
			source, err := moduleSource(ctx, p.root, "kubernetes", kubernetesModule, log)
			if err != nil {
				return err
			}
			args := append(slices.Clip(flags), "-o", filepath.Join(dir, "pause"),
				filepath.Join(source, "build", "pause", "linux", "pause.c"))
			return run(ctx, log, dir, nil, "gcc", args...)
		},
	}, version, flags, p.tool.arch)
	return p.image("pause-image", image, nil, func(context.Context) ([]entry, error) {
		return []entry{{Path: "pause", Mode: 0o755, Source: filepath.Join(p.dir(program), "pause")}}, nil
	}, program.key)
}

// coreDNSImage holds one program that may bind port 53 without being root. The
// file capability is upstream's way, and the one that kubeadm's manifest (no
// privilege escalation, NET_BIND_SERVICE added) is made for.
func (p *planner) coreDNSImage(program *step) Image {
	image := images.CoreDNS()
	authorities, err := os.ReadFile("/" + caFile)
	p.fail(err)
	return p.image("coredns-image", image, nil, func(context.Context) ([]entry, error) {
		entries := []entry{
			{Path: "etc", Mode: 0o755},
			{Path: "etc/ssl", Mode: 0o755},
			{Path: "etc/ssl/certs", Mode: 0o755},
			{Path: caFile, Mode: 0o644, Text: string(authorities)},
			{Path: "tmp", Mode: 0o1777},
		}
		texts := map[string]string{"passwd": "root:x:0:0:root:/root:/sbin/nologin\n", "group": "root:x:0:\n"}
		for _, line := range accountLines(image) {
			texts[line.file] += line.text + "\n"
		}
		for _, name := range []string{"passwd", "group"} {
			entries = append(entries, entry{Path: "etc/" + name, Mode: 0o644, Text: texts[name]})
		}
		return append(entries, entry{
			Path: "coredns", Mode: 0o755,
			Source:     filepath.Join(p.dir(program), "coredns"),
			Capability: fileCapability(capNetBindService),
		}), nil
	}, program.key, authorities)
}

// caFile holds the certificate authorities that the machine trusts: for
// forwarding over TLS.
const caFile = "etc/ssl/certs/ca-certificates.crt"

// debianRootFS is the layer below agnhost and what tests the DNS of glibc.
func (p *planner) debianRootFS() *step {
	image := images.Agnhost()
	base := image
	base.Name = "" // the file system is the same under any name
	return p.filled(step{
		name: "agnhost-rootfs", cold: 40 * time.Second, packages: []string{"mmdebstrap"},
		fill: func(ctx context.Context, dir string, log io.Writer) error {
			return makeRootFS(ctx, image, p.release, dir, log)
		},
	}, base, p.release.codename, p.tool.arch, unneeded, particular, "recipe 2")
}

// agnhostImage is laid out as upstream's Dockerfile does it, on Debian.
func (p *planner) agnhostImage(rootFS, program *step) Image {
	return p.image("agnhost-image", images.Agnhost(), rootFS, func(ctx context.Context) ([]entry, error) {
		source, err := moduleSource(ctx, p.root, "kubernetes", kubernetesModule, io.Discard)
		if err != nil {
			return nil, err
		}
		porter := filepath.Join(source, "test", "images", "agnhost", "porter")
		return []entry{
			{Path: "uploads", Mode: 0o755},
			{Path: "localhost.crt", Mode: 0o644, Source: filepath.Join(porter, "localhost.crt")},
			{Path: "localhost.key", Mode: 0o644, Source: filepath.Join(porter, "localhost.key")},
			{Path: "usr/local/bin/iperf", Mode: 0o777, Link: "/usr/bin/iperf"},
			{Path: "agnhost", Mode: 0o755, Source: filepath.Join(p.dir(program), "agnhost")},
			{Path: "agnhost-2", Mode: 0o777, Link: "agnhost"},
		}, nil
	}, program.key)
}

// dnsTestingImage holds dig and getent, which the Debian below has, and a name
// server, as upstream's Dockerfile does it.
func (p *planner) dnsTestingImage(rootFS, server *step) Image {
	return p.image("dns-testing-image", images.DNSTesting(), rootFS, func(context.Context) ([]entry, error) {
		return []entry{{Path: "coredns", Mode: 0o755, Source: filepath.Join(p.dir(server), "coredns")}}, nil
	}, server.key)
}

// busyBoxImage has the shell of the Debian below.
func (p *planner) busyBoxImage(rootFS *step) Image {
	return p.image("busybox-image", images.BusyBox(), rootFS, func(context.Context) ([]entry, error) { return nil, nil })
}

// outOfWindowImage holds one program, as upstream's does.
func (p *planner) outOfWindowImage(built *step) Image {
	const name = "regression-issue-74839"
	return p.image("out-of-window-image", images.OutOfWindow(), nil, func(context.Context) ([]entry, error) {
		return []entry{{Path: name, Mode: 0o755, Source: filepath.Join(p.dir(built), name)}}, nil
	}, built.key)
}

// moduleSource is the folder of a module in the version that a component pins.
// It is downloaded and verified if need be.
func moduleSource(ctx context.Context, root, component, module string, log io.Writer) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "mod", "download", "-json", module)
	cmd.Dir = componentDir(root, component)
	out, err := cmd.Output()
	_, _ = log.Write(out)
	if err != nil {
		return "", fmt.Errorf("downloading module %s: %w", module, withStderr(err))
	}
	var downloaded struct{ Dir string }
	if err := json.Unmarshal(out, &downloaded); err != nil {
		return "", fmt.Errorf("downloading module %s: %w", module, err)
	}
	return downloaded.Dir, nil
}

// capNetBindService is the number of that capability in linux/capability.h.
const capNetBindService = 10

// fileCapability is the extended attribute that makes one capability permitted
// and effective: struct vfs_cap_data in revision 2.
func fileCapability(number uint) string {
	const revision2, effective = 0x02000000, 0x000001
	data := make([]byte, 20)
	binary.LittleEndian.PutUint32(data, revision2|effective)
	binary.LittleEndian.PutUint32(data[4:], 1<<number)
	return string(data)
}
