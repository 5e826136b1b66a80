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
	"slices"
	"strings"
	"testing"
)

const source = `package e2e

// CIP-01 is named here in a sentence and not at a spec.
var _ = SIGDescribe("Services", func() {
	for _, protocol := range protocols {
		// CIP-01, OLD-02 and BEY-03: more words.
		// They go on.
		f.It(over("should work"), func(ctx context.Context) { by("not this") })

		// CIP-06 to CIP-08
		f.It(fmt.Sprintf("should fail over %s", protocol), framework.WithSerial(), func(ctx context.Context) {})
	}
})
`

func TestSpecs(t *testing.T) {
	specs, err := specsIn("a.go", []byte(source))
	if err != nil {
		t.Fatal(err)
	}
	want := []spec{
		{file: "a.go", text: "Services should work", ids: []string{"CIP-01", "OLD-02", "BEY-03"}},
		{file: "a.go", text: "Services should fail", ids: []string{"CIP-06", "CIP-07", "CIP-08"}},
	}
	if !slices.EqualFunc(specs, want, func(a, b spec) bool {
		return a.file == b.file && a.text == b.text && slices.Equal(a.ids, b.ids)
	}) {
		t.Errorf("got %+v, want %+v", specs, want)
	}
	for _, text := range []string{
		"package e2e\n\n// CIP-01\n",
		"package e2e\n\n// CIP-02 to CIP-01\nvar _ = f.It(\"x\")\n",
		"package",
	} {
		if _, err := specsIn("a.go", []byte(text)); err == nil {
			t.Errorf("no error for %q", text)
		}
	}
}

func TestRender(t *testing.T) {
	specs := []spec{{file: "a.go", text: "should work", ids: []string{"A-01"}}}
	for _, test := range []struct {
		rows  string
		wrong string
	}{
		{"A-01\tClusterIP\tbasic\t\nA-02\tClusterIP\tSCTP\tneeds a kernel with SCTP\n", ""},
		{"A-01\tClusterIP\tbasic\tno reason\n", "A-01 has a spec, and"},
		{"A-01\tClusterIP\tbasic\t\nA-02\tClusterIP\tmore\t\n", "A-02 has neither"},
		{"A-02\tClusterIP\tmore\tlater\n", "covers A-01, which"},
	} {
		rows, err := parseRows(test.rows)
		if err != nil {
			t.Fatal(err)
		}
		page, err := render(rows, specs)
		switch {
		case test.wrong == "" && err != nil:
			t.Errorf("%q: %v", test.rows, err)
		case test.wrong == "" && (!strings.Contains(string(page), "1 of 2 scenarios") || !strings.Contains(string(page), "none: needs a kernel")):
			t.Errorf("page is %s", page)
		case test.wrong != "" && (err == nil || !strings.Contains(err.Error(), test.wrong)):
			t.Errorf("%q: err %v, want %q", test.rows, err, test.wrong)
		}
	}
	if _, err := render(nil, []spec{{file: "a.go", text: "should work"}}); err == nil {
		t.Error("no error for a spec without a scenario")
	}
	for _, text := range []string{"A-01\tClusterIP\n", "A-01\tS\tx\t\nA-01\tS\ty\t\n"} {
		if _, err := parseRows(text); err == nil {
			t.Errorf("no error for %q", text)
		}
	}
}

func TestFocusBeside(t *testing.T) {
	rows, err := parseRows("A-01\tone\t[sig-network] Services should x\t\nA-02\tone\t[sig-network] Services should x over SCTP\t\nA-03\tone\t[sig-network] DNS should y\t\n")
	if err != nil {
		t.Fatal(err)
	}
	specs := []spec{
		{pattern: `Services a \(b\) over .*`, ids: []string{"A-01", "BEY-01"}},
		{pattern: "Services b", ids: []string{"A-02"}},
		{pattern: "Services c", ids: []string{"A-03"}},
	}
	for _, test := range []struct{ focus, skip, want string }{
		{"Services", "SCTP", `Services a \(b\) over .*`},
		{"Services", "", `Services a \(b\) over .*|Services b`},
		{"nothing", "", ""},
		{"(", "", ""},
		{"Services", "(", ""},
	} {
		got, err := focusBeside(rows, specs, test.focus, test.skip)
		if got != test.want || (err == nil) == (test.want == "") {
			t.Errorf("beside %q, but %q: %q, %v; want %q", test.focus, test.skip, got, err, test.want)
		}
	}
}
