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
	"context"
	"encoding/json"
	"time"

	"github.com/onsi/ginkgo/v2"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/test/e2e/framework"
	e2eskipper "k8s.io/kubernetes/test/e2e/framework/skipper"
)

// proxyConfig asks kube-proxy for its configuration.
const proxyConfig = `curl -sS -m 5 http://127.0.0.1:10249/configz`

// CloseWaitTimeouts returns what kube-proxy is configured to set as the time
// after which half-closed TCP connections are forgotten, by node. It skips the
// spec if kube-proxy does not tell.
func (p *Process) CloseWaitTimeouts(ctx context.Context) map[string]time.Duration {
	ginkgo.GinkgoHelper()
	timeouts := map[string]time.Duration{}
	for _, host := range p.hosts {
		reply, err := host.run(ctx, proxyConfig)
		if err != nil {
			e2eskipper.Skipf("needs kube-proxy's configuration, which it does not tell: %v", err)
		}
		timeouts[host.name()], err = closeWaitTimeout(reply)
		framework.ExpectNoError(err, "reading the configuration of kube-proxy on %s: %s", host.name(), shorten(reply))
	}
	return timeouts
}

func closeWaitTimeout(configz string) (time.Duration, error) {
	var config struct {
		Proxy struct {
			Conntrack struct {
				TCPCloseWaitTimeout metav1.Duration `json:"tcpCloseWaitTimeout"`
			} `json:"conntrack"`
		} `json:"kubeproxy.config.k8s.io"`
	}
	err := json.Unmarshal([]byte(configz), &config)
	return config.Proxy.Conntrack.TCPCloseWaitTimeout.Duration, err
}
