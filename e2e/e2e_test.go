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

package e2e

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"testing"

	"github.com/onsi/ginkgo/v2"
	"k8s.io/kubernetes/test/e2e/framework"
	"k8s.io/kubernetes/test/e2e/framework/config"

	e2esvc "sigs.k8s.io/service-e2e/framework"
)

func TestMain(m *testing.M) {
	config.CopyFlags(config.Flags, flag.CommandLine)
	framework.RegisterCommonFlags(flag.CommandLine)
	framework.RegisterClusterFlags(flag.CommandLine)
	RegisterFlags(flag.CommandLine)
	flag.Parse()
	if flag.NArg() > 0 {
		exit("unknown argument %q; all options are flags, see -help", flag.Arg(0))
	}
	e2esvc.FindKubeconfig()
	// Lists what there is and exits, if that was asked for.
	framework.AfterReadingAllFlags(&framework.TestContext)

	if suiteConfig, _ := ginkgo.GinkgoConfiguration(); !suiteConfig.DryRun {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		err := e2esvc.Preflight(ctx, externalClient)
		stop()
		if err != nil {
			exit("%v", err)
		}
	}
	os.Exit(m.Run())
}

func exit(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "svc.test: "+format+"\n", args...)
	os.Exit(1)
}

func TestE2E(t *testing.T) {
	RunE2ETests(t)
}
