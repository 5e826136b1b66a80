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

package dataplane

import (
	"encoding/json"
	"fmt"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	componentbaseconfigv1alpha1 "k8s.io/component-base/config/v1alpha1"
	kubeproxyv1alpha1 "k8s.io/kube-proxy/config/v1alpha1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/config"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/host"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/kubeconfig"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/pki"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

const (
	kubeProxyName   = "kube-proxy"
	kubeProxyConfig = "/etc/kubernetes/kube-proxy.yaml"
)

// kubeProxy is kube-proxy in one of its modes, over a bridge on each node and
// routes between the nodes.
type kubeProxy struct{}

func (kubeProxy) Files(c *plan.Cluster, node plan.Node, authority *pki.Authority) (map[string]string, error) {
	network, err := renderBridge(node)
	if err != nil {
		return nil, err
	}
	proxy, err := renderKubeProxy(c, node)
	if err != nil {
		return nil, err
	}
	user := "system:" + kubeProxyName
	pair, err := authority.Client(user)
	if err != nil {
		return nil, err
	}
	client, err := kubeconfig.File{
		Cluster: c.Name, User: user, Server: c.APIServerURL(), CA: authority.CACert(), Client: pair,
	}.Render()
	if err != nil {
		return nil, err
	}
	return map[string]string{
		config.CNIConfigDir + "/10-bridge.conflist": network,
		kubeProxyConfig:                      proxy,
		config.KubeconfigPath(kubeProxyName): string(client),
	}, nil
}

func (kubeProxy) Services(c *plan.Cluster, _ plan.Node, logFile func(string) string) []host.Service {
	return []host.Service{{
		Name:   kubeProxyName,
		Args:   []string{kubeProxyName, "--config=" + kubeProxyConfig, "--v=2"},
		Log:    logFile(kubeProxyName),
		After:  []string{config.APIServerAddress(c)},
		Health: "http://127.0.0.1:10256/healthz",
	}}
}

// renderBridge returns the configuration of the pod network. It masquerades
// nothing: pods are known by their own address on the whole fabric.
func renderBridge(node plan.Node) (string, error) {
	type object map[string]any
	var ranges []any
	for _, cidr := range node.PodCIDRs {
		ranges = append(ranges, []any{object{"subnet": cidr.String()}})
	}
	raw, err := json.MarshalIndent(object{
		"cniVersion": "1.0.0",
		"name":       "bridge",
		"plugins": []any{
			object{
				"type": "bridge", "bridge": "cni0", "isDefaultGateway": true, "hairpinMode": true, "ipMasq": false,
				"ipam": object{"type": "host-local", "ranges": ranges},
			},
			object{"type": "portmap", "capabilities": object{"portMappings": true}},
		},
	}, "", "  ")
	if err != nil {
		return "", fmt.Errorf("encoding the configuration of the pod network: %w", err)
	}
	return string(raw) + "\n", nil
}

func renderKubeProxy(c *plan.Cluster, node plan.Node) (string, error) {
	// What is not set here is kube-proxy's own default.
	proxy := &kubeproxyv1alpha1.KubeProxyConfiguration{
		TypeMeta: metav1.TypeMeta{
			APIVersion: kubeproxyv1alpha1.SchemeGroupVersion.String(), Kind: "KubeProxyConfiguration",
		},
		ClientConnection: componentbaseconfigv1alpha1.ClientConnectionConfiguration{
			Kubeconfig: config.KubeconfigPath(kubeProxyName),
		},
		HostnameOverride: node.Name,
		Mode:             kubeproxyv1alpha1.ProxyMode(c.ProxyMode),
		ClusterCIDR:      plan.Join(c.PodCIDRs),
		DetectLocalMode:  "ClusterCIDR",
		OOMScoreAdj:      ptr.To[int32](0),
		// The size of the connection table is the machine's to decide.
		Conntrack: kubeproxyv1alpha1.KubeProxyConntrackConfiguration{MaxPerCore: ptr.To[int32](0)},
	}
	raw, err := yaml.Marshal(proxy)
	if err != nil {
		return "", fmt.Errorf("encoding kube-proxy's configuration: %w", err)
	}
	return string(raw), nil
}

func (kubeProxy) Missing(c *plan.Cluster) error {
	if c.ProxyMode != plan.ModeNFTables {
		return nil
	}
	return nftables()
}

// nftables asks the kernel for its ruleset's generation, which it can answer
// only if it has nf_tables. Opening the socket makes it load the module.
func nftables() error {
	request := nl.NewNetlinkRequest(unix.NFNL_SUBSYS_NFTABLES<<8|unix.NFT_MSG_GETGEN, 0)
	request.AddData(&nl.Nfgenmsg{NfgenFamily: unix.AF_UNSPEC, Version: nl.NFNETLINK_V0})
	if _, err := request.Execute(unix.NETLINK_NETFILTER, 0); err != nil {
		return fmt.Errorf("the kernel lacks nf_tables (%w): use --proxy-mode=%s", err, plan.ModeIPTables)
	}
	return nil
}
