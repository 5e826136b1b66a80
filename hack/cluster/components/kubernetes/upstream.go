//go:build tools

// Package main names the other two programs that are built from this module,
// so that go.sum holds what they need: upstream's e2e.test, and agnhost.
package main

import (
	_ "k8s.io/kubernetes/test/e2e"
	_ "k8s.io/kubernetes/test/images/agnhost/netexec"
)
