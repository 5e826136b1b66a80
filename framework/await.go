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
	"strings"
	"time"

	"github.com/onsi/ginkgo/v2"
	"k8s.io/kubernetes/test/e2e/framework"
)

// await asks what is missing, every Timeouts.Poll, until that is nothing. It fails
// the spec when ctx ends or the timeout is over.
func await(ctx context.Context, what string, timeout time.Duration, missing func() []string) {
	ginkgo.GinkgoHelper()
	for end := time.Now().Add(timeout); ; sleep(ctx, Timeouts.Poll) {
		left := missing()
		if len(left) == 0 {
			return
		}
		framework.ExpectNoError(ctx.Err(), "waiting for %s", what)
		if time.Now().After(end) {
			framework.Failf("waited %v for %s in vain: %s", timeout, what, strings.Join(left, "; "))
		}
	}
}
