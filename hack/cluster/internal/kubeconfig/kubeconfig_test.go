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

package kubeconfig

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/pki"
)

func TestRender(t *testing.T) {
	v4, v6 := netip.MustParseAddr("172.18.0.3"), netip.MustParseAddr("fd00::3")
	raw, err := File{
		Cluster: "svc", User: "admin", Server: "https://127.0.0.1:1", CA: []byte("ca"),
		Client: pki.Pair{Cert: []byte("cert"), Key: []byte("key")},
		Extension: &Extension{
			ExternalClient: &ExternalClient{URL: "http://127.0.0.1:2", Address: v4, Addresses: []netip.Addr{v4, v6}},
			NodeExec:       "cluster exec",
			NodeReboot:     "cluster reboot",
			APIServerHost:  "control-plane",
			Disposable:     true,
		},
	}.Render()
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := clientcmd.Load(raw)
	if err != nil {
		t.Fatal(err)
	}
	cluster := loaded.Clusters[loaded.Contexts[loaded.CurrentContext].Cluster]
	if cluster.Server != "https://127.0.0.1:1" || cluster.InsecureSkipTLSVerify {
		t.Errorf("unexpected cluster %+v", cluster)
	}
	// The reader of the extension is not this package: it reads plain YAML.
	var doc struct {
		Clusters []struct {
			Cluster struct {
				Extensions []struct {
					Name      string
					Extension Extension
				}
			}
		}
	}
	if err := yaml.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	got := doc.Clusters[0].Cluster.Extensions[0]
	client := got.Extension.ExternalClient
	if got.Name != ExtensionName || client.Address != v4 || !slices.Equal(client.Addresses, []netip.Addr{v4, v6}) ||
		!strings.HasSuffix(got.Extension.NodeExec, "exec") || !strings.HasSuffix(got.Extension.NodeReboot, "reboot") ||
		got.Extension.APIServerHost != "control-plane" || !got.Extension.Disposable {
		t.Errorf("unexpected extension %+v in\n%s", got, raw)
	}
}
