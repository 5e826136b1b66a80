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
	"encoding/json"
	"fmt"
	"net/netip"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/pki"
)

// ExtensionName is the name of our extension of a cluster entry.
const ExtensionName = "service-e2e"

// Extension is what the suite learns about the cluster from its kubeconfig.
type Extension struct {
	// ExternalClient is the client outside the cluster, on the node network.
	ExternalClient *ExternalClient `json:"externalClient,omitempty"`
	// NodeExec is a command that runs its further arguments on a node, after
	// the node's name and "--" have been appended. Words hold no spaces.
	NodeExec string `json:"nodeExec,omitempty"`
	// NodeReboot is a command that switches a node off as a power failure
	// does, and on again, after the node's name has been appended.
	NodeReboot string `json:"nodeReboot,omitempty"`
	// APIServerHost is the host on which kube-apiserver runs, as NodeExec knows
	// it, where that is no node.
	APIServerHost string `json:"apiServerHost,omitempty"`
	// Disposable tells that the cluster is there to be broken: the suite may
	// restart its parts without being asked to.
	Disposable bool `json:"disposable,omitempty"`
}

// ExternalClient is an "agnhost netexec" outside the cluster.
type ExternalClient struct {
	// URL is where the suite reaches its HTTP port.
	URL string `json:"url"`
	// Address is its source address as the cluster sees it, in the cluster's
	// primary IP family.
	Address netip.Addr `json:"address"`
	// Addresses are those of all families, the primary one first.
	Addresses []netip.Addr `json:"addresses"`
}

// File is the content of a kubeconfig with one cluster and one user.
type File struct {
	Cluster, User string
	Server        string
	CA            []byte
	Client        pki.Pair
	Extension     *Extension
}

// Render returns the file's content.
func (f File) Render() ([]byte, error) {
	config, err := f.config()
	if err != nil {
		return nil, err
	}
	raw, err := clientcmd.Write(*config)
	if err != nil {
		return nil, fmt.Errorf("encoding kubeconfig of %s: %w", f.User, err)
	}
	return raw, nil
}

func (f File) config() (*clientcmdapi.Config, error) {
	cluster := &clientcmdapi.Cluster{Server: f.Server, CertificateAuthorityData: f.CA}
	if f.Extension != nil {
		raw, err := json.Marshal(f.Extension)
		if err != nil {
			return nil, fmt.Errorf("encoding the kubeconfig's extension: %w", err)
		}
		cluster.Extensions = map[string]runtime.Object{
			ExtensionName: &runtime.Unknown{Raw: raw, ContentType: runtime.ContentTypeJSON},
		}
	}
	context := f.User + "@" + f.Cluster
	return &clientcmdapi.Config{
		Clusters: map[string]*clientcmdapi.Cluster{f.Cluster: cluster},
		AuthInfos: map[string]*clientcmdapi.AuthInfo{
			f.User: {ClientCertificateData: f.Client.Cert, ClientKeyData: f.Client.Key},
		},
		Contexts:       map[string]*clientcmdapi.Context{context: {Cluster: f.Cluster, AuthInfo: f.User}},
		CurrentContext: context,
	}, nil
}
