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
	imageutils "k8s.io/kubernetes/test/utils/image"

	e2esvc "sigs.k8s.io/service-e2e/framework"
	"sigs.k8s.io/service-e2e/images"
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
	if framework.TestContext.ListImages {
		// Upstream's list has the images of all its specs; ours need two.
		listImages()
		os.Exit(0)
	}
	suiteConfig, _ := ginkgo.GinkgoConfiguration()
	needCluster := !suiteConfig.DryRun && !isSet("list-tests") && !isSet("list-labels")
	if needCluster {
		if err := e2esvc.FindCluster(); err != nil {
			exit("%v", err)
		}
	}
	if framework.TestContext.Provider == "" {
		// What upstream falls back to, with two lines of log.
		framework.TestContext.Provider = "skeleton"
	}
	framework.AfterReadingAllFlags(&framework.TestContext)
	if needCluster {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
		err := e2esvc.Preflight(ctx, externalClient)
		stop()
		if err != nil {
			exit("%v", err)
		}
	}
	os.Exit(m.Run())
}

// isSet reports whether a boolean flag of upstream's framework is set whose
// value it keeps to itself.
func isSet(name string) bool {
	return flag.Lookup(name).Value.String() == "true"
}

func listImages() {
	if list := framework.TestContext.KubeTestRepoList; list != "" {
		imageutils.Init(list)
	}
	for _, image := range []images.Image{images.Agnhost(), images.OutOfWindow()} {
		fmt.Fprintln(os.Stdout, image.Name)
	}
}

func exit(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "svc.test: "+format+"\n", args...)
	os.Exit(1)
}

func TestE2E(t *testing.T) {
	RunE2ETests(t)
}
