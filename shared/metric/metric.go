// Package metric counts what a person should be woken for, as lines of the CloudWatch embedded metric format: the log
// carries the numbers, and no call is made for them (Amazon CloudWatch User Guide, "Specification: Embedded metric
// format", read 2026-11).
package metric

import (
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
)

// Namespace is where CloudWatch has all metrics of zenvault.
const Namespace = "zenvault"

// The metrics.
const (
	SecurityEvents  = "security_events"  // audit entries that have a severity
	LimitsDegraded  = "limits_degraded"  // decisions on a rate limit that were made without the table
	LettersRejected = "letters_rejected" // letters that can't ever be sent
)

// Counter writes the lines. It is safe for concurrent use if Out is, as a process's standard output is.
type Counter struct {
	Out   io.Writer // each line is one Write
	Stack string
	Now   func() time.Time
}

// Security counts an audit entry, by severity and by what was done. It is a ledger's Alarm.
func (c Counter) Security(e audit.Entry) {
	c.write(SecurityEvents, e.Time, [2]string{"severity", string(e.Severity)}, [2]string{"event", e.Action})
}

// Count counts one of a metric, in all and by its kind.
func (c Counter) Count(name, kind string) { c.write(name, c.Now(), [2]string{"kind", kind}) }

// write counts under the stack alone and under each dimension added to it, one after the other. What is counted under
// each set of dimensions is a metric of its own, so that an alarm can be about any of them.
func (c Counter) write(name string, at time.Time, dimensions ...[2]string) {
	names, sets := []string{"stack"}, [][]string{{"stack"}}
	line := map[string]any{"stack": safe(c.Stack), name: 1}
	for _, d := range dimensions {
		line[d[0]] = safe(d[1])
		names = append(names, d[0])
		sets = append(sets, append([]string(nil), names...))
	}
	line["_aws"] = metadata{at.UnixMilli(), []directive{{Namespace, sets, []definition{{name, "Count"}}}}}
	text, err := json.Marshal(line)
	if err != nil {
		panic("metric: " + err.Error()) // only for values that are not of the kinds above
	}
	c.Out.Write(append(text, '\n')) //nolint:errcheck // there is nowhere else to say it
}

type metadata struct {
	Timestamp         int64 // Unix ms
	CloudWatchMetrics []directive
}

type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []definition
}

type definition struct{ Name, Unit string }

// maxValue is less than the 1,024 characters that a dimension's value may have.
const maxValue = 128

// safe keeps of a value what names of ours are made of, since a dimension must not be empty and each value of it is a
// metric that is paid for: nothing that a client wrote becomes one.
func safe(value string) string {
	if len(value) > maxValue {
		value = value[:maxValue]
	}
	value = strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '.', r == '_', r == '-':
			return r
		}
		return '_'
	}, value)
	if value == "" {
		return "none"
	}
	return value
}
