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
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"go/version"

	"golang.org/x/mod/modfile"
)

// module is the path of the root module, by which a checkout is recognised.
const module = "sigs.k8s.io/service-e2e"

// findRoot returns the checkout that contains dir.
func findRoot(dir string) (string, error) {
	for d := dir; ; d = filepath.Dir(d) {
		content, err := os.ReadFile(filepath.Join(d, "go.mod"))
		if err == nil && modfile.ModulePath(content) == module {
			return d, nil
		}
		if d == filepath.Dir(d) {
			return "", fmt.Errorf("no checkout of %s in %s or above: run this inside one", module, dir)
		}
	}
}

// componentDir is the folder of a component's module.
func componentDir(root, component string) string {
	return filepath.Join(root, "hack", "cluster", "components", component)
}

// readModule parses the go.mod file of a component.
func readModule(root, component string) (*modfile.File, error) {
	path := filepath.Join(componentDir(root, component), "go.mod")
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading a component's module: %w", err)
	}
	file, err := modfile.ParseLax(path, content, nil)
	if err != nil {
		return nil, fmt.Errorf("parsing a component's module: %w", err)
	}
	return file, nil
}

// requiredVersion returns the version in which a module requires another.
func requiredVersion(file *modfile.File, path string) (string, error) {
	for _, require := range file.Require {
		if require.Mod.Path == path {
			return require.Mod.Version, nil
		}
	}
	return "", fmt.Errorf("%s does not require %s", file.Syntax.Name, path)
}

// toolchain is what is known about the Go installation.
type toolchain struct {
	version, arch string
}

// findToolchain checks once that the Go toolchain can build every component,
// which beats an error from the middle of the build.
func findToolchain(ctx context.Context, root string, components []string) (toolchain, error) {
	needed, strictest := "", ""
	for _, component := range components {
		file, err := readModule(root, component)
		if err != nil {
			return toolchain{}, err
		}
		if file.Go != nil && (needed == "" || version.Compare("go"+file.Go.Version, "go"+needed) > 0) {
			needed, strictest = file.Go.Version, component
		}
	}
	// Asked in the module with the highest demand, the go command switches to
	// a newer toolchain by itself where its settings allow that.
	cmd := exec.CommandContext(ctx, "go", "env", "GOVERSION", "GOARCH")
	cmd.Dir = componentDir(root, strictest)
	out, err := cmd.Output()
	if errors.Is(err, exec.ErrNotFound) {
		return toolchain{}, fmt.Errorf("there is no go command in PATH: install Go %s or newer", needed)
	}
	fields := strings.Fields(string(out))
	if err != nil || len(fields) != 2 {
		return toolchain{}, fmt.Errorf("the go command cannot build %s: install Go %s or newer: %w", strictest, needed, withStderr(err))
	}
	if version.IsValid(fields[0]) && version.Compare(fields[0], "go"+needed) < 0 {
		return toolchain{}, fmt.Errorf("%s is too old: install Go %s or newer", fields[0], needed)
	}
	return toolchain{version: fields[0], arch: fields[1]}, nil
}

// withStderr adds what a command said to its exit status.
func withStderr(err error) error {
	var exit *exec.ExitError
	if errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return fmt.Errorf("%w: %s", err, strings.TrimSpace(string(exit.Stderr)))
	}
	return err
}
