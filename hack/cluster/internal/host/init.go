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

package host

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Init is what VerbInit runs, as process 1 of the host. It returns only if the
// host could not be set up, which ends the host.
func Init(dir string) error {
	// Whoever starts us is not done before he closes this.
	_, _ = io.Copy(io.Discard, os.Stdin)
	s, err := ReadSpec(dir)
	if err != nil {
		return err
	}
	if err := unix.Sethostname([]byte(s.Name)); err != nil {
		return fmt.Errorf("setting host name: %w", err)
	}
	if err := mountAll(s); err != nil {
		return err
	}
	if err := os.Chdir("/"); err != nil {
		return fmt.Errorf("changing to the root directory: %w", err)
	}
	unix.Umask(0o022)
	return newSupervisor(s).run()
}
