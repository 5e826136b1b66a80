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
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"k8s.io/client-go/rest"

	"sigs.k8s.io/service-e2e/matrix"
)

func TestOutside(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reply := map[string]string{"output": "did " + r.URL.Query().Get("cmd")}
		switch {
		case r.URL.Path != "/shell":
			http.NotFound(w, r)
			return
		case strings.Contains(r.URL.Query().Get("cmd"), "add"):
			reply = map[string]string{"output": "RTNETLINK answers: Operation not permitted", "error": "exit status 2"}
		}
		if err := json.NewEncoder(w).Encode(reply); err != nil {
			t.Error(err)
		}
	}))
	defer server.Close()
	topology := &Topology{prober: newAgnhostProber(nil, &rest.Config{})}

	if out, err := topology.outside(t.Context(), "ip route"); err == nil {
		t.Errorf("without a client: %q", out)
	}
	topology.sources = []source{{Row: matrix.Row{Name: "pod@n1", Kind: matrix.SourcePod}}, {Row: matrix.Row{Name: "external", Kind: matrix.SourceExternal}, URL: server.URL}}
	if out, err := topology.outside(t.Context(), "ip route"); err != nil || out != "did ip route" {
		t.Errorf("got %q, %v", out, err)
	}
	err := topology.route(t.Context(), "203.0.113.9", "172.18.0.11")
	if want := "adding a route to 203.0.113.9: exit status 2: RTNETLINK answers: Operation not permitted"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
