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

package cluster

import (
	"fmt"
	"maps"
	"os"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/config"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/dataplane"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/host"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/kubeconfig"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/pki"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
	"sigs.k8s.io/service-e2e/images"
)

const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// builder knows what the specs of the hosts are made from.
type builder struct {
	paths     Paths
	plan      *plan.Cluster
	authority *pki.Authority
	dataPlane dataplane.DataPlane
}

// base returns what the hosts have in common.
func (b *builder) base(h plan.Host) *host.Spec {
	return &host.Spec{
		Name: h.Name, Cluster: b.plan.Name, Short: h.Short,
		Dir:     b.paths.Host(h.Short),
		Visible: []string{b.paths.Bin(), b.paths.CNI(), b.paths.Logs()},
		Files:   config.HostFiles(b.plan),
		Path:    b.paths.Bin() + ":" + systemPath,
		Log:     b.paths.HostLog(h.Short),
	}
}

func (b *builder) logFile(short string) func(string) string {
	return func(component string) string { return b.paths.Log(short, component) }
}

func (b *builder) controlPlane() (*host.Spec, error) {
	s := b.base(b.plan.ControlPlane)
	s.Visible = append(s.Visible, b.paths.PKI())
	const data = "/var/lib/etcd"
	s.Disks = map[string]string{"etcd": data}
	s.Services = config.ControlPlane(b.plan, b.paths.PKI(), data, b.logFile(s.Short))
	for _, component := range []string{config.ControllerManager, config.Scheduler} {
		user := config.UserOf(component)
		raw, err := b.kubeconfig(user)
		if err != nil {
			return nil, err
		}
		s.Files[config.KubeconfigPath(component)] = raw
	}
	return s, nil
}

func (b *builder) external() *host.Spec {
	s := b.base(b.plan.External)
	s.Services = config.External(b.logFile(s.Short))
	maps.Copy(s.Files, config.ExternalFiles())
	return s
}

// disks are the directories of a node that hold more than a few bytes, or what
// is to outlast a reboot: which addresses pods have had is, or others would get
// them at once. The runtime cannot stack its layers on those of the host.
var disks = map[string]string{
	"cni":        "/var/lib/cni",
	"containerd": "/var/lib/containerd",
	"kubelet":    "/var/lib/kubelet",
	"pod-logs":   "/var/log/pods",
}

func (b *builder) node(n plan.Node) (*host.Spec, error) {
	s := b.base(n.Host)
	s.Disks = disks
	s.Services = append(config.Node(b.plan, n, b.logFile(n.Short)),
		b.dataPlane.Services(b.plan, n, b.logFile(n.Short))...)

	kubelet, err := config.RenderKubelet(b.plan)
	if err != nil {
		return nil, err
	}
	client, err := b.kubeconfig("system:node:"+n.Name, "system:nodes")
	if err != nil {
		return nil, err
	}
	s.Files[config.ContainerdConfig] = config.RenderContainerd(images.Pause().Name, b.paths.CNI())
	s.Files[config.KubeletConfig] = kubelet
	s.Files[config.KubeconfigPath(config.Kubelet)] = client
	s.Files[config.CACert] = string(b.authority.CACert())
	for path, source := range map[string]string{
		config.KubeletCert: pki.CertFile(b.paths.PKI(), pki.Kubelet(n)),
		config.KubeletKey:  pki.KeyFile(b.paths.PKI(), pki.Kubelet(n)),
	} {
		raw, err := os.ReadFile(source)
		if err != nil {
			return nil, fmt.Errorf("reading kubelet's key: %w", err)
		}
		s.Files[path] = string(raw)
	}
	files, err := b.dataPlane.Files(b.plan, n, b.authority)
	if err != nil {
		return nil, err
	}
	maps.Copy(s.Files, files)
	return s, nil
}

// kubeconfig returns one for use on the fabric.
func (b *builder) kubeconfig(user string, groups ...string) (string, error) {
	pair, err := b.authority.Client(user, groups...)
	if err != nil {
		return "", err
	}
	raw, err := kubeconfig.File{
		Cluster: b.plan.Name, User: user, Server: b.plan.APIServerURL(),
		CA: b.authority.CACert(), Client: pair,
	}.Render()
	return string(raw), err
}
