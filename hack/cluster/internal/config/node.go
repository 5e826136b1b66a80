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

package config

import (
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kubeletv1beta1 "k8s.io/kubelet/config/v1beta1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/host"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

// Names of the programs of a node, its data plane apart.
const (
	Containerd = "containerd"
	Kubelet    = "kubelet"
)

// Paths on a node.
const (
	ContainerdConfig = "/etc/containerd/config.toml"
	KubeletConfig    = "/etc/kubernetes/kubelet.yaml"
	KubeletCert      = "/etc/kubernetes/pki/kubelet.crt"
	KubeletKey       = "/etc/kubernetes/pki/kubelet.key"
	CACert           = "/etc/kubernetes/pki/ca.crt"
	CNIConfigDir     = "/etc/cni/net.d"
	resolvConf       = "/etc/resolv.conf"
	containerdSocket = "/run/containerd/containerd.sock"
)

// Node returns the programs of a node, its data plane apart.
func Node(c *plan.Cluster, node plan.Node, logFile func(string) string) []host.Service {
	return []host.Service{{
		Name: Containerd,
		Args: []string{Containerd, "--config=" + ContainerdConfig},
		Log:  logFile(Containerd),
	}, {
		Name: Kubelet,
		Args: []string{
			Kubelet, "--config=" + KubeletConfig, "--kubeconfig=" + KubeconfigPath(Kubelet),
			"--hostname-override=" + node.Name, "--node-ip=" + plan.Join(node.IPs()), "--v=2",
		},
		Log:    logFile(Kubelet),
		After:  []string{"unix:" + containerdSocket, APIServerAddress(c)},
		Health: "http://127.0.0.1:10248/healthz",
	}}
}

// APIServerAddress is the address of the API server in the form that
// host.Service.After wants.
func APIServerAddress(c *plan.Cluster) string {
	return "tcp:" + c.APIServer().String()
}

// RenderKubelet returns kubelet's configuration. It holds back from what needs
// to own the machine: its cgroups, its disks, its limits.
func RenderKubelet(c *plan.Cluster) (string, error) {
	config := &kubeletv1beta1.KubeletConfiguration{
		TypeMeta: metav1.TypeMeta{
			APIVersion: kubeletv1beta1.SchemeGroupVersion.String(), Kind: "KubeletConfiguration",
		},
		Authentication: kubeletv1beta1.KubeletAuthentication{
			Anonymous: kubeletv1beta1.KubeletAnonymousAuthentication{Enabled: ptr.To(false)},
			Webhook:   kubeletv1beta1.KubeletWebhookAuthentication{Enabled: ptr.To(true)},
			X509:      kubeletv1beta1.KubeletX509Authentication{ClientCAFile: CACert},
		},
		Authorization:            kubeletv1beta1.KubeletAuthorization{Mode: kubeletv1beta1.KubeletAuthorizationModeWebhook},
		TLSCertFile:              KubeletCert,
		TLSPrivateKeyFile:        KubeletKey,
		ContainerRuntimeEndpoint: "unix://" + containerdSocket,
		ClusterDomain:            plan.DNSDomain,
		ClusterDNS:               []string{c.DNSVIP.String()},
		ResolverConfig:           ptr.To(resolvConf),

		CgroupDriver:           "cgroupfs",
		FailCgroupV1:           ptr.To(false),
		CgroupsPerQOS:          ptr.To(false),
		EnforceNodeAllocatable: []string{"none"},
		OOMScoreAdj:            ptr.To[int32](0),
		FailSwapOn:             ptr.To(false),
		// A full disk of the machine is no reason to kill pods or images here.
		EvictionHard: map[string]string{
			"imagefs.available": "0%", "nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.inodesFree": "0%",
		},
		ImageGCHighThresholdPercent: ptr.To[int32](100),
		// The node is switched off, not shut down.
		ShutdownGracePeriod: metav1.Duration{Duration: 0 * time.Second},
	}
	raw, err := yaml.Marshal(config)
	if err != nil {
		return "", fmt.Errorf("encoding kubelet's configuration: %w", err)
	}
	return string(raw), nil
}

// RenderContainerd returns containerd's configuration. Nobody asks for statistics of
// containers here; collected every second, as is the default, they cost a fifth of the
// machine. Those of their file systems the kubelet needs, to evict who fills them.
func RenderContainerd(sandboxImage, cniBinDir string) string {
	return fmt.Sprintf(`version = 3
# The machine may not permit to lower scores below its own.
oom_score = 0

[plugins.'io.containerd.cri.v1.images']
  snapshotter = 'overlayfs'
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = %q

[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  stats_collect_period = '10m'
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = 'io.containerd.runc.v2'
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      SystemdCgroup = false
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = [%q]
    conf_dir = %q
`, sandboxImage, cniBinDir, CNIConfigDir)
}

// HostFiles returns what the C library needs on any host. The name server is the
// external host, see [External].
func HostFiles(c *plan.Cluster) map[string]string {
	var hosts strings.Builder
	hosts.WriteString("127.0.0.1 localhost\n::1 localhost\n")
	for _, h := range c.Hosts() {
		for _, address := range h.IPs() {
			fmt.Fprintf(&hosts, "%s %s\n", address, h.Name)
		}
	}
	resolv := fmt.Sprintf("nameserver %s\n", c.External.IPs()[0])
	return map[string]string{"/etc/hosts": hosts.String(), resolvConf: resolv}
}

// externalCorefile is the Corefile of the name server outside of the cluster. It
// says of every name that it does not exist, as the Internet's would of those
// that only the cluster knows. A port that nobody listens on would not do: the
// kernel sends ICMP errors to each client once a second only, and whoever is
// told nothing waits for a time limit.
const externalCorefile = "/etc/coredns/Corefile"

// ExternalFiles returns the files of the external host's programs.
func ExternalFiles() map[string]string {
	return map[string]string{externalCorefile: ".:53 {\n    template ANY ANY {\n        rcode NXDOMAIN\n    }\n}\n"}
}

// External returns the programs outside of the cluster: the off-cluster client,
// and the name server that the nodes know.
func External(logFile func(string) string) []host.Service {
	return []host.Service{{
		Name:   "agnhost",
		Args:   []string{"agnhost", "netexec", fmt.Sprintf("--http-port=%d", plan.ExternalPort), "--udp-port=-1"},
		Log:    logFile("agnhost"),
		Health: fmt.Sprintf("http://127.0.0.1:%d/hostname", plan.ExternalPort),
	}, {
		Name: "coredns",
		Args: []string{"coredns", "-conf", externalCorefile},
		Log:  logFile("coredns"),
	}}
}
