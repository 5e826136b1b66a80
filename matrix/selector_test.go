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

package matrix

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRowSelectors(t *testing.T) {
	rows := []Row{
		{Name: "pod@n1", Kind: SourcePod, Node: "n1"},
		{Name: "host@n1", Kind: SourceHost, Node: "n1"},
		{Name: "pod@n2", Kind: SourcePod, Node: "n2"},
		{Name: "outside", Kind: SourceExternal},
	}
	for _, tc := range []struct {
		selector RowSelector
		text     string
		want     []int
	}{
		{RowSelector{}, "nothing", nil},
		{AllRows(), "all rows", []int{0, 1, 2, 3}},
		{RowNamed("outside", "pod@n2"), `row "outside", "pod@n2"`, []int{2, 3}},
		{RowsOn("n1"), `rows on "n1"`, []int{0, 1}},
		{RowsOfKind(SourcePod, SourceExternal), `rows of kind "pod", "external"`, []int{0, 2, 3}},
		{RowsWhere("odd ones", func(r Row) bool { return len(r.Name)%2 == 1 }), "odd ones", []int{1, 3}},
		{And(RowsOn("n1"), RowsOfKind(SourcePod)), `(rows on "n1") and (rows of kind "pod")`, []int{0}},
		{Or(RowsOn("n2"), RowNamed("outside")), `(rows on "n2") or (row "outside")`, []int{2, 3}},
		{Not(RowsOn("n1", "n2")), `not (rows on "n1", "n2")`, []int{3}},
		{And[Row](), "", []int{0, 1, 2, 3}},
		{Or[Row](), "", nil},
	} {
		t.Run(tc.text, func(t *testing.T) {
			if got := tc.selector.String(); got != tc.text {
				t.Errorf("text is %q", got)
			}
			if diff := cmp.Diff(tc.want, matching(rows, tc.selector)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestColumnSelectors(t *testing.T) {
	columns := []Column{
		{Name: "VIP:80", Kind: FrontendClusterIP, Role: RoleSubject, Service: "web"},
		{Name: "n1:30080", Kind: FrontendNodePort, Role: RoleSubject, Service: "web", Node: "n1"},
		{Name: "b1 direct", Kind: FrontendPod, Role: RoleDirect, Node: "n2"},
		{Name: "other", Kind: FrontendClusterIP, Role: RoleBystander, Service: "other"},
	}
	for _, tc := range []struct {
		selector ColumnSelector
		text     string
		want     []int
	}{
		{AllColumns(), "all columns", []int{0, 1, 2, 3}},
		{ColumnNamed("other"), `column "other"`, []int{3}},
		{ColumnsOfService("web"), `columns of service "web"`, []int{0, 1}},
		{ColumnsOfKind(FrontendClusterIP), `columns of kind "clusterIP"`, []int{0, 3}},
		{ColumnsOfRole(RoleDirect, RoleBystander), `columns of role "direct", "bystander"`, []int{2, 3}},
		{ColumnsOn("n1", "n2"), `columns on "n1", "n2"`, []int{1, 2}},
		{ColumnsWhere("ports", func(c Column) bool { return c.Port > 0 }), "ports", nil},
	} {
		t.Run(tc.text, func(t *testing.T) {
			if got := tc.selector.String(); got != tc.text {
				t.Errorf("text is %q", got)
			}
			if diff := cmp.Diff(tc.want, matching(columns, tc.selector)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
