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

package metallb

import (
	_ "embed"
	"errors"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// poolTemplate is shared with hack/install_metallb.sh.
//
//go:embed pool.yaml
var poolTemplate string

// Pool returns the objects that make MetalLB give out and announce the ranges
// of addresses, each of the form first-last.
func Pool(ranges []string) ([]*unstructured.Unstructured, error) {
	if len(ranges) == 0 {
		return nil, errors.New("MetalLB has no addresses to give out")
	}
	return decode(strings.NewReader(strings.Replace(poolTemplate, "[ADDRESSES]", "["+strings.Join(ranges, ", ")+"]", 1)))
}
