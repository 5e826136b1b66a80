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

package framework

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFindExtension(t *testing.T) {
	const kubeconfig = `
apiVersion: v1
kind: Config
current-context: embedded
contexts:
- {name: embedded, context: {cluster: embedded, user: admin}}
- {name: plain, context: {cluster: plain, user: admin}}
- {name: broken, context: {cluster: broken, user: admin}}
clusters:
- name: embedded
  cluster:
    server: https://127.0.0.1:6443
    extensions:
    - name: service-e2e
      extension: {nodeExec: cluster exec, nodeReboot: cluster reboot, apiServerHost: control-plane, disposable: true}
- name: plain
  cluster: {server: "https://198.51.100.1:6443"}
- name: broken
  cluster: {server: "https://198.51.100.1:6443", extensions: [{name: service-e2e, extension: {disposable: perhaps}}]}
`
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, []byte(kubeconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		kubeconfig, context string
		want                extension
		wantErr             string
	}{
		"embedded":      {kubeconfig: path, want: extension{NodeExec: "cluster exec", NodeReboot: "cluster reboot", APIServerHost: "control-plane", Disposable: true}},
		"plain":         {kubeconfig: path, context: "plain"},
		"no kubeconfig": {},
		"malformed":     {kubeconfig: path, context: "broken", wantErr: "kubeconfig extension service-e2e of context broken"},
		"no such file":  {kubeconfig: path + "x", wantErr: "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := findExtension(tc.kubeconfig, tc.context)
			if tc.wantErr != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wantErr) {
					t.Fatalf("err = %v, want %q", err, tc.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
