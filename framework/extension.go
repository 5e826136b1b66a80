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

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// kubeconfigExtension is the name of the extension in a kubeconfig's cluster
// entry by which whoever made the cluster tells the suite what it may use.
const kubeconfigExtension = "service-e2e"

// extension is what the suite may use of a cluster beyond its API.
type extension struct {
	ExternalClient *ExternalClient `json:"externalClient"`
	// NodeExec is a command that runs its further arguments on a host, after
	// the host's name and "--" have been appended. Words hold no spaces.
	NodeExec string `json:"nodeExec"`
	// NodeReboot is a command that reboots the node whose name is appended.
	NodeReboot string `json:"nodeReboot"`
	// APIServerHost is the host on which kube-apiserver runs, as NodeExec
	// knows it, where it is no pod.
	APIServerHost string `json:"apiServerHost"`
	// Disposable allows to disrupt the cluster.
	Disposable bool `json:"disposable"`
}

// findExtension returns what a kubeconfig tells in the extension of the cluster
// of a context, the current one if it is empty. Without a kubeconfig or an
// extension that is nothing.
func findExtension(kubeconfig, context string) (extension, error) {
	if kubeconfig == "" {
		return extension{}, nil
	}
	config, err := clientcmd.LoadFromFile(kubeconfig)
	if err != nil {
		return extension{}, fmt.Errorf("loading kubeconfig: %w", err)
	}
	return extensionOf(config, context)
}

func extensionOf(config *clientcmdapi.Config, context string) (extension, error) {
	if context == "" {
		context = config.CurrentContext
	}
	var e extension
	if config.Contexts[context] == nil || config.Clusters[config.Contexts[context].Cluster] == nil {
		return e, nil
	}
	raw, ok := config.Clusters[config.Contexts[context].Cluster].Extensions[kubeconfigExtension].(*runtime.Unknown)
	if !ok {
		return e, nil
	}
	if err := json.Unmarshal(raw.Raw, &e); err != nil {
		return e, fmt.Errorf("kubeconfig extension %s of context %s: %w", kubeconfigExtension, context, err)
	}
	return e, nil
}
