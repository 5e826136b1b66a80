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

package fault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"sigs.k8s.io/service-e2e/hack/mutation/internal/rules"
	"sigs.k8s.io/service-e2e/hack/mutation/internal/world"
)

// plan holds rules by the index of their node.
type plan map[int][]rules.Rule

// ruleMeans are rules on the nodes, which a function writes for the world as it
// is.
type ruleMeans struct {
	write func(*world.World) plan
	// wanted is what a node has been given, by its name.
	wanted map[string]string
}

// byRules makes a fault of rules. The function must return the same rules for
// the same world.
func byRules(write func(*world.World) plan) func() means {
	return func() means { return &ruleMeans{write: write, wanted: map[string]string{}} }
}

// remembering is like byRules for rules that depend on what the world was like
// earlier.
func remembering(begin func() func(*world.World) plan) func() means {
	return func() means { return &ruleMeans{write: begin(), wanted: map[string]string{}} }
}

func (m *ruleMeans) apply(ctx context.Context, hosts *Hosts, w *world.World) error {
	p := m.write(w)
	scripts := map[string]string{}
	for i, node := range w.Nodes {
		_, known := m.wanted[node.Name]
		if len(p[i]) == 0 && !known {
			continue // this node is not touched
		}
		if script := rules.Script(p[i]); script != m.wanted[node.Name] {
			scripts[node.Name] = script
		}
	}
	first := len(m.wanted) == 0
	return m.onEach(scripts, func(node, script string) error {
		if _, err := hosts.Run(ctx, node, script, "nft", "-f", "-"); err != nil {
			return fmt.Errorf("%w; the rules were\n%s", err, script)
		}
		if first {
			return hosts.forgetUDP(ctx, node)
		}
		return nil
	}, func(node, script string) { m.wanted[node] = script })
}

// onEach does something on several nodes at once, and then something for each
// of them in turn, whether it went well or not.
func (m *ruleMeans) onEach(scripts map[string]string, do func(node, script string) error, after func(node, script string)) error {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs []error
	)
	for node, script := range scripts {
		wg.Go(func() {
			if err := do(node, script); err != nil {
				mu.Lock()
				errs = append(errs, err)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for node, script := range scripts {
		after(node, script)
	}
	return errors.Join(errs...)
}

// verify counts the packets that the rules have seen.
func (m *ruleMeans) verify(ctx context.Context, hosts *Hosts) error {
	packets := 0
	for node, script := range m.wanted {
		found, err := hosts.Run(ctx, node, "", "nft", "-s", "list", "ruleset")
		if err != nil {
			return err
		}
		if want, have := strings.Count(script, "add rule "), strings.Count(found, rules.HitsText); want != have {
			return fmt.Errorf("on %s: %d rules of %d are in place", node, have, want)
		}
		seen, err := hosts.Run(ctx, node, "", "nft", "-j", "list", "counters")
		if err != nil {
			return err
		}
		n, err := countPackets(seen)
		if err != nil {
			return fmt.Errorf("on %s: %w", node, err)
		}
		packets += n
	}
	if packets == 0 {
		return ErrUnmet
	}
	return nil
}

// countPackets adds up the counters of our table, in nft's JSON.
func countPackets(text string) (int, error) {
	var list struct {
		NFTables []struct {
			Counter struct {
				Table   string
				Packets int
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return 0, fmt.Errorf("reading counters: %w", err)
	}
	packets := 0
	for _, entry := range list.NFTables {
		if entry.Counter.Table == rules.Table {
			packets += entry.Counter.Packets
		}
	}
	return packets, nil
}

func (m *ruleMeans) remove(ctx context.Context, hosts *Hosts) error {
	return m.onEach(m.wanted, func(node, _ string) error {
		if _, err := hosts.Run(ctx, node, rules.Clear(), "nft", "-f", "-"); err != nil {
			return err
		}
		tables, err := hosts.Run(ctx, node, "", "nft", "list", "tables")
		if err != nil {
			return err
		}
		if strings.Contains(tables, rules.Table) {
			return fmt.Errorf("on %s: table %s is still there", node, rules.Table)
		}
		return hosts.forgetUDP(ctx, node)
	}, func(node, _ string) { delete(m.wanted, node) })
}
