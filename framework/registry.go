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
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/onsi/ginkgo/v2"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/kubernetes/test/e2e/framework"
	e2epod "k8s.io/kubernetes/test/e2e/framework/pod"
	"k8s.io/utils/ptr"
)

const (
	registryName = "registry"
	// registryPort is where the registry in a backend's pod listens.
	registryPort = 5000
	// registryImage is the name of its only image, without a tag.
	registryImage = "nothing"
)

// RegistryPort returns a port of a Service for [Topology.ServingImages].
func RegistryPort(port int32) v1.ServicePort {
	return Targeting(ServicePort(port, v1.ProtocolTCP), intstr.FromInt(registryPort))
}

// ServingImages adds a container registry to a backend's pod. It has one image,
// with nothing in it, for the architecture of each node: made here, so that none
// has to be had from elsewhere.
func (t *Topology) ServingImages(ctx context.Context) func(*v1.Pod) {
	ginkgo.GinkgoHelper()
	files := map[string][]byte{}
	for _, architecture := range t.architectures(ctx) {
		framework.ExpectNoError(addImage(files, architecture), "making an image")
	}
	content := &v1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: registryName}, BinaryData: map[string][]byte{}}
	var items []v1.KeyToPath
	for path, data := range files {
		key := fmt.Sprintf("file-%d", len(items))
		content.BinaryData[key] = data
		items = append(items, v1.KeyToPath{Key: key, Path: path})
	}
	_, err := t.f.ClientSet.CoreV1().ConfigMaps(t.f.Namespace.Name).Create(ctx, content, metav1.CreateOptions{})
	framework.ExpectNoError(err, "creating the content of the registry")
	return func(pod *v1.Pod) {
		server := e2epod.NewAgnhostContainer(registryName, nil, nil, "fake-registry-server", fmt.Sprintf("--port=%d", registryPort))
		server.VolumeMounts = []v1.VolumeMount{{Name: registryName, MountPath: "/var/registry"}}
		server.ReadinessProbe = &v1.Probe{
			ProbeHandler:  v1.ProbeHandler{HTTPGet: &v1.HTTPGetAction{Path: "/v2/", Port: intstr.FromInt(registryPort)}},
			PeriodSeconds: 1,
		}
		pod.Spec.Containers = append(pod.Spec.Containers, server)
		pod.Spec.Volumes = append(pod.Spec.Volumes, v1.Volume{Name: registryName, VolumeSource: v1.VolumeSource{
			ConfigMap: &v1.ConfigMapVolumeSource{LocalObjectReference: v1.LocalObjectReference{Name: registryName}, Items: items},
		}})
	}
}

// architectures returns those of the nodes, each once.
func (t *Topology) architectures(ctx context.Context) []string {
	ginkgo.GinkgoHelper()
	var all []string
	for _, node := range t.Nodes {
		all = append(all, t.architecture(ctx, node))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (t *Topology) architecture(ctx context.Context, node Node) string {
	ginkgo.GinkgoHelper()
	object, err := t.f.ClientSet.CoreV1().Nodes().Get(ctx, node.Name, metav1.GetOptions{})
	framework.ExpectNoError(err, "reading node %s", node.Name)
	return object.Status.NodeInfo.Architecture
}

// addImage adds an image to the files of a registry, tagged with its architecture
// (OCI image format specification, v1; the layout is that of Docker's registry).
func addImage(files map[string][]byte, architecture string) error {
	var layer bytes.Buffer
	if err := tar.NewWriter(&layer).Close(); err != nil {
		return err
	}
	config, err := json.Marshal(map[string]any{
		"architecture": architecture, "os": "linux", "config": map[string]any{},
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{digest(layer.Bytes())}},
	})
	if err != nil {
		return err
	}
	blob := func(mediaType string, data []byte) map[string]any {
		files[registryPath("blobs", digest(data))] = data
		return map[string]any{"mediaType": "application/vnd.oci.image." + mediaType, "size": len(data), "digest": digest(data)}
	}
	manifest, err := json.Marshal(map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
		"config": blob("config.v1+json", config),
		"layers": []any{blob("layer.v1.tar", layer.Bytes())},
	})
	if err != nil {
		return err
	}
	files[registryPath("manifests", digest(manifest))] = manifest
	files[registryImage+"/manifests/"+architecture] = []byte(digest(manifest))
	return nil
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func registryPath(kind, digest string) string {
	hash := strings.TrimPrefix(digest, "sha256:")
	return fmt.Sprintf("%s/%s/sha256/%s/%s/data", registryImage, kind, hash[:2], hash)
}

// Pull makes a node pull the image of [Topology.ServingImages] from a registry at
// an address, and returns what the kubelet says went wrong; nothing if the image
// is there.
func (t *Topology) Pull(ctx context.Context, node Node, registry string) (trouble string) {
	ginkgo.GinkgoHelper()
	namespace := t.f.Namespace.Name
	container := v1.Container{
		Name: "pull", Image: fmt.Sprintf("%s/%s:%s", registry, registryImage, t.architecture(ctx, node)),
		ImagePullPolicy: v1.PullAlways,
		// The image has nothing in it: to fail to start means to be there.
		Command: []string{"/nothing"},
	}
	pod := &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "pull-", Namespace: namespace},
		Spec: v1.PodSpec{
			Containers: []v1.Container{container}, RestartPolicy: v1.RestartPolicyNever, TerminationGracePeriodSeconds: ptr.To[int64](0),
		},
	}
	e2epod.SetNodeSelection(&pod.Spec, e2epod.NodeSelection{Name: node.Name})
	pod, err := t.f.ClientSet.CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{})
	framework.ExpectNoError(err, "creating a pod that pulls an image")
	err = e2epod.WaitForPodCondition(ctx, t.f.ClientSet, namespace, pod.Name, "image pulled or not", t.f.Timeouts.PodStart, func(pod *v1.Pod) (bool, error) {
		done := false
		done, trouble = pulled(pod)
		return done, nil
	})
	framework.ExpectNoError(err, "waiting until node %s has pulled an image", node.Name)
	err = t.f.ClientSet.CoreV1().Pods(namespace).Delete(ctx, pod.Name, *metav1.NewDeleteOptions(0))
	framework.ExpectNoError(err, "deleting the pod that pulled an image")
	return trouble
}

// pulled tells from a pod's status whether it is decided that its image can be
// pulled, and what keeps the kubelet from it.
func pulled(pod *v1.Pod) (done bool, trouble string) {
	for _, status := range pod.Status.ContainerStatuses {
		switch {
		case status.State.Terminated != nil, status.State.Running != nil:
			return true, ""
		case status.State.Waiting == nil:
		case slices.Contains([]string{"ErrImagePull", "ImagePullBackOff"}, status.State.Waiting.Reason):
			return true, status.State.Waiting.Message
		case slices.Contains([]string{"RunContainerError", "CreateContainerError", "CrashLoopBackOff"}, status.State.Waiting.Reason):
			return true, ""
		}
	}
	return false, ""
}
