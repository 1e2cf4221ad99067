package audit_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/secret"
)

// The canonical form is RFC 8785's: members in UTF-16 order, the short escapes, nothing else escaped. The first case is
// the member order of RFC 8785 §3.2.3.
func TestCanonical(t *testing.T) {
	tests := []struct {
		name   string
		fields audit.Fields
		want   string
	}{
		{"order", audit.Fields{"\u20ac": "Euro Sign", "\r": "Carriage Return", "\ufb33": "Hebrew Letter Dalet With Dagesh", "1": "One",
			"\U0001f600": "Emoji: Grinning Face", "\u0080": "Control", "\u00f6": "Latin Small Letter O With Diaeresis"},
			"{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\",\"\u00f6\":\"Latin Small Letter O With Diaeresis\"," +
				"\"\u20ac\":\"Euro Sign\",\"\U0001f600\":\"Emoji: Grinning Face\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}"},
		{"escapes", audit.Fields{"a": "\"\\/\b\f\n\r\t\x0f<&>\u2028"}, `{"a":"\"\\/\b\f\n\r\t\u000f<&>` + "\u2028" + `"}`},
		{"values", audit.Fields{"n": nil, "t": true, "i": int64(-7), "l": []string{"a", "b"}, "o": audit.Fields{}, "r": []audit.Fields{{"x": 1}}},
			`{"i":-7,"l":["a","b"],"n":null,"o":{},"r":[{"x":1}],"t":true}`},
		{"time", audit.Fields{"at": time.UnixMilli(1732480000123)}, `{"at":1732480000123}`},
		{"secrets", audit.Fields{"a": secret.NewText("x"), "b": secret.NewBytes([]byte("x"))}, `{"a":"[redacted]","b":"[redacted]"}`},
		{"nothing", nil, `{}`},
	}
	for _, tt := range tests {
		got, err := tt.fields.JSON()
		if err != nil || string(got) != tt.want {
			t.Errorf("%s: got %s, %v, want %s", tt.name, got, err, tt.want)
		}
	}
}

// What JSON can't keep exact, or what is not ours, is refused.
func TestCanonicalRefuses(t *testing.T) {
	for name, value := range map[string]any{"float": 1.5, "large": int64(1) << 53, "not UTF-8": "\xff", "struct": struct{}{}} {
		if got, err := (audit.Fields{"a": value}).JSON(); err == nil {
			t.Errorf("%s: taken as %s", name, got)
		}
	}
}

// Fields read back as they were written, and write the same bytes again.
func TestParseFields(t *testing.T) {
	want := audit.Fields{"a": "x", "n": int64(9007199254740991), "z": nil, "b": false, "l": []string{"q"}, "o": audit.Fields{"i": int64(1)}, "r": []audit.Fields{{"x": "y"}}}
	text, err := want.JSON()
	if err != nil {
		t.Fatal(err)
	}
	got, err := audit.ParseFields(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Only what changed is kept, on both sides.
func TestDiff(t *testing.T) {
	before, after := audit.Diff(audit.Fields{"same": "a", "name": "old", "gone": "x"}, audit.Fields{"same": "a", "name": "new", "more": int64(1)})
	if diff := cmp.Diff(audit.Fields{"name": "old", "gone": "x"}, before); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(audit.Fields{"name": "new", "more": int64(1)}, after); diff != "" {
		t.Error(diff)
	}
}

// Every member of an entry is in its hash: changing any one changes it.
func TestHashCoversEverything(t *testing.T) {
	base := audit.Entry{ID: "aud_1", Time: time.UnixMilli(1), Action: "a.b", Version: 1}
	first, err := base.ComputeHash()
	if err != nil {
		t.Fatal(err)
	}
	changes := map[string]func(*audit.Entry){
		"id": func(e *audit.Entry) { e.ID = "aud_2" }, "time": func(e *audit.Entry) { e.Time = time.UnixMilli(2) },
		"actor kind": func(e *audit.Entry) { e.Actor.Kind = "admin" }, "actor id": func(e *audit.Entry) { e.Actor.ID = "x" }, "actor via": func(e *audit.Entry) { e.Actor.Via = "x" },
		"action": func(e *audit.Entry) { e.Action = "a.c" }, "severity": func(e *audit.Entry) { e.Severity = audit.Critical }, "target type": func(e *audit.Entry) { e.Target.Type = "x" }, "target id": func(e *audit.Entry) { e.Target.ID = "x" },
		"workspace": func(e *audit.Entry) { e.Workspace = "x" }, "before": func(e *audit.Entry) { e.Before = audit.Fields{"a": "b"} }, "after": func(e *audit.Entry) { e.After = audit.Fields{"a": "b"} },
		"ip": func(e *audit.Entry) { e.IP = "x" }, "user agent": func(e *audit.Entry) { e.UserAgent = "x" }, "request": func(e *audit.Entry) { e.RequestID = "x" },
		"version": func(e *audit.Entry) { e.Version = 2 }, "prev": func(e *audit.Entry) { e.Prev = "x" },
	}
	for name, change := range changes {
		e := base
		change(&e)
		if hash, _ := e.ComputeHash(); hash == first {
			t.Errorf("%s is not covered", name)
		}
	}
}

// No stored bytes make the reader panic, and what it takes is canonical again once written.
func FuzzParseFields(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1}`, `{"a":[{"b":"c"}]}`, `{"a":{"b":null}}`, `{"a":1.5}`, `[`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fields, err := audit.ParseFields(data)
		if err != nil {
			return
		}
		text, err := fields.JSON()
		if err != nil {
			return // an integer that is not exact
		}
		again, err := audit.ParseFields(text)
		if err != nil {
			t.Fatalf("%s does not read back: %v", text, err)
		}
		if second, _ := again.JSON(); string(second) != string(text) {
			t.Fatalf("%s became %s", text, second)
		}
	})
}
