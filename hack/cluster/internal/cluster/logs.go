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

package cluster

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const logSuffix = ".log"

// ListLogs prints the names of the components that have a log, with its file.
func ListLogs(stateRoot, name string, out io.Writer) error {
	p, _, _, err := open(stateRoot, name)
	if err != nil {
		return err
	}
	files, err := logFiles(p)
	if err != nil {
		return err
	}
	for _, file := range files {
		fmt.Fprintf(out, "%-28s %s\n", strings.TrimSuffix(filepath.Base(file), logSuffix), file)
	}
	return nil
}

// PrintLog prints the log of a component.
func PrintLog(stateRoot, name, component string, out io.Writer) error {
	p, _, _, err := open(stateRoot, name)
	if err != nil {
		return err
	}
	f, err := os.Open(filepath.Join(p.Logs(), filepath.Base(component)+logSuffix))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no component of cluster %s is called %q: \"logs\" without a name lists them", name, component)
	}
	if err != nil {
		return fmt.Errorf("opening log: %w", err)
	}
	defer f.Close()
	_, err = io.Copy(out, f)
	return err
}

func logFiles(p Paths) ([]string, error) {
	files, err := filepath.Glob(filepath.Join(p.Logs(), "*"+logSuffix))
	if err != nil {
		return nil, fmt.Errorf("listing logs: %w", err)
	}
	return files, nil
}
