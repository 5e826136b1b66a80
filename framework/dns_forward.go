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
	"net"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/util/retry"
	"k8s.io/kubernetes/test/e2e/framework"
	e2epod "k8s.io/kubernetes/test/e2e/framework/pod"
	e2eskipper "k8s.io/kubernetes/test/e2e/framework/skipper"
)

const (
	// The objects of the cluster's DNS as kubeadm, kind and others name them.
	dnsPods      = "k8s-app=kube-dns"
	dnsConfigMap = "coredns"
	corefile     = "Corefile"
	// What a spec adds to the Corefile is between these lines, so that it is
	// found again even if nobody was left to remove it.
	forwardBegin, forwardEnd = "# service-e2e: begin", "# service-e2e: end"
	// nameServerPort is where the name server of a spec listens.
	nameServerPort = 5353
)

// CreateNameServer starts a name server that knows addresses by names, and
// nothing else. It runs the same CoreDNS as the cluster does; without one the
// spec is skipped. It returns the address and port of the server.
func (t *Topology) CreateNameServer(ctx context.Context, records map[string]string) string {
	ginkgo.GinkgoHelper()
	pods := t.dnsPods(ctx)
	const name = "name-server"
	namespace := t.f.Namespace.Name
	var config strings.Builder
	fmt.Fprintf(&config, ".:%d {\n    errors\n    ready\n    hosts {\n", nameServerPort)
	for name, address := range records {
		fmt.Fprintf(&config, "        %s %s\n", address, strings.TrimSuffix(name, "."))
	}
	config.WriteString("    }\n}\n")
	_, err := t.f.ClientSet.CoreV1().ConfigMaps(namespace).Create(ctx, &v1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Data: map[string]string{corefile: config.String()},
	}, metav1.CreateOptions{})
	framework.ExpectNoError(err, "creating the configuration of a name server")
	const volume, path = "config", "/etc/coredns"
	pod := pinnedPod(namespace, name, t.Node(0).Name, v1.Container{
		Name: name, Image: pods[0].Spec.Containers[0].Image, Args: []string{"-conf", path + "/" + corefile},
		VolumeMounts: []v1.VolumeMount{{Name: volume, MountPath: path}},
		ReadinessProbe: &v1.Probe{PeriodSeconds: 1, ProbeHandler: v1.ProbeHandler{
			HTTPGet: &v1.HTTPGetAction{Path: "/ready", Port: intstr.FromInt32(8181)},
		}},
	})
	pod.Spec.Volumes = []v1.Volume{{Name: volume, VolumeSource: v1.VolumeSource{
		ConfigMap: &v1.ConfigMapVolumeSource{LocalObjectReference: v1.LocalObjectReference{Name: name}},
	}}}
	running, err := createPods(ctx, t.f.ClientSet, t.f.Timeouts.PodStart, pod)
	framework.ExpectNoError(err, "starting a name server")
	return net.JoinHostPort(running[0].Status.PodIP, fmt.Sprint(nameServerPort))
}

// ForwardZone makes the cluster's DNS forward what is asked about a zone to a
// server. [Topology.ForwardNothing] undoes that, and so does the end of the spec.
func (t *Topology) ForwardZone(ctx context.Context, zone, server string) {
	ginkgo.GinkgoHelper()
	block := fmt.Sprintf("%s:53 {\n    errors\n    forward . %s\n}\n", strings.TrimSuffix(zone, "."), server)
	ginkgo.DeferCleanup(t.ForwardNothing)
	t.changeCorefile(ctx, func(config string) string { return withForward(config, block) })
}

// ForwardNothing removes what [Topology.ForwardZone] has added.
func (t *Topology) ForwardNothing(ctx context.Context) {
	ginkgo.GinkgoHelper()
	t.changeCorefile(ctx, withoutForward)
}

// withForward adds a block to a Corefile that may have an old one of ours.
func withForward(config, block string) string {
	return strings.TrimRight(withoutForward(config), "\n") + "\n" + forwardBegin + "\n" + block + forwardEnd + "\n"
}

// withoutForward removes our block from a Corefile; without one it is as it was.
func withoutForward(config string) string {
	before, rest, ok := strings.Cut(config, forwardBegin+"\n")
	if !ok {
		return config
	}
	_, after, _ := strings.Cut(rest, forwardEnd+"\n")
	return before + after
}

// changeCorefile changes the configuration of the cluster's DNS and makes its
// pods obey, one after another so that there is always one that answers. If
// nothing changes, nothing happens.
func (t *Topology) changeCorefile(ctx context.Context, change func(string) string) {
	ginkgo.GinkgoHelper()
	maps := t.f.ClientSet.CoreV1().ConfigMaps(metav1.NamespaceSystem)
	changed := false
	err := retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		config, err := maps.Get(ctx, dnsConfigMap, metav1.GetOptions{})
		if err != nil {
			return err
		}
		wanted := change(config.Data[corefile])
		if changed = wanted != config.Data[corefile]; !changed {
			return nil
		}
		config.Data[corefile] = wanted
		_, err = maps.Update(ctx, config, metav1.UpdateOptions{})
		return err
	})
	framework.ExpectNoError(err, "changing the configuration of the cluster's DNS")
	if !changed {
		return
	}
	old := t.dnsPods(ctx)
	for _, pod := range old {
		err := t.f.ClientSet.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{})
		framework.ExpectNoError(err, "restarting pod %s of the cluster's DNS", pod.Name)
		t.awaitDNSPods(ctx, len(old))
	}
	// Who has found an old pod by then is answered as before.
	for _, pod := range old {
		err := e2epod.WaitForPodNotFoundInNamespace(ctx, t.f.ClientSet, pod.Name, pod.Namespace, t.f.Timeouts.PodDelete)
		framework.ExpectNoError(err, "waiting until pod %s of the cluster's DNS is gone", pod.Name)
	}
}

// awaitDNSPods waits until so many pods of the cluster's DNS are ready.
func (t *Topology) awaitDNSPods(ctx context.Context, count int) {
	ginkgo.GinkgoHelper()
	await(ctx, "the pods of the cluster's DNS to be restarted", t.f.Timeouts.PodStart, func() []string {
		ready := slices.DeleteFunc(t.dnsPods(ctx), func(pod v1.Pod) bool { return !podReady(&pod) })
		if len(ready) < count {
			return []string{fmt.Sprintf("%d of %d are ready", len(ready), count)}
		}
		return nil
	})
}

// dnsPods returns the pods of the cluster's DNS. It skips the spec if these are
// not CoreDNS with a Corefile.
func (t *Topology) dnsPods(ctx context.Context) []v1.Pod {
	ginkgo.GinkgoHelper()
	list, err := t.f.ClientSet.CoreV1().Pods(metav1.NamespaceSystem).List(ctx, metav1.ListOptions{LabelSelector: dnsPods})
	framework.ExpectNoError(err, "listing the pods of the cluster's DNS")
	config, err := t.f.ClientSet.CoreV1().ConfigMaps(metav1.NamespaceSystem).Get(ctx, dnsConfigMap, metav1.GetOptions{})
	if len(list.Items) == 0 || err != nil || config.Data[corefile] == "" {
		e2eskipper.Skipf("needs CoreDNS in pods labelled %s with a %s in the ConfigMap %s/%s", dnsPods, corefile, metav1.NamespaceSystem, dnsConfigMap)
	}
	return list.Items
}
