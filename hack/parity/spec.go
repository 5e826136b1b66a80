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
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// spec is one It and the scenarios that a comment says it covers.
type spec struct {
	file string
	text string
	// pattern is a regular expression of the names of the spec's cases.
	pattern string
	ids     []string
}

// findSpecs returns the specs in the Go files of a folder, in order.
func findSpecs(folder string) ([]spec, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	var specs []spec
	for _, path := range paths {
		source, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		found, err := specsIn(filepath.Base(path), source)
		if err != nil {
			return nil, err
		}
		specs = append(specs, found...)
	}
	return specs, nil
}

// specsIn returns the specs of one file.
func specsIn(name string, source []byte) ([]spec, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	type located struct {
		at, end token.Pos
		text    string
	}
	var its, containers []located
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		switch calledName(call) {
		case "It":
			its = append(its, located{at: call.Pos(), end: call.End(), text: textOf(call.Args)})
		case "SIGDescribe":
			containers = append(containers, located{at: call.Pos(), end: call.End(), text: textOf(call.Args)})
		}
		return true
	})
	slices.SortFunc(its, func(a, b located) int { return cmp.Compare(a.at, b.at) })
	specs := make([]spec, len(its))
	for i, it := range its {
		for _, c := range containers {
			if c.at < it.at && it.end <= c.end {
				it.text = c.text + " " + it.text
			}
		}
		specs[i] = spec{file: name, text: withoutVerbs(it.text), pattern: strings.ReplaceAll(regexp.QuoteMeta(it.text), "%s", ".*")}
	}
	for _, group := range file.Comments {
		for line := range strings.SplitSeq(strings.TrimSpace(group.Text()), "\n") {
			ids, err := idsIn(line)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", files.Position(group.Pos()), err)
			}
			if len(ids) == 0 {
				continue
			}
			next := slices.IndexFunc(its, func(it located) bool { return it.at >= group.End() })
			if next < 0 {
				return nil, fmt.Errorf("%s: the comment names %s, and no spec follows", files.Position(group.Pos()), ids[0])
			}
			specs[next].ids = append(specs[next].ids, ids...)
		}
	}
	return specs, nil
}

func calledName(call *ast.CallExpr) string {
	switch fun := call.Fun.(type) {
	case *ast.SelectorExpr:
		return fun.Sel.Name
	case *ast.Ident:
		return fun.Name
	}
	return ""
}

// textOf returns the format of a spec's name: the first string among its
// arguments, wherever it stands in them.
func textOf(arguments []ast.Expr) string {
	var text string
	for _, argument := range arguments {
		ast.Inspect(argument, func(n ast.Node) bool {
			if _, isBody := n.(*ast.FuncLit); isBody {
				return false
			}
			if literal, ok := n.(*ast.BasicLit); ok && text == "" && literal.Kind == token.STRING {
				text, _ = strconv.Unquote(literal.Value)
			}
			return text == ""
		})
	}
	return text
}

// withoutVerbs leaves out of a format what it fills in.
func withoutVerbs(format string) string {
	for _, filled := range []string{" over %s", " %s", "%s "} {
		format = strings.ReplaceAll(format, filled, "")
	}
	return format
}

var (
	// idLine is a comment line that begins with a scenario.
	idLine  = regexp.MustCompile(`^(?:[A-Z]+-\d+(?: to [A-Z]+-\d+)?)(?:(?:, | and |, and )[A-Z]+-\d+(?: to [A-Z]+-\d+)?)*(?:[:.;]|$)`)
	idRange = regexp.MustCompile(`([A-Z]+)-(\d+)(?: to ([A-Z]+)-(\d+))?`)
)

// idsIn returns the scenarios that a comment line begins with.
func idsIn(line string) ([]string, error) {
	var ids []string
	for _, m := range idRange.FindAllStringSubmatch(idLine.FindString(line), -1) {
		first, err := strconv.Atoi(m[2])
		if err != nil {
			return nil, err
		}
		last := first
		if m[4] != "" {
			if last, err = strconv.Atoi(m[4]); err != nil || m[3] != m[1] || last <= first {
				return nil, fmt.Errorf("%q is no range of scenarios", m[0])
			}
		}
		for n := first; n <= last; n++ {
			ids = append(ids, fmt.Sprintf("%s-%02d", m[1], n))
		}
	}
	return ids, nil
}
