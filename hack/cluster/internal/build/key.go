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
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"os"
	"path/filepath"
	"sort"
)

// keyer computes the key of a step: a hash over everything that its result
// depends on. Each part is hashed with its name and length, so that parts can
// never run into each other.
type keyer struct {
	hash hash.Hash
	err  error
}

func newKeyer() *keyer {
	return &keyer{hash: sha256.New()}
}

// bytes adds a part.
func (k *keyer) bytes(name string, content []byte) *keyer {
	fmt.Fprintf(k.hash, "%d %s %d\n", len(name), name, len(content))
	k.hash.Write(content)
	return k
}

// value adds anything that JSON can express.
func (k *keyer) value(name string, value any) *keyer {
	content, err := json.Marshal(value)
	if err != nil && k.err == nil {
		k.err = fmt.Errorf("hashing %s: %w", name, err)
	}
	return k.bytes(name, content)
}

// sources adds those files of a folder that a build of its module reads.
func (k *keyer) sources(dir string) *keyer {
	var names []string
	for _, pattern := range []string{"go.mod", "go.sum", "*.go"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil && k.err == nil {
			k.err = err
		}
		names = append(names, found...)
	}
	sort.Strings(names)
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err != nil && k.err == nil {
			k.err = fmt.Errorf("hashing sources: %w", err)
		}
		k.bytes(filepath.Base(name), content)
	}
	return k
}

// sum returns the key. Sixteen digits keep paths readable, and are plenty for
// the handful of results that a cache holds.
func (k *keyer) sum() (string, error) {
	return hex.EncodeToString(k.hash.Sum(nil))[:16], k.err
}
