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

package pki

import (
	"crypto"
	"crypto/x509"
	"fmt"
	"net"
	"path/filepath"

	certutil "k8s.io/client-go/util/cert"
	"k8s.io/client-go/util/keyutil"
	kubeadmapi "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm"
	"k8s.io/kubernetes/cmd/kubeadm/app/util/pkiutil"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

// Names of the authorities and of the pair that signs service account tokens.
const (
	CA             = "ca"
	EtcdCA         = "etcd-ca"
	FrontProxyCA   = "front-proxy-ca"
	ServiceAccount = "sa"
)

// algorithm keeps the making of some twenty keys well below a second.
const algorithm = kubeadmapi.EncryptionAlgorithmECDSAP256

// Authority signs certificates and knows where they are.
type Authority struct {
	dir         string
	authorities map[string]authority
}

type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// Pair is a certificate with its key, in PEM.
type Pair struct {
	Cert, Key []byte
}

// Create writes everything that the cluster's components authenticate with to
// dir. What only kubeconfigs hold is issued later, by Client.
func Create(dir string, c *plan.Cluster) (*Authority, error) {
	a := &Authority{dir: dir, authorities: map[string]authority{}}
	for name, commonName := range map[string]string{
		CA: "kubernetes", EtcdCA: "etcd-ca", FrontProxyCA: "front-proxy-ca",
	} {
		cert, key, err := pkiutil.NewCertificateAuthority(config(commonName, nil, nil))
		if err != nil {
			return nil, fmt.Errorf("making authority %s: %w", name, err)
		}
		if err := pkiutil.WriteCertAndKey(dir, name, cert, key); err != nil {
			return nil, fmt.Errorf("writing authority %s: %w", name, err)
		}
		a.authorities[name] = authority{cert, key}
	}

	local := []string{"localhost", "127.0.0.1"}
	apiServer := append([]string{
		c.ControlPlane.Name, c.APIServerVIP.String(),
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc." + plan.DNSDomain,
	}, local...)
	for _, address := range c.ControlPlane.IPs() {
		apiServer = append(apiServer, address.String())
	}
	certs := []struct {
		name, ca, commonName string
		organization, hosts  []string // with hosts it is a serving certificate
	}{
		{"apiserver", CA, "kube-apiserver", nil, apiServer},
		{"apiserver-kubelet-client", CA, "kube-apiserver-kubelet-client", []string{"system:masters"}, nil},
		{"apiserver-etcd-client", EtcdCA, "kube-apiserver-etcd-client", nil, nil},
		{"front-proxy-client", FrontProxyCA, "front-proxy-client", nil, nil},
		{"etcd", EtcdCA, c.ControlPlane.Name, nil, local},
		{"kube-controller-manager", CA, "kube-controller-manager", nil, local},
		{"kube-scheduler", CA, "kube-scheduler", nil, local},
	}
	for _, cert := range certs {
		if err := a.write(cert.name, cert.ca, config(cert.commonName, cert.organization, cert.hosts)); err != nil {
			return nil, err
		}
	}
	for _, node := range c.Nodes {
		hosts := []string{node.Name}
		for _, address := range node.IPs() {
			hosts = append(hosts, address.String())
		}
		// kubelet's serving certificate looks as if the cluster had signed it
		// upon kubelet's own request.
		if err := a.write(Kubelet(node), CA, config("system:node:"+node.Name, []string{"system:nodes"}, hosts)); err != nil {
			return nil, err
		}
	}

	key, err := pkiutil.NewPrivateKey(algorithm)
	if err != nil {
		return nil, fmt.Errorf("making the key of service accounts: %w", err)
	}
	if err := pkiutil.WriteKey(dir, ServiceAccount, key); err != nil {
		return nil, fmt.Errorf("writing the key of service accounts: %w", err)
	}
	if err := pkiutil.WritePublicKey(dir, ServiceAccount, key.Public()); err != nil {
		return nil, fmt.Errorf("writing the key of service accounts: %w", err)
	}
	return a, nil
}

// Kubelet is the name of the serving certificate of a node's kubelet.
func Kubelet(node plan.Node) string {
	return "kubelet-" + node.Short
}

// CACert returns the certificate of the cluster's authority, in PEM.
func (a *Authority) CACert() []byte {
	return pkiutil.EncodeCertPEM(a.authorities[CA].cert)
}

// Client issues a certificate for a user of the API server.
func (a *Authority) Client(user string, groups ...string) (Pair, error) {
	ca := a.authorities[CA]
	cert, key, err := pkiutil.NewCertAndKey(ca.cert, ca.key, config(user, groups, nil))
	if err != nil {
		return Pair{}, fmt.Errorf("making the certificate of user %s: %w", user, err)
	}
	return pair(cert, key)
}

// Webhook makes an authority called name for nothing but one serving
// certificate, that of a webhook that the API server calls by the host name.
// The authority's key is RSA, the only kind that cert-controller can read, by
// which webhooks commonly renew their certificates.
func Webhook(name, host string) (ca, server Pair, err error) {
	authority := config(name, nil, nil)
	authority.EncryptionAlgorithm = kubeadmapi.EncryptionAlgorithmRSA2048
	caCert, caKey, err := pkiutil.NewCertificateAuthority(authority)
	if err != nil {
		return ca, server, fmt.Errorf("making the authority of webhook %s: %w", host, err)
	}
	cert, key, err := pkiutil.NewCertAndKey(caCert, caKey, config(host, nil, []string{host}))
	if err != nil {
		return ca, server, fmt.Errorf("making the certificate of webhook %s: %w", host, err)
	}
	if ca, err = pair(caCert, caKey); err != nil {
		return ca, server, err
	}
	server, err = pair(cert, key)
	return ca, server, err
}

// pair encodes a certificate and its key.
func pair(cert *x509.Certificate, key crypto.Signer) (Pair, error) {
	pem, err := keyutil.MarshalPrivateKeyToPEM(key)
	if err != nil {
		return Pair{}, fmt.Errorf("encoding the key of %s: %w", cert.Subject.CommonName, err)
	}
	return Pair{Cert: pkiutil.EncodeCertPEM(cert), Key: pem}, nil
}

func (a *Authority) write(name, caName string, c *pkiutil.CertConfig) error {
	ca := a.authorities[caName]
	cert, key, err := pkiutil.NewCertAndKey(ca.cert, ca.key, c)
	if err != nil {
		return fmt.Errorf("making certificate %s: %w", name, err)
	}
	if err := pkiutil.WriteCertAndKey(a.dir, name, cert, key); err != nil {
		return fmt.Errorf("writing certificate %s: %w", name, err)
	}
	return nil
}

func config(commonName string, organization, hosts []string) *pkiutil.CertConfig {
	c := &pkiutil.CertConfig{
		Config: certutil.Config{
			CommonName:   commonName,
			Organization: organization,
			Usages:       []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		},
		EncryptionAlgorithm: algorithm,
	}
	if len(hosts) == 0 {
		return c
	}
	// etcd dials itself with its serving certificate, hence both usages.
	c.Usages = append(c.Usages, x509.ExtKeyUsageServerAuth)
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			c.AltNames.IPs = append(c.AltNames.IPs, ip)
		} else {
			c.AltNames.DNSNames = append(c.AltNames.DNSNames, host)
		}
	}
	return c
}

// CertFile is the path of a certificate in dir.
func CertFile(dir, name string) string {
	cert, _ := pkiutil.PathsForCertAndKey(dir, name)
	return cert
}

// KeyFile is the path of a key in dir.
func KeyFile(dir, name string) string {
	_, key := pkiutil.PathsForCertAndKey(dir, name)
	return key
}

// PublicKeyFile is the path of a public key in dir.
func PublicKeyFile(dir, name string) string {
	return filepath.Join(dir, name+".pub")
}
