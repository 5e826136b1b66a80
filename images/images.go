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

package images

import (
	imageutils "k8s.io/kubernetes/test/utils/image"
)

// Image describes one image: the name by which pods ask for it, and the recipe
// by which hack/cluster makes an image that can stand in for upstream's.
type Image struct {
	// Name is the full reference. The registry override of upstream's suite
	// (KUBE_TEST_REPO_LIST, KUBE_TEST_REPO) applies where it applies there.
	Name string
	// Packages are the Debian packages of its root file system; without any,
	// the image holds nothing but its own files.
	Packages []string
	// Users are added to /etc/passwd, with a group of the same name and number.
	Users []User
	// Groups are added to /etc/group.
	Groups []Group
	// Entrypoint, Cmd, User, WorkingDir and Ports are as in a Dockerfile.
	Entrypoint, Cmd  []string
	User, WorkingDir string
	Ports            []string
}

// User is a line of /etc/passwd.
type User struct {
	Name string
	ID   int
}

// Group is a line of /etc/group.
type Group struct {
	Name    string
	ID      int
	Members []string
}

// Agnhost is the image of all clients and backends. Its tools are those that
// upstream's image has from Alpine's packages and busybox, so that upstream's
// own specs run with it too.
func Agnhost() Image {
	return Image{
		Name: imageutils.GetE2EImage(imageutils.Agnhost),
		Packages: []string{
			"bash", "bind9-dnsutils", "ca-certificates", "conntrack", "curl",
			"iperf", "iproute2", "iputils-ping", "libcap2-bin",
			"netcat-openbsd", "procps", "socat", "util-linux", "wget",
		},
		Users: []User{{Name: "user-defined-in-image", ID: 1000}},
		Groups: []Group{
			{Name: "group-defined-in-image", ID: 50000, Members: []string{"user-defined-in-image"}},
		},
		Entrypoint: []string{"/agnhost"},
		Cmd:        []string{"pause"},
		WorkingDir: "/",
		Ports:      []string{"80/tcp", "8080/tcp", "8081/tcp", "9376/tcp", "5000/tcp"},
	}
}

// BusyBox is the image in which upstream's own specs of Services run a shell. This
// suite does without it, and what stands in for it here is another shell.
func BusyBox() Image {
	return Image{Name: imageutils.GetE2EImage(imageutils.BusyBox), Cmd: []string{"sh"}}
}

// DNSTesting is the image in which upstream's own specs of DNS ask by glibc. This
// suite does without it.
func DNSTesting() Image {
	return Image{
		Name:       imageutils.GetE2EImage(imageutils.GlibcDnsTesting),
		Entrypoint: []string{"/bin/bash"},
	}
}

// OutOfWindow is the image of a server that sends segments which do not belong
// into the window of its TCP connections (kubernetes/kubernetes#74839).
func OutOfWindow() Image {
	return Image{
		Name:       imageutils.GetE2EImage(imageutils.RegressionIssue74839),
		Entrypoint: []string{"/regression-issue-74839"},
		Ports:      []string{"9000/tcp"},
	}
}

// Pause is the image of the pod sandbox.
func Pause() Image {
	return Image{
		Name:       imageutils.GetE2EImage(imageutils.Pause),
		Entrypoint: []string{"/pause"},
		User:       "65535:65535",
	}
}

// CoreDNSVersion is what kubeadm of the pinned Kubernetes version deploys.
const CoreDNSVersion = "v1.14.6"

// CoreDNS is the image of the cluster's name server.
func CoreDNS() Image {
	return Image{
		Name:       "registry.k8s.io/coredns/coredns:" + CoreDNSVersion,
		Users:      []User{{Name: "nonroot", ID: 65532}},
		Entrypoint: []string{"/coredns"},
		// By number, so that kubelet can tell that it is not root.
		User:       "65532:65532",
		WorkingDir: "/",
		Ports:      []string{"53/tcp", "53/udp"},
	}
}

// MetalLBVersion is the release of MetalLB whose manifest is deployed.
const MetalLBVersion = "v0.15.2"

// MetalLBController is the image of what gives addresses to Services of type
// LoadBalancer.
func MetalLBController() Image {
	return Image{
		Name:       "quay.io/metallb/controller:" + MetalLBVersion,
		Entrypoint: []string{"/controller"},
	}
}

// MetalLBSpeaker is the image of what announces these addresses on the network
// of the nodes.
func MetalLBSpeaker() Image {
	return Image{
		Name:       "quay.io/metallb/speaker:" + MetalLBVersion,
		Entrypoint: []string{"/speaker"},
	}
}

// All lists every image, the order being that of first use in a new cluster.
func All() []Image {
	return []Image{Pause(), CoreDNS(), MetalLBController(), MetalLBSpeaker(), Agnhost(), DNSTesting(), BusyBox(), OutOfWindow()}
}
