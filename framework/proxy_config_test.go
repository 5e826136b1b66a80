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
	"testing"
	"time"
)

func TestCloseWaitTimeout(t *testing.T) {
	got, err := closeWaitTimeout(`{"kubeproxy.config.k8s.io":{"mode":"nftables","conntrack":{"maxPerCore":0,"tcpCloseWaitTimeout":"1h0m0s"}}}`)
	if err != nil || got != time.Hour {
		t.Errorf("got %v, %v, want an hour", got, err)
	}
	if _, err := closeWaitTimeout("404 page not found"); err == nil {
		t.Error("no error for what is no configuration")
	}
}
