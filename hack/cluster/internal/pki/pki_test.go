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
	"crypto/x509"
	"encoding/pem"
	"os"
	"testing"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
)

func TestCreate(t *testing.T) {
	o := plan.DefaultOptions()
	o.Nodes = 1
	c, err := plan.New(o)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	authority, err := Create(dir, c)
	if err != nil {
		t.Fatal(err)
	}
	roots := func(name string) *x509.CertPool {
		pool := x509.NewCertPool()
		pool.AddCert(load(t, CertFile(dir, name)))
		return pool
	}
	for _, tc := range []struct{ cert, ca, host string }{
		{"apiserver", CA, "172.18.0.2"},
		{"apiserver", CA, "127.0.0.1"},
		{"apiserver", CA, "fd00:172:18::2"},
		{"apiserver", CA, "10.96.0.1"},
		{"apiserver", CA, "kubernetes.default.svc"},
		{"etcd", EtcdCA, "127.0.0.1"},
		{"kubelet-node-1", CA, "172.18.0.11"},
		{"kubelet-node-1", CA, "fd00:172:18::11"},
		{"kube-scheduler", CA, "localhost"},
	} {
		_, err := load(t, CertFile(dir, tc.cert)).Verify(x509.VerifyOptions{
			DNSName: tc.host, Roots: roots(tc.ca), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		})
		if err != nil {
			t.Errorf("%s does not serve %s: %v", tc.cert, tc.host, err)
		}
	}
	for _, tc := range []struct{ cert, ca string }{
		{"apiserver-kubelet-client", CA}, {"apiserver-etcd-client", EtcdCA}, {"front-proxy-client", FrontProxyCA},
	} {
		_, err := load(t, CertFile(dir, tc.cert)).Verify(x509.VerifyOptions{
			Roots: roots(tc.ca), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
		})
		if err != nil {
			t.Errorf("%s is no client certificate: %v", tc.cert, err)
		}
	}
	pair, err := authority.Client("system:node:svc-node-1", "system:nodes")
	if err != nil {
		t.Fatal(err)
	}
	cert := parse(t, pair.Cert)
	if cert.Subject.CommonName != "system:node:svc-node-1" || cert.Subject.Organization[0] != "system:nodes" {
		t.Errorf("unexpected subject %s", cert.Subject)
	}
}

func TestWebhook(t *testing.T) {
	ca, server, err := Webhook("authority", "webhook.default.svc")
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parse(t, ca.Cert))
	if _, err := parse(t, server.Cert).Verify(x509.VerifyOptions{DNSName: "webhook.default.svc", Roots: roots}); err != nil {
		t.Error(err)
	}
	// cert-controller looks for the name among these, and reads no other key.
	if err := parse(t, ca.Cert).VerifyHostname("authority"); err != nil {
		t.Error(err)
	}
	block, _ := pem.Decode(ca.Key)
	if block == nil {
		t.Fatal("no PEM block")
	}
	if _, err := x509.ParsePKCS1PrivateKey(block.Bytes); err != nil {
		t.Error(err)
	}
}

func load(t *testing.T, path string) *x509.Certificate {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, raw)
}

func parse(t *testing.T, raw []byte) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(raw)
	if block == nil {
		t.Fatal("no PEM block")
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}
