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

const kubeconfigWithExternalClient = `
apiVersion: v1
kind: Config
current-context: embedded
contexts:
- {name: embedded, context: {cluster: embedded, user: admin}}
- {name: other, context: {cluster: other, user: admin}}
clusters:
- name: embedded
  cluster:
    server: https://127.0.0.1:6443
    extensions:
    - name: service-e2e
      extension: {externalClient: {url: "http://127.0.0.1:18080", address: 172.18.0.250}}
- name: other
  cluster: {server: "https://198.51.100.1:6443"}
`

func TestFindExternalClient(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(path, []byte(kubeconfigWithExternalClient), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, flag, kubeconfig, context string
		want                            *ExternalClient
		wantErr                         string
	}{
		{name: "none"},
		{name: "extension", kubeconfig: path, want: &ExternalClient{URL: "http://127.0.0.1:18080", Address: "172.18.0.250"}},
		{name: "another context has none", kubeconfig: path, context: "other"},
		{name: "unknown context", kubeconfig: path, context: "nosuch"},
		{name: "flag wins", flag: "http://198.51.100.7:8080/", kubeconfig: path, want: &ExternalClient{URL: "http://198.51.100.7:8080", Address: "198.51.100.7"}},
		{name: "forwarded client", flag: "http://127.0.0.1:8080", want: &ExternalClient{URL: "http://127.0.0.1:8080"}},
		{name: "not a URL", flag: "198.51.100.7:8080", wantErr: "want a URL like"},
		{name: "no such file", kubeconfig: path + "x", wantErr: "no such file"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := findExternalClient(tc.flag, tc.kubeconfig, tc.context)
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
