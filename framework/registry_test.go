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
	"encoding/json"
	"strings"
	"testing"

	v1 "k8s.io/api/core/v1"
)

func TestAddImage(t *testing.T) {
	files := map[string][]byte{}
	for _, architecture := range []string{"amd64", "arm64"} {
		if err := addImage(files, architecture); err != nil {
			t.Fatal(err)
		}
	}
	// Each has a tag, a manifest and a configuration; the layer is the same.
	if len(files) != 7 {
		t.Errorf("want 7 files, got %d", len(files))
	}
	for path, data := range files {
		if hash, found := strings.CutSuffix(path, "/data"); found {
			hash = hash[strings.LastIndex(hash, "/")+1:]
			if digest(data) != "sha256:"+hash {
				t.Errorf("%s is not what its name says", path)
			}
		}
	}
	var manifest struct {
		Config struct{ Digest string }
		Layers []struct{ Digest string }
	}
	tag := string(files["nothing/manifests/amd64"])
	if err := json.Unmarshal(files[registryPath("manifests", tag)], &manifest); err != nil {
		t.Fatalf("the tag does not lead to a manifest: %v", err)
	}
	if files[registryPath("blobs", manifest.Config.Digest)] == nil || files[registryPath("blobs", manifest.Layers[0].Digest)] == nil {
		t.Errorf("blobs of %+v are missing", manifest)
	}
}

func TestPulled(t *testing.T) {
	waiting := func(reason string) v1.ContainerState {
		return v1.ContainerState{Waiting: &v1.ContainerStateWaiting{Reason: reason, Message: "said so"}}
	}
	for _, test := range []struct {
		state   v1.ContainerState
		done    bool
		trouble string
	}{
		{v1.ContainerState{}, false, ""},
		{waiting("ContainerCreating"), false, ""},
		{waiting("ErrImagePull"), true, "said so"},
		{waiting("ImagePullBackOff"), true, "said so"},
		{waiting("RunContainerError"), true, ""},
		{v1.ContainerState{Terminated: &v1.ContainerStateTerminated{Reason: "StartError"}}, true, ""},
	} {
		pod := &v1.Pod{Status: v1.PodStatus{ContainerStatuses: []v1.ContainerStatus{{State: test.state}}}}
		if done, trouble := pulled(pod); done != test.done || trouble != test.trouble {
			t.Errorf("%+v: got %t %q, want %t %q", test.state, done, trouble, test.done, test.trouble)
		}
	}
}
