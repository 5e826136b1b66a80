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

package cgroup

import (
	"slices"
	"strings"
	"testing"
)

func TestParseMounts(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     []Mount
	}{
		{"version 2", "31 23 0:28 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw\n",
			[]Mount{{"/sys/fs/cgroup", true}}},
		{"both", `22 27 0:21 / /proc rw,relatime - proc proc rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`, []Mount{{"/sys/fs/cgroup/cpu", false}, {"/sys/fs/cgroup/systemd", false}, {"/sys/fs/cgroup/unified", true}}},
		{"mounted twice", "1 2 0:1 / /sys/fs/cgroup rw - cgroup2 a rw\n3 1 0:1 / /sys/fs/cgroup rw - cgroup2 a rw\n",
			[]Mount{{"/sys/fs/cgroup", true}}},
		{"elsewhere", "1 2 0:1 / /mnt/cgroup rw - cgroup2 a rw\n1 2 0:1 / /sys/fs/cgroups rw - cgroup2 a rw\n", nil},
		{"malformed", "1 2 -\n\n - \n", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := parseMounts(strings.NewReader(tc.in))
			if err != nil || !slices.Equal(got, tc.want) {
				t.Errorf("got %v, %v, want %v", got, err, tc.want)
			}
		})
	}
}
