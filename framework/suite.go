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
	"fmt"
	"slices"
	"strconv"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilrand "k8s.io/apimachinery/pkg/util/rand"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/kubernetes/test/e2e/framework"
	admissionapi "k8s.io/pod-security-admission/api"
	"k8s.io/utils/ptr"

	"sigs.k8s.io/service-e2e/matrix"
)

// suite is what all specs of a run share, because it is only ever read: the
// clients on the nodes, and the controls K3 (a bystander Service) and K4 (an
// empty sibling) for ClusterIP and NodePort.
type suite struct {
	Run   string `json:"run"`
	Nodes []Node `json:"nodes"`
	// Pods are the pod-network clients, one set for each Ginkgo process.
	Pods [][]source `json:"pods"`
	// Hosts are the host-network clients and, last, the off-cluster client.
	Hosts     []source    `json:"hosts"`
	Bystander *v1.Service `json:"bystander"`
	Empty     *v1.Service `json:"empty"`
	// BystanderIPs are the addresses of the bystander's backend.
	BystanderIPs []string `json:"bystanderIPs"`
	// PacerURL is where processes ask when they may draw a refusal to a
	// client that they share; empty if there is one process only.
	PacerURL string `json:"pacerURL,omitempty"`
	// UnlimitedNodes are those of which a client may draw any number of refusals.
	UnlimitedNodes []string  `json:"unlimitedNodes,omitempty"`
	Lifetimes      lifetimes `json:"lifetimes"`
	ProxyMode      string    `json:"proxyMode,omitempty"`

	prober *agnhostProber
	pacer  *pacer
	stop   context.CancelFunc
}

// sources returns the clients of one Ginkgo process, counted from 1.
func (s *suite) sources(process int) []source {
	return slices.Concat(s.Pods[(process-1)%len(s.Pods)], s.Hosts)
}

// families returns the IP families that pods have, the primary one first.
func (s *suite) families() []v1.IPFamily {
	var families []v1.IPFamily
	for _, address := range s.BystanderIPs {
		families = append(families, ipFamily(address))
	}
	return families
}

// shared is set in every Ginkgo process before its first spec.
var shared *suite

// SetupSuite creates what the specs of a run share. It runs once, in the first
// Ginkgo process; its result goes to [AttachSuite] in all of them.
func SetupSuite(ctx context.Context, externalClient string) ([]byte, error) {
	client, err := framework.LoadClientset()
	if err != nil {
		return nil, err
	}
	config, err := framework.LoadConfig()
	if err != nil {
		return nil, err
	}
	if err := removeDeadRuns(ctx, client); err != nil {
		return nil, err
	}
	nodes, err := listNodes(ctx, client)
	if err != nil {
		return nil, err
	}
	s := &suite{Run: utilrand.String(5), Nodes: nodes}
	if _, err := client.CoreV1().Namespaces().Create(ctx, &v1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: sharedNamespace(s.Run),
		Labels: map[string]string{
			runLabel: s.Run,
			// The clients on the nodes use the host network.
			admissionapi.EnforceLevelLabel: string(admissionapi.LevelPrivileged),
		},
	}}, metav1.CreateOptions{}); err != nil {
		return nil, fmt.Errorf("creating namespace %s: %w", sharedNamespace(s.Run), err)
	}
	// From here on TeardownSuite has something to remove.
	shared = s
	alive, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	if err := keepAlive(alive, client, s.Run); err != nil {
		return nil, err
	}
	if err := framework.WaitForDefaultServiceAccountInNamespace(ctx, client, sharedNamespace(s.Run)); err != nil {
		return nil, fmt.Errorf("waiting for the default service account in namespace %s: %w", sharedNamespace(s.Run), err)
	}
	if err := s.createControls(ctx, client); err != nil {
		return nil, err
	}
	if err := s.createPods(ctx, client); err != nil {
		return nil, err
	}
	prober := newAgnhostProber(client, config)
	defer prober.close()
	for _, host := range s.Hosts {
		prober.add(&host)
	}
	s.UnlimitedNodes = unlimitedNodes(ctx, prober, s.Hosts, s.families())
	s.Lifetimes = askLifetimes(ctx, prober, s.Hosts)
	s.ProxyMode = askProxyMode(ctx, prober, s.Hosts)
	external, err := findExternalClient(externalClient, framework.TestContext.KubeConfig, framework.TestContext.KubeContext)
	if err != nil {
		return nil, err
	}
	if external != nil {
		s.Hosts = append(s.Hosts, source{
			Row:       matrix.Row{Name: "external", Kind: matrix.SourceExternal},
			URL:       external.URL,
			Addresses: external.addresses(),
		})
	}
	if len(s.Pods) > 1 {
		if s.PacerURL, err = servePacer(alive); err != nil {
			return nil, err
		}
	}
	return json.Marshal(s)
}

// createControls creates the bystander Service (K3) and the empty sibling
// (K4): NodePort Services over TCP and UDP, which are ClusterIP Services too.
func (s *suite) createControls(ctx context.Context, client clientset.Interface) error {
	for name, service := range map[string]**v1.Service{"bystander": &s.Bystander, "empty": &s.Empty} {
		var err error
		*service, err = client.CoreV1().Services(sharedNamespace(s.Run)).Create(ctx, &v1.Service{
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: v1.ServiceSpec{
				Type:           v1.ServiceTypeNodePort,
				Selector:       Selector(name),
				IPFamilyPolicy: ptr.To(v1.IPFamilyPolicyPreferDualStack),
				Ports:          []v1.ServicePort{ServicePort(80, v1.ProtocolTCP), ServicePort(80, v1.ProtocolUDP)},
			},
		}, metav1.CreateOptions{})
		if err != nil {
			return fmt.Errorf("creating Service %s/%s: %w", sharedNamespace(s.Run), name, err)
		}
	}
	return nil
}

// createPods creates the clients, one pod-network client per node and Ginkgo
// process and one host-network client per node, and the bystander's backend.
func (s *suite) createPods(ctx context.Context, client clientset.Interface) error {
	namespace := sharedNamespace(s.Run)
	hostPort := HostPorts().HTTP
	var pods []*v1.Pod
	add := func(kind matrix.SourceKind, process string, ports Ports) []source {
		var clients []source
		for _, node := range s.Nodes {
			name := fmt.Sprintf("%s%s-%s", kind, process, node.Name)
			pod := pinnedPod(namespace, name, node.Name, netexecContainer("netexec", identity(namespace, name), ports))
			if kind == matrix.SourceHost {
				useHostNetwork(pod)
			}
			pods = append(pods, pod)
			clients = append(clients, source{
				Row:       matrix.Row{Name: fmt.Sprintf("%s@%s", kind, node.Name), Kind: kind, Node: node.Name},
				Namespace: namespace, Pod: name, Port: ports.HTTP,
			})
		}
		return clients
	}
	suiteConfig, _ := ginkgo.GinkgoConfiguration()
	for process := range max(1, suiteConfig.ParallelTotal) {
		suffix := ""
		if process > 0 {
			suffix = strconv.Itoa(process + 1)
		}
		s.Pods = append(s.Pods, add(matrix.SourcePod, suffix, Ports{HTTP: httpPort}))
	}
	s.Hosts = add(matrix.SourceHost, "", Ports{HTTP: hostPort})
	last := s.Nodes[len(s.Nodes)-1]
	bystander := pinnedPod(namespace, s.Bystander.Name, last.Name,
		netexecContainer("netexec", identity(namespace, s.Bystander.Name), Ports{HTTP: httpPort, UDP: udpPort}))
	bystander.Labels = s.Bystander.Spec.Selector
	pods = append(pods, bystander)
	running, err := createPods(ctx, client, framework.NewTimeoutContext().PodStart, pods...)
	if err != nil {
		return fmt.Errorf("starting the clients: %w", err)
	}
	i := 0
	for _, clients := range append(slices.Clone(s.Pods), s.Hosts) {
		for c := range clients {
			clients[c].Addresses = podIPs(running[i])
			i++
		}
	}
	s.BystanderIPs = podIPs(running[i])
	return nil
}

// AttachSuite takes over what [SetupSuite] made. It runs in every Ginkgo
// process.
func AttachSuite(data []byte) error {
	client, err := framework.LoadClientset()
	if err != nil {
		return err
	}
	config, err := framework.LoadConfig()
	if err != nil {
		return err
	}
	s := &suite{}
	if err := json.Unmarshal(data, s); err != nil {
		return fmt.Errorf("reading what the first process set up: %w", err)
	}
	if shared != nil {
		s.stop = shared.stop
	}
	s.pacer = newPacer(s.PacerURL)
	s.pacer.free(s.Nodes, s.UnlimitedNodes)
	s.prober = newAgnhostProber(client, config)
	labelNamespaces(s.Run)
	shared = s
	return nil
}

// TeardownSuite removes what [SetupSuite] made, complete or not. It runs in
// the first Ginkgo process, after all others have ended. With keep, the
// namespace stays for a look at it by hand.
func TeardownSuite(ctx context.Context, keep bool) error {
	if shared == nil {
		return nil
	}
	if shared.prober != nil {
		shared.prober.close()
	}
	if shared.stop != nil {
		shared.stop()
	}
	if keep {
		framework.Logf("Keeping namespace %s with the clients", sharedNamespace(shared.Run))
		return nil
	}
	client, err := framework.LoadClientset()
	if err != nil {
		return err
	}
	err = client.CoreV1().Namespaces().Delete(ctx, sharedNamespace(shared.Run), metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return fmt.Errorf("deleting namespace %s: %w", sharedNamespace(shared.Run), err)
	}
	return nil
}
