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

package metallb

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// Names of what the manifest defines.
const (
	Namespace  = "metallb-system"
	Controller = "controller" // a Deployment
	Speaker    = "speaker"    // a DaemonSet

	webhookSecret = "metallb-webhook-cert"
	memberSecret  = "memberlist"
)

const (
	// WebhookHost is the host name that the API server calls the controller's
	// webhooks by.
	WebhookHost = "metallb-webhook-service." + Namespace + ".svc"
	// WebhookAuthority is the common name that the controller wants the authority
	// of its webhooks to have.
	WebhookAuthority = "cert"
)

// Secrets are what the controller would make up by itself. But it would find
// the certificate in its file system only when kubelet looks at the pod's
// volumes again, which takes a minute, and the speakers' pods would be tried
// again and again until their Secret is there.
type Secrets struct {
	// CACert, CAKey, Cert and Key are the authority of the webhooks and their
	// certificate for WebhookHost, in PEM.
	CACert, CAKey, Cert, Key []byte
	// Members is the key that speakers encrypt with what they tell each other.
	Members string
}

// Objects returns all that MetalLB consists of, in the order in which it is to
// be created: the manifest with the secrets, and the pool before the webhooks
// that are to look at it but do not serve yet.
func Objects(manifest io.Reader, secrets Secrets, pool []*unstructured.Unstructured) ([]*unstructured.Unstructured, error) {
	all, err := decode(manifest)
	if err != nil {
		return nil, fmt.Errorf("reading MetalLB's manifest: %w", err)
	}
	webhooks := slices.IndexFunc(all, named("ValidatingWebhookConfiguration", "metallb-webhook-configuration"))
	certificate := slices.IndexFunc(all, named("Secret", webhookSecret))
	controller := slices.IndexFunc(all, named("Deployment", Controller))
	speaker := slices.IndexFunc(all, named("DaemonSet", Speaker))
	if webhooks < max(certificate, controller, speaker) || min(certificate, controller, speaker) < 0 {
		return nil, errors.New("MetalLB's manifest has not the parts, or not the order, that are expected of it")
	}
	setData(all[certificate], map[string][]byte{
		"ca.crt": secrets.CACert, "ca.key": secrets.CAKey, "tls.crt": secrets.Cert, "tls.key": secrets.Key,
	})
	members := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Secret"}}
	members.SetNamespace(Namespace)
	members.SetName(memberSecret)
	setData(members, map[string][]byte{"secretkey": []byte(secrets.Members)})
	for _, object := range []*unstructured.Unstructured{all[controller], all[speaker]} {
		if err := askAtOnce(object); err != nil {
			return nil, fmt.Errorf("%s %s of MetalLB's manifest: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return slices.Concat(all[:certificate], []*unstructured.Unstructured{members}, all[certificate:webhooks], pool, all[webhooks:]), nil
}

// askAtOnce makes kubelet ask the containers of a workload every second whether
// they have started, and then at once whether they are ready. The manifest has
// it wait for 10 s first, which is as long as all else of a cluster takes.
func askAtOnce(workload *unstructured.Unstructured) error {
	path := []string{"spec", "template", "spec", "containers"}
	containers, _, err := unstructured.NestedSlice(workload.Object, path...)
	if err != nil {
		return err
	}
	for _, container := range containers {
		fields, _ := container.(map[string]any)
		readiness, ok := fields["readinessProbe"].(map[string]any)
		if !ok {
			return errors.New("a container has no readiness probe")
		}
		delete(readiness, "initialDelaySeconds")
		startup := maps.Clone(readiness)
		startup["periodSeconds"], startup["failureThreshold"] = int64(1), int64(120)
		fields["startupProbe"] = startup
	}
	return unstructured.SetNestedSlice(workload.Object, containers, path...)
}

func setData(secret *unstructured.Unstructured, data map[string][]byte) {
	encoded := map[string]any{}
	for key, value := range data {
		encoded[key] = base64.StdEncoding.EncodeToString(value)
	}
	secret.Object["data"] = encoded
}

func named(kind, name string) func(*unstructured.Unstructured) bool {
	return func(object *unstructured.Unstructured) bool {
		return object.GetKind() == kind && object.GetName() == name
	}
}

// decode reads the objects of a YAML stream.
func decode(stream io.Reader) ([]*unstructured.Unstructured, error) {
	decoder := utilyaml.NewYAMLOrJSONDecoder(stream, 4096)
	var all []*unstructured.Unstructured
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(&object.Object)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, err
		}
		if len(object.Object) > 0 {
			all = append(all, object)
		}
	}
}
