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

package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// focusBeside returns a regular expression of the specs of this suite that cover the
// scenarios of some upstream specs: those whose names one expression matches and
// another one, unless it is empty, does not.
func focusBeside(rows []row, specs []spec, focus, skip string) (string, error) {
	focused, err := regexp.Compile(focus)
	if err != nil {
		return "", fmt.Errorf("-beside: %w", err)
	}
	skipped, err := regexp.Compile(skip)
	if err != nil {
		return "", fmt.Errorf("-but: %w", err)
	}
	chosen := map[string]bool{}
	for _, r := range rows {
		if focused.MatchString(r.what) && (skip == "" || !skipped.MatchString(r.what)) {
			chosen[r.id] = true
		}
	}
	var patterns []string
	for _, s := range specs {
		if slices.ContainsFunc(s.ids, func(id string) bool { return chosen[id] }) {
			patterns = append(patterns, s.pattern)
		}
	}
	if len(patterns) == 0 {
		return "", fmt.Errorf("no spec covers a scenario of upstream's specs that match %q", focus)
	}
	return strings.Join(patterns, "|"), nil
}
