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
	"net"
	"syscall"
)

// lock keeps others from changing the cluster. It is an abstract socket: the
// kernel releases it with the process, and there is no file to leave behind.
func lock(name string) (func(), error) {
	listener, err := net.Listen("unix", "@service-e2e/cluster/"+name)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("cluster %s is just being brought up or taken down by another process: "+
			"try again when that has finished", name)
	}
	if err != nil {
		return nil, fmt.Errorf("locking cluster %s: %w", name, err)
	}
	return func() { listener.Close() }, nil
}
