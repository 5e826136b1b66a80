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

// Command parity holds the scenarios that this suite wants to cover against the
// specs that it has, and writes e2e/PARITY.md.
//
//	go run ./hack/parity          fails if the page is out of date
//	go run ./hack/parity -update  writes the page
//	go run ./hack/parity -beside 'LoadBalancers' [-but 'SCTP']
//
// The last prints a focus of the specs that cover what upstream's specs of such names do.
//
// rows.tsv lists the scenarios: those of every upstream spec about Services,
// those of the ancestor, and those beyond. A spec says in a comment above it
// which of them it covers, such as "// CIP-06 to CIP-11, OLD-01". A scenario
// without a spec needs a reason in rows.tsv; either way no row goes missing.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

//go:embed rows.tsv
var rowsFile string

func main() {
	update := flag.Bool("update", false, "write e2e/PARITY.md")
	beside := flag.String("beside", "", "print a focus of the specs that cover what upstream's specs of matching names do")
	but := flag.String("but", "", "leave out upstream's specs of matching names")
	flag.Parse()
	do := func() error { return run(".", *update) }
	if *beside != "" {
		do = func() error { return printFocus(".", *beside, *but) }
	}
	if err := do(); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

// load returns the scenarios and the specs of the repository at root.
func load(root string) ([]row, []spec, error) {
	rows, err := parseRows(rowsFile)
	if err != nil {
		return nil, nil, err
	}
	specs, err := findSpecs(filepath.Join(root, "e2e"))
	return rows, specs, err
}

// printFocus prints a focus of the specs of the repository at root.
func printFocus(root, beside, but string) error {
	rows, specs, err := load(root)
	if err != nil {
		return err
	}
	focus, err := focusBeside(rows, specs, beside, but)
	if err == nil {
		fmt.Println(focus)
	}
	return err
}

// run verifies or writes the page of the repository at root.
func run(root string, update bool) error {
	rows, specs, err := load(root)
	if err != nil {
		return err
	}
	page, err := render(rows, specs)
	if err != nil {
		return err
	}
	path := filepath.Join(root, "e2e", "PARITY.md")
	if update {
		return os.WriteFile(path, page, 0o644)
	}
	present, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("reading the page: %w; write it with make update", err)
	}
	if string(present) != string(page) {
		return fmt.Errorf("%s is out of date; write it anew with make update", path)
	}
	return nil
}
