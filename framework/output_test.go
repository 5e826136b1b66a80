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
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/kubernetes/test/e2e/framework"

	"sigs.k8s.io/service-e2e/matrix"
)

// A tiny suite, which runs inside the test below against servers that stand in
// for agnhost on two nodes. The Service works from the first one only.
var _ = framework.SIGDescribe("network")("Services ClusterIP", func() {
	check := func(ctx context.Context, expected matrix.Expectation) {
		t := topologyOf(miniature)
		table := t.NewTable(t.service("web", "10.96.0.4").VIP())
		table.Expect(matrix.AllRows(), matrix.ColumnsOfService("web"), expected)
		t.Check(ctx, "initial", table)
	}
	framework.It("should pass", func(ctx context.Context) { check(ctx, matrix.Refuse()) })
	framework.It("should fail", func(ctx context.Context) { check(ctx, matrix.Connect("b1")) })
})

// miniature is the cluster of the tiny suite.
var miniature miniatureCluster

func init() {
	// Its specs are part of every run of the test binary's only suite.
	miniature.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		var tries int
		_, _ = fmt.Sscan(query.Get("tries"), &tries)
		list, one := "errors", "dial tcp: connect: connection refused"
		switch query.Get("host") {
		case "10.96.0.2":
			list, one = "responses", "shared/bystander"
		case BlackHoles()[0]:
			one = "dial tcp: i/o timeout"
		}
		fmt.Fprintf(w, `{%q:[%q`, list, one)
		for range tries - 1 {
			fmt.Fprintf(w, `,%q`, one)
		}
		fmt.Fprint(w, "]}")
	}))
}

type miniatureCluster struct{ server *httptest.Server }

func (t *Topology) service(name, ip string) *Service {
	return &Service{t: t, Service: &v1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shared", Name: name},
		Spec:       v1.ServiceSpec{ClusterIP: ip, ClusterIPs: []string{ip}, Ports: []v1.ServicePort{ServicePort(80, v1.ProtocolTCP)}},
	}}
}

func (t *Topology) addSource(name, node, url string) {
	s := source{Row: matrix.Row{Name: name, Kind: matrix.SourcePod, Node: node}, URL: url, Addresses: []string{"10.244.1.2"}}
	t.sources = append(t.sources, s)
	t.prober.add(&s)
}

// topologyOf returns the topology of the miniature cluster.
func topologyOf(cluster miniatureCluster) *Topology {
	t := &Topology{
		f:      &framework.Framework{Namespace: &v1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "own"}}},
		Nodes:  []Node{{Name: "node-1", Addresses: []string{"172.18.0.11"}}, {Name: "node-2", Addresses: []string{"172.18.0.12"}}},
		prober: newAgnhostProber(nil, &rest.Config{}),
		flows:  newFlows(remembered),
	}
	t.bystander, t.empty = t.service("bystander", "10.96.0.2"), t.service("empty", "10.96.0.3")
	for _, node := range t.Nodes {
		t.addSource("pod@"+node.Name, node.Name, cluster.server.URL)
	}
	return t
}

type failRecorder struct{ failed bool }

func (f *failRecorder) Fail() { f.failed = true }

// TestOutput runs the tiny suite and compares the JUnit report, which holds the
// failure's text, with a golden file.
func TestOutput(t *testing.T) {
	before, timeouts := framework.TestContext, Timeouts
	t.Cleanup(func() { framework.TestContext, Timeouts = before, timeouts })
	Timeouts.Propagation, Timeouts.Poll = 50*time.Millisecond, time.Millisecond
	framework.TestContext.Provider, framework.TestContext.Host = "skeleton", "http://127.0.0.1:1"
	framework.TestContext.KubectlPath = "kubectl"
	framework.TestContext.ReportDir = t.TempDir()
	framework.AfterReadingAllFlags(&framework.TestContext)
	gomega.RegisterFailHandler(framework.Fail)

	suiteConfig, reporterConfig := ginkgo.GinkgoConfiguration()
	reporterConfig.Succinct, reporterConfig.NoColor = true, true
	recorder := &failRecorder{}
	if ginkgo.RunSpecs(recorder, "tiny suite", suiteConfig, reporterConfig) || !recorder.failed {
		t.Error("the suite has passed, although one of its specs must fail")
	}
	junit, err := os.ReadFile(filepath.Join(framework.TestContext.ReportDir, "junit_01.xml"))
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "junit.xml", scrub(junit))
}

// scrub blanks what differs between runs: times, line numbers, ports, paths.
func scrub(text []byte) []byte {
	for _, blank := range []struct{ pattern, with string }{
		{`\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}[^ "<]*`, "TIME"},
		{`[IE]\d{4} \d{2}:\d{2}:\d{2}\.\d+ +\d+`, "LOG"},
		{` @ \d{2}/\d{2}/\d{2} \d{2}:\d{2}:\d{2}(\.\d+)?`, " @ TIME"},
		{`package="[^"]*"`, `package="PACKAGE"`},
		{`time="[^"]*"`, `time="0"`},
		{`timestamp="[^"]*"`, `timestamp="TIME"`},
		{`\d+(\.\d+)?(ms|µs|s)\b`, "0s"},
		{`127\.0\.0\.1:\d+`, "127.0.0.1:PORT"},
		{`(\w+\.go):\d+`, "$1:LINE"},
		{`[^ "]*/(framework/\w+\.go)`, "$1"},
		{`<property name="(RandomSeed|SuiteHas[^"]*|ParallelTotal|[^"]*)" value="[^"]*"></property>`, `<property name="$1"></property>`},
	} {
		text = regexp.MustCompile(blank.pattern).ReplaceAll(text, []byte(blank.with))
	}
	return text
}
