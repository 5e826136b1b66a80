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
	"io"
	"os"
	"path/filepath"
	"time"

	"sigs.k8s.io/service-e2e/images"
)

const (
	metalLBModule = "go.universe.tf/metallb"
	// metalLBFile is its manifest for L2 mode, and for BGP without FRR.
	metalLBFile = "config/manifests/metallb-native.yaml"
)

// metalLBImages plans the images of MetalLB's two programs. They are built with
// the libraries that MetalLB pins: with newer ones, which Kubernetes or CoreDNS
// would share, it does not compile. Upstream's image of the speaker holds
// helpers for FRR besides, which nothing here would start.
func (p *planner) metalLBImages() []Image {
	programs := p.compiled("metallb", 90*time.Second, compilation{
		Component: "metallb", LDFlags: stripped,
		Programs: []program{
			{"controller", metalLBModule + "/controller"},
			{"speaker", metalLBModule + "/speaker"},
		},
	})
	made := func(name string, image images.Image) Image {
		return p.image("metallb-"+name+"-image", image, nil, func(context.Context) ([]entry, error) {
			return []entry{
				{Path: "tmp", Mode: 0o1777},
				{Path: name, Mode: 0o755, Source: filepath.Join(p.dir(programs), name)},
			}, nil
		}, programs.key)
	}
	return []Image{
		made("controller", images.MetalLBController()),
		made("speaker", images.MetalLBSpeaker()),
	}
}

// metalLBManifest plans a copy of the manifest, and returns its path: the
// module may be gone from Go's cache when a cluster comes up.
func (p *planner) metalLBManifest() string {
	const name = "metallb.yaml"
	s := p.filled(step{name: "metallb-manifest", quiet: true, fill: func(ctx context.Context, dir string, log io.Writer) error {
		source, err := moduleSource(ctx, p.root, "metallb", metalLBModule, log)
		if err != nil {
			return err
		}
		manifest, err := os.ReadFile(filepath.Join(source, metalLBFile))
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name), manifest, 0o644)
	}}, p.version("metallb", metalLBModule), metalLBFile)
	return filepath.Join(p.dir(s), name)
}
