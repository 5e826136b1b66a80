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
	"slices"
	"testing"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	"github.com/onsi/gomega"
	"k8s.io/component-base/logs"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/test/e2e/framework"

	// Client authentication plugins that a kubeconfig may name.
	_ "k8s.io/client-go/plugin/pkg/client/auth"
	// Logging flags.
	_ "k8s.io/component-base/logs/testinit"

	e2esvc "sigs.k8s.io/service-e2e/framework"
)

// SIGDescribe annotates specs with the label of their SIG.
var SIGDescribe = framework.SIGDescribe("network")

// early is for specs that take more than a minute, mostly waiting: begun last, they
// would keep a run in parallel from its end.
const early = ginkgo.SpecPriority(1)

func init() {
	framework.NewFrameworkExtensions = append(framework.NewFrameworkExtensions, func(f *framework.Framework) {
		f.DumpAllNamespaceInfo = e2esvc.DumpNamespace
	})
}

// externalClient is --svc.externalClient.
var externalClient string

// RegisterFlags registers the flags that this suite has beyond upstream's.
func RegisterFlags(flags *flag.FlagSet) {
	flags.StringVar(&externalClient, "svc.externalClient", "",
		"URL of an agnhost netexec server outside the cluster, such as http://198.51.100.7:8080, which probes as the off-cluster client. Default: the one that the kubeconfig names in the cluster extension \"service-e2e\".")
	flags.BoolVar(&e2esvc.ShowTables, "svc.tables", false,
		"Print the table of every phase, not only of those that fail.")
	flags.BoolVar(&e2esvc.Disruptive, "svc.disruptive", false,
		"Run specs that disturb all users of the cluster, by restarting parts of it. Without it they run only where the kubeconfig says that the cluster is there to be broken, as that of the embedded one does.")
	flags.StringVar(&e2esvc.BlackHole, "svc.blackHole", e2esvc.BlackHole,
		"Addresses, separated by commas, from which nothing ever answers, one per IP family, by which each source proves that it can tell a timeout. Empty leaves that proof out.")
	flags.DurationVar(&e2esvc.Timeouts.Propagation, "svc.propagationTimeout", e2esvc.Timeouts.Propagation,
		"How long a change of a Service or its endpoints may take until every node obeys it.")
}

// RunE2ETests runs the selected specs.
func RunE2ETests(t *testing.T) {
	logs.InitLogs()
	defer logs.FlushLogs()
	klog.EnableContextualLogging(true)

	gomega.RegisterFailHandler(framework.Fail)
	suiteConfig, reporterConfig := ginkgoConfig()
	ginkgo.RunSpecs(t, "Kubernetes Service e2e suite", suiteConfig, reporterConfig)
}

// ginkgoConfig is upstream's configuration, but for specs of optional
// features: upstream leaves all of those out of a plain run. Here each finds
// out by itself whether the cluster has what it needs, and skips with the
// reason if not.
func ginkgoConfig() (types.SuiteConfig, types.ReporterConfig) {
	chosen, _ := ginkgo.GinkgoConfiguration()
	suiteConfig, reporterConfig := framework.CreateGinkgoConfig()
	if !slices.Equal(chosen.SkipStrings, suiteConfig.SkipStrings) {
		suiteConfig.SkipStrings = []string{`\[Flaky\]`}
	}
	return suiteConfig, reporterConfig
}

var _ = ginkgo.SynchronizedBeforeSuite(func(ctx context.Context) []byte {
	data, err := e2esvc.SetupSuite(ctx, externalClient)
	if err != nil {
		// The text says it all; ExpectNoError would log the error's structure.
		framework.Failf("setting up what all specs share: %v", err)
	}
	return data
}, func(_ context.Context, data []byte) {
	framework.ExpectNoError(e2esvc.AttachSuite(data), "taking over what all specs share")
})

var _ = ginkgo.SynchronizedAfterSuite(func() {}, func(ctx context.Context) {
	keep := !framework.TestContext.DeleteNamespace || !framework.TestContext.DeleteNamespaceOnFailure && anyFailed
	framework.ExpectNoError(e2esvc.TeardownSuite(ctx, keep), "removing what all specs shared")
})

// anyFailed tells whether a spec of this process has failed.
var anyFailed bool

var _ = ginkgo.ReportAfterEach(func(report ginkgo.SpecReport) {
	anyFailed = anyFailed || report.Failed()
})

var _ = ginkgo.ReportAfterSuite("Service e2e summary", func(report ginkgo.Report) {
	if report.SuiteConfig.DryRun {
		return // upstream's framework previews all specs while it reads the flags
	}
	framework.ExpectNoError(e2esvc.ReportRun(report), "reporting the run")
})
