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
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/kubernetes/test/e2e/framework"
)

// FindCluster looks for a cluster where the flag --kubeconfig and KUBECONFIG,
// which upstream's framework knows, name none: in $HOME/.kube/config, then in
// the pod that this process may run in. The error says that there is none.
func FindCluster() error {
	if framework.TestContext.KubeConfig != "" || framework.TestContext.Host != "" {
		return nil
	}
	if _, err := os.Stat(clientcmd.RecommendedHomeFile); err == nil {
		framework.TestContext.KubeConfig = clientcmd.RecommendedHomeFile
		return nil
	}
	if _, err := rest.InClusterConfig(); err == nil {
		return nil // upstream's framework makes a kubeconfig of it
	}
	return errors.New("no cluster is given: set --kubeconfig or KUBECONFIG, or start the embedded one with make cluster-up")
}

// neededRights is what a run does in a cluster.
var neededRights = []authorizationv1.ResourceAttributes{
	{Verb: "list", Resource: "nodes"},
	{Verb: "create", Resource: "namespaces"},
	{Verb: "delete", Resource: "namespaces"},
	{Verb: "create", Resource: "pods"},
	{Verb: "create", Resource: "pods", Subresource: "portforward"},
	{Verb: "create", Resource: "services"},
	{Verb: "list", Resource: "services"},
	{Verb: "create", Group: "coordination.k8s.io", Resource: "leases"},
}

// Preflight tells within seconds, in one line, why a run cannot begin: no
// cluster, a wrong kubeconfig, an API server that does not answer, or a user
// without the rights that a run needs.
func Preflight(ctx context.Context, externalClient string) error {
	ctx, cancel := context.WithTimeout(ctx, Timeouts.Preflight)
	defer cancel()
	config, err := preflightConfig()
	if err != nil {
		return err
	}
	config.Timeout = Timeouts.Preflight
	config.ContentType = "application/json" // what any server understands
	client, err := clientset.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("the kubeconfig cannot be used: %w", err)
	}
	// The review answers both questions: is there an API server that knows
	// us, and what may we do.
	for _, right := range neededRights {
		review, err := client.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
			Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &right},
		}, metav1.CreateOptions{})
		if err != nil {
			return unreachable(config.Host, err)
		}
		if !review.Status.Allowed {
			resource := strings.TrimSuffix(right.Resource+"/"+right.Subresource, "/")
			return fmt.Errorf("the user of this kubeconfig may not %s %s in all namespaces; use one that is allowed to (a cluster administrator)", right.Verb, resource)
		}
	}
	_, err = findExternalClient(externalClient, framework.TestContext.KubeConfig, framework.TestContext.KubeContext)
	return err
}

func preflightConfig() (*rest.Config, error) {
	if framework.TestContext.KubeConfig == "" {
		return &rest.Config{Host: framework.TestContext.Host}, nil
	}
	loader := &clientcmd.ClientConfigLoadingRules{ExplicitPath: framework.TestContext.KubeConfig}
	overrides := &clientcmd.ConfigOverrides{CurrentContext: framework.TestContext.KubeContext}
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(loader, overrides).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("kubeconfig %s cannot be used: %s; name another with --kubeconfig or KUBECONFIG",
			framework.TestContext.KubeConfig, oneLine(err))
	}
	return config, nil
}

// unreachable says in one line what the first request has met.
func unreachable(host string, err error) error {
	var urlError *url.Error
	switch {
	case apierrors.IsUnauthorized(err):
		return fmt.Errorf("the API server at %s does not know the user of this kubeconfig (401 Unauthorized); renew its credentials", host)
	case apierrors.IsForbidden(err):
		return fmt.Errorf("the API server at %s forbids the user of this kubeconfig to ask for its own rights: %s", host, oneLine(err))
	case errors.As(err, &urlError):
		return fmt.Errorf("the API server at %s cannot be reached: %s; is the cluster up, and is this its kubeconfig?", host, oneLine(urlError.Err))
	default:
		return fmt.Errorf("the API server at %s does not answer as one: %s", host, oneLine(err))
	}
}

func oneLine(err error) string {
	return strings.Join(strings.Fields(err.Error()), " ")
}
