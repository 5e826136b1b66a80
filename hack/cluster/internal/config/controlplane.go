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

	"sigs.k8s.io/service-e2e/hack/cluster/internal/host"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/pki"
	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

// Names of the programs of the control plane.
const (
	Etcd              = "etcd"
	APIServer         = "kube-apiserver"
	ControllerManager = "kube-controller-manager"
	Scheduler         = "kube-scheduler"
)

const (
	etcdAddress       = "127.0.0.1:2379"
	etcdHealthAddress = "127.0.0.1:2381"
)

// UserOf names who the controller manager or the scheduler is to the API
// server; RBAC has rules for both by that name.
func UserOf(component string) string { return "system:" + component }

// KubeconfigPath is where a component finds its kubeconfig on its host.
func KubeconfigPath(component string) string {
	return "/etc/kubernetes/" + component + ".kubeconfig"
}

// ControlPlane returns the programs of the control plane. The pkiDir holds
// their keys, dataDir takes etcd's data, logFile tells where a program logs.
func ControlPlane(c *plan.Cluster, pkiDir, dataDir string, logFile func(string) string) []host.Service {
	cert := func(name string) string { return pki.CertFile(pkiDir, name) }
	key := func(name string) string { return pki.KeyFile(pkiDir, name) }
	apiServer := "tcp:127.0.0.1:" + fmt.Sprint(plan.APIServerPort)

	services := []host.Service{{
		Name: Etcd,
		Args: []string{
			Etcd, "--name=" + c.ControlPlane.Name, "--data-dir=" + dataDir,
			"--listen-client-urls=https://" + etcdAddress, "--advertise-client-urls=https://" + etcdAddress,
			// There is no peer, but etcd insists on an address.
			"--listen-peer-urls=http://127.0.0.1:2380", "--initial-advertise-peer-urls=http://127.0.0.1:2380",
			"--initial-cluster=" + c.ControlPlane.Name + "=http://127.0.0.1:2380",
			"--listen-metrics-urls=http://" + etcdHealthAddress,
			"--client-cert-auth", "--trusted-ca-file=" + cert(pki.EtcdCA),
			"--cert-file=" + cert("etcd"), "--key-file=" + key("etcd"),
			// The data need not survive the machine, so do not wait for it.
			"--unsafe-no-fsync", "--log-level=warn",
		},
		Health: "http://" + etcdHealthAddress + "/health",
	}, {
		Name: APIServer,
		Args: []string{
			APIServer,
			"--advertise-address=" + c.ControlPlane.Address().String(),
			fmt.Sprintf("--secure-port=%d", plan.APIServerPort),
			"--tls-cert-file=" + cert("apiserver"), "--tls-private-key-file=" + key("apiserver"),
			"--client-ca-file=" + cert(pki.CA),
			"--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
			"--allow-privileged",
			"--etcd-servers=https://" + etcdAddress, "--etcd-cafile=" + cert(pki.EtcdCA),
			"--etcd-certfile=" + cert("apiserver-etcd-client"), "--etcd-keyfile=" + key("apiserver-etcd-client"),
			"--kubelet-certificate-authority=" + cert(pki.CA),
			"--kubelet-client-certificate=" + cert("apiserver-kubelet-client"),
			"--kubelet-client-key=" + key("apiserver-kubelet-client"),
			"--kubelet-preferred-address-types=InternalIP",
			"--service-cluster-ip-range=" + plan.Join(c.ServiceCIDRs),
			"--service-account-issuer=https://kubernetes.default.svc." + plan.DNSDomain,
			"--service-account-key-file=" + pki.PublicKeyFile(pkiDir, pki.ServiceAccount),
			"--service-account-signing-key-file=" + key(pki.ServiceAccount),
			"--requestheader-client-ca-file=" + cert(pki.FrontProxyCA),
			"--requestheader-allowed-names=front-proxy-client",
			"--requestheader-extra-headers-prefix=X-Remote-Extra-",
			"--requestheader-group-headers=X-Remote-Group", "--requestheader-username-headers=X-Remote-User",
			"--proxy-client-cert-file=" + cert("front-proxy-client"),
			"--proxy-client-key-file=" + key("front-proxy-client"),
			// No Service proxy runs beside the API server: it goes to the
			// endpoints of aggregated servers and webhooks directly.
			"--enable-aggregator-routing",
			"--v=2",
		},
		After:    []string{"tcp:" + etcdAddress},
		Health:   fmt.Sprintf("https://127.0.0.1:%d/readyz", plan.APIServerPort),
		HealthCA: cert(pki.CA),
	}, {
		Name: ControllerManager,
		Args: append(client(ControllerManager, pkiDir),
			"--use-service-account-credentials",
			"--service-account-private-key-file="+key(pki.ServiceAccount),
			"--root-ca-file="+cert(pki.CA),
			"--cluster-signing-cert-file="+cert(pki.CA), "--cluster-signing-key-file="+key(pki.CA),
			"--cluster-name="+c.Name,
			// Nodes get their pod ranges when they are created.
			"--allocate-node-cidrs=false",
			// Its forty controllers ask for a token each before any of them
			// starts; the default rate makes that the longest step of all.
			"--kube-api-qps=200", "--kube-api-burst=400",
			"--cluster-cidr="+plan.Join(c.PodCIDRs), "--service-cluster-ip-range="+plan.Join(c.ServiceCIDRs)),
		After:    []string{apiServer},
		Health:   "https://127.0.0.1:10257/healthz",
		HealthCA: cert(pki.CA),
	}, {
		Name:     Scheduler,
		Args:     client(Scheduler, pkiDir),
		After:    []string{apiServer},
		Health:   "https://127.0.0.1:10259/healthz",
		HealthCA: cert(pki.CA),
	}}
	for i := range services {
		services[i].Log = logFile(services[i].Name)
	}
	return services
}

// client renders what the controller manager and the scheduler have in common.
func client(component, pkiDir string) []string {
	kubeconfig := KubeconfigPath(component)
	return []string{
		component,
		"--kubeconfig=" + kubeconfig, "--authentication-kubeconfig=" + kubeconfig,
		"--authorization-kubeconfig=" + kubeconfig,
		"--client-ca-file=" + pki.CertFile(pkiDir, pki.CA),
		"--requestheader-client-ca-file=" + pki.CertFile(pkiDir, pki.FrontProxyCA),
		"--tls-cert-file=" + pki.CertFile(pkiDir, component),
		"--tls-private-key-file=" + pki.KeyFile(pkiDir, component),
		"--bind-address=127.0.0.1",
		// It is the only one.
		"--leader-elect=false",
		"--v=2",
	}
}
