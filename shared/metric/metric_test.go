package metric_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/metric"
)

var at = time.Date(2026, 11, 24, 12, 0, 0, 5e6, time.UTC)

func counter(out *bytes.Buffer) metric.Counter {
	return metric.Counter{Out: out, Stack: "zenvault-eu", Now: func() time.Time { return at }}
}

// A security event is one line in the embedded metric format, at the entry's time.
func TestSecurity(t *testing.T) {
	var out bytes.Buffer
	counter(&out).Security(audit.Entry{Time: at.Add(-time.Second), Action: "session.revoke_reuse", Severity: audit.Critical, IP: "192.0.2.1"})
	want := `{"_aws":{"Timestamp":1795521599005,"CloudWatchMetrics":[{"Namespace":"zenvault",` +
		`"Dimensions":[["stack"],["stack","severity"],["stack","severity","event"]],"Metrics":[{"Name":"security_events","Unit":"Count"}]}]},` +
		`"event":"session.revoke_reuse","security_events":1,"severity":"critical","stack":"zenvault-eu"}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("line (-want +got):\n%s", diff)
	}
}

// A count is one line, now.
func TestCount(t *testing.T) {
	var out bytes.Buffer
	counter(&out).Count(metric.LimitsDegraded, "login")
	want := `{"_aws":{"Timestamp":1795521600005,"CloudWatchMetrics":[{"Namespace":"zenvault",` +
		`"Dimensions":[["stack"],["stack","kind"]],"Metrics":[{"Name":"limits_degraded","Unit":"Count"}]}]},` +
		`"kind":"login","limits_degraded":1,"stack":"zenvault-eu"}` + "\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("line (-want +got):\n%s", diff)
	}
}

// What is read back is as the specification asks: every dimension of a set is a member with a text of 1 to 1,024
// characters, every metric a member with a number, the whole is one line. A value of any content stays so, and nothing
// that it would smuggle in stays.
func TestParsedBack(t *testing.T) {
	for _, action := range []string{"session.revoke_reuse", "", "a b", "line\nbreak", `"},"x":{"`, "\u202erole", strings.Repeat("x", 5000)} {
		var out bytes.Buffer
		counter(&out).Security(audit.Entry{Time: at, Action: action, Severity: audit.Warning})
		text, more, found := strings.Cut(out.String(), "\n")
		if !found || more != "" || len(text) > 1024 {
			t.Errorf("%.20q: got %d bytes, more %q, want one short line", action, len(text), more)
		}
		var root map[string]any
		if err := json.Unmarshal([]byte(text), &root); err != nil {
			t.Fatalf("%.20q: %v", action, err)
		}
		var line struct {
			AWS struct {
				Timestamp         int64
				CloudWatchMetrics []struct {
					Namespace  string
					Dimensions [][]string
					Metrics    []struct{ Name, Unit string }
				}
			} `json:"_aws"`
		}
		if err := json.Unmarshal([]byte(text), &line); err != nil {
			t.Fatal(err)
		}
		directive := line.AWS.CloudWatchMetrics[0]
		for _, set := range directive.Dimensions {
			for _, name := range set {
				if value, _ := root[name].(string); value == "" || strings.Trim(value, "abcdefghijklmnopqrstuvwxyz0123456789._-") != "" || len(value) > 128 {
					t.Errorf("%.20q: dimension %s is %q", action, name, root[name])
				}
			}
		}
		if root[directive.Metrics[0].Name] != 1.0 || line.AWS.Timestamp != at.UnixMilli() || len(root) != 5 {
			t.Errorf("%.20q: got %s", action, text)
		}
	}
}
