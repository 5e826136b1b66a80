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
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/kubernetes/test/e2e/framework"
)

// useCluster makes upstream's framework use a server, or a kubeconfig file.
func useCluster(t *testing.T, server, kubeconfig string) {
	t.Helper()
	before := framework.TestContext
	t.Cleanup(func() { framework.TestContext = before })
	framework.TestContext.Host, framework.TestContext.KubeContext = "", ""
	framework.TestContext.KubeConfig = kubeconfig
	if kubeconfig != "" {
		return
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["c"] = &clientcmdapi.Cluster{Server: server}
	config.Contexts["c"] = &clientcmdapi.Context{Cluster: "c"}
	config.CurrentContext = "c"
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	framework.TestContext.KubeConfig = path
}

// reviewer is an API server that answers access reviews.
func reviewer(t *testing.T, allowed func(*authorizationv1.ResourceAttributes) bool) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		var review authorizationv1.SelfSubjectAccessReview
		if err := json.Unmarshal(body, &review); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		review.Status.Allowed = allowed(review.Spec.ResourceAttributes)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_ = json.NewEncoder(w).Encode(review)
	}))
	t.Cleanup(server.Close)
	return server
}

func status(code int, reason string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":%q,"code":%d}`, reason, code)
	}
}

func TestPreflight(t *testing.T) {
	serve := func(handler http.HandlerFunc) string {
		server := httptest.NewServer(handler)
		t.Cleanup(server.Close)
		return server.URL
	}
	nobody := httptest.NewServer(http.NotFoundHandler())
	nobody.Close()
	garbage := filepath.Join(t.TempDir(), "garbage")
	if err := os.WriteFile(garbage, []byte("hello: [\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, server, kubeconfig string
		want                     string
	}{
		{name: "all is well", server: reviewer(t, func(*authorizationv1.ResourceAttributes) bool { return true }).URL},
		{
			name:   "no right",
			server: reviewer(t, func(a *authorizationv1.ResourceAttributes) bool { return a.Subresource != "portforward" }).URL,
			want:   "may not create pods/portforward in all namespaces",
		},
		{name: "nobody listens", server: nobody.URL, want: "cannot be reached"},
		{name: "unknown user", server: serve(status(401, "Unauthorized")), want: "does not know the user"},
		{name: "forbidden", server: serve(status(403, "Forbidden")), want: "forbids the user"},
		{name: "some web server", server: serve(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }), want: "does not answer as one"},
		{name: "no such file", kubeconfig: "/nonexistent/kubeconfig", want: "kubeconfig /nonexistent/kubeconfig cannot be used"},
		{name: "garbage", kubeconfig: garbage, want: "cannot be used"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			useCluster(t, tc.server, tc.kubeconfig)
			err := Preflight(t.Context(), "")
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("err = %v", err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("err = %v, want %q", err, tc.want)
			case err != nil && strings.Contains(err.Error(), "\n"):
				t.Errorf("more than one line: %q", err)
			}
		})
	}
}

func TestPreflightChecksTheExternalClient(t *testing.T) {
	useCluster(t, reviewer(t, func(*authorizationv1.ResourceAttributes) bool { return true }).URL, "")
	if err := Preflight(t.Context(), "nonsense"); err == nil || !strings.Contains(err.Error(), "--svc.externalClient") {
		t.Errorf("err = %v", err)
	}
}
