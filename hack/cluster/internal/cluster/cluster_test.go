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

package cluster

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	kubeadmapi "k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm"
	kubeadmimages "k8s.io/kubernetes/cmd/kubeadm/app/images"

	"sigs.k8s.io/service-e2e/hack/cluster/internal/plan"
	"sigs.k8s.io/service-e2e/images"
)

func TestMountsBelow(t *testing.T) {
	const mountinfo = `1 2 0:1 / / rw - ext4 /dev/vda rw
5 1 0:5 / /state/svc/hosts/node-1/scratch rw - tmpfs tmpfs rw
6 5 0:6 / /state/svc/hosts/node-1/scratch/deep rw - tmpfs tmpfs rw
7 1 0:7 / /state/svc2/x rw - tmpfs tmpfs rw
8 1 0:8 / /state/svc rw - tmpfs tmpfs rw
short
`
	got, err := mountsBelow(strings.NewReader(mountinfo), "/state/svc")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"/state/svc/hosts/node-1/scratch/deep", "/state/svc/hosts/node-1/scratch"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestComponentName(t *testing.T) {
	for _, tc := range []struct{ short, component, want string }{
		{"node-1", "kubelet", "node-1-kubelet"},
		{plan.ControlPlane, "etcd", "etcd"},
		{plan.External, "agnhost", "agnhost"},
		{"", "forwarder", "forwarder"},
	} {
		if got := componentName(tc.short, tc.component); got != tc.want {
			t.Errorf("%s on %s: got %s, want %s", tc.component, tc.short, got, tc.want)
		}
	}
}

func TestState(t *testing.T) {
	p := Paths{Dir: t.TempDir()}
	if s, err := readState(p); s != nil || err != nil {
		t.Errorf("without a record: got %v, %v", s, err)
	}
	want := &state{Options: plan.DefaultOptions(), Ready: true, APIServerPort: 1}
	if err := want.write(p); err != nil {
		t.Fatal(err)
	}
	if got, err := readState(p); err != nil || *got != *want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	// Cut short by a crash: as if there were none.
	if err := os.WriteFile(filepath.Join(p.Dir, "cluster.json"), []byte(`{"name": "sv`), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := readState(p); s != nil || err != nil {
		t.Errorf("with a broken record: got %v, %v", s, err)
	}
}

func TestFindNode(t *testing.T) {
	c, err := plan.New(plan.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"node-2": "svc-node-2", "svc-node-3": "svc-node-3",
		"node-4": "", "control-plane": "", "external": "", "nosuch": "",
	} {
		got, err := findNode(c, name)
		if got.Name != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v, want %q", name, got.Name, err, want)
		}
	}
}

// What kubeadm deploys must be what is put into the nodes.
func TestCoreDNSImage(t *testing.T) {
	got := kubeadmimages.GetDNSImage(&kubeadmapi.ClusterConfiguration{ImageRepository: imageRepository})
	if want := images.CoreDNS().Name; got != want {
		t.Errorf("kubeadm deploys %s, the nodes have %s", got, want)
	}
}

func TestFirstUnhealthy(t *testing.T) {
	all := []Component{{Name: "a"}, {Name: "b", Problem: "x"}, {Name: "c", Problem: "y"}}
	if got := firstUnhealthy(all); got == nil || got.Name != "b" {
		t.Errorf("got %v, want b", got)
	}
	if Healthy(all) || !Healthy(all[:1]) {
		t.Error("healthy means that nothing has a problem")
	}
}
