package tenant_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/zenvault/zenvault/shared/tenant"
)

const one, two = "ws_eucentral1_01jd0000000000000000000001", "ws_eucentral1_01jd0000000000000000000002"

func must(t *testing.T, text string) tenant.ID {
	t.Helper()
	w, err := tenant.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// An id says its region, and reads back as written.
func TestID(t *testing.T) {
	w := tenant.New("eu-central-1", time.UnixMilli(1469918176385), bytes.NewReader(make([]byte, 10)))
	if got, want := w.String(), "ws_eucentral1_01aryz6s410000000000000000"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if w.Region() != "eucentral1" {
		t.Errorf("region %s", w.Region())
	}
	if must(t, w.String()) != w {
		t.Error("does not read back")
	}
}

// Text that is not an id gives no id.
func TestParseRefuses(t *testing.T) {
	for _, text := range []string{"", "ws_", "ws__01jd0000000000000000000001", one[3:], strings.ToUpper(one), one + "0", " " + one,
		"ws_eu-central-1_01jd0000000000000000000001", "wsx_eucentral1_01jd0000000000000000000001", one + ":k"} {
		if w, err := tenant.Parse(text); err == nil || !w.IsZero() {
			t.Errorf("%q is taken", text)
		}
	}
}

// A reference can't be built without a workspace, and two workspaces never share one, whatever keys they choose.
func TestRef(t *testing.T) {
	if _, err := tenant.NewRef(tenant.ID{}, "k"); err == nil {
		t.Error("a reference of nobody")
	}
	seen := map[string]string{}
	for _, workspace := range []string{one, two} {
		for _, key := range []string{"a", "b", "ws_eucentral1_01jd0000000000000000000001", strings.Repeat("k", 128)} {
			ref, err := tenant.NewRef(must(t, workspace), key)
			if err != nil {
				t.Fatal(err)
			}
			if other, there := seen[ref.String()]; there {
				t.Errorf("%s belongs to %s and %s", ref, other, workspace)
			}
			seen[ref.String()] = workspace
			back, err := tenant.ParseRef(ref.String())
			if err != nil || back != ref || back.Workspace().String() != workspace || back.Key() != key {
				t.Errorf("%s reads back as %v, %v", ref, back, err)
			}
		}
	}
	for _, key := range []string{"", "a:b", "a b", "é", "a\n", strings.Repeat("k", 129)} {
		if _, err := tenant.NewRef(must(t, one), key); err == nil {
			t.Errorf("the key %q is taken", key)
		}
	}
}

// Whatever comes in as a reference is refused or is exactly what NewRef writes.
func FuzzParseRef(f *testing.F) {
	for _, seed := range []string{one + ":k", one + ":", ":k", one, one + ":a:b", "x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		ref, err := tenant.ParseRef(text)
		if err != nil {
			if !ref.IsZero() {
				t.Fatal("an error and a reference")
			}
			return
		}
		if ref.String() != text {
			t.Fatalf("%q reads as %q", text, ref)
		}
	})
}
