package policy_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/strict"
)

func document(t testing.TB, text string) policy.Document {
	t.Helper()
	var d policy.Document
	if err := strict.Decode([]byte(text), &d); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return d
}

func rule(match string) string {
	return `{"rules":[{"id":"r","effect":"allow","match":` + match + `}],"caps":[]}`
}

func limit(members string) string { return `{"rules":[],"caps":[{"id":"c",` + members + `}]}` }

// A document that breaks a rule is refused with the rule's fault, and the fault names the member.
func TestRefusedDocuments(t *testing.T) {
	for _, c := range []struct {
		text string
		want *fault.Fault
		at   string
	}{
		{`{"rules":[{"id":"A","effect":"allow","match":{}}],"caps":[]}`, policy.ErrID, "/rules/0/id"},
		{`{"rules":[{"id":"","effect":"allow","match":{}}],"caps":[]}`, policy.ErrID, "/rules/0/id"},
		{`{"rules":[{"id":"a","effect":"Allow","match":{}}],"caps":[]}`, policy.ErrEffect, "/rules/0/effect"},
		{`{"rules":[{"id":"a","effect":"allow","match":{}},{"id":"a","effect":"deny","match":{}}],"caps":[]}`, policy.ErrIDTwice, "/rules/1/id"},
		{`{"rules":[{"id":"a","effect":"allow","match":{}}],"caps":[{"id":"a","match":{},"per":"transaction","asset":"BTC","amount":"1"}]}`,
			policy.ErrIDTwice, "/caps/0/id"},
		{rule(`{"operation":"MINT"}`), policy.ErrUnsupported, "/rules/0/match/operation"},
		{rule(`{"asset":""}`), policy.ErrValue, "/rules/0/match/asset"},
		{rule(`{"asset":" BTC"}`), policy.ErrValue, "/rules/0/match/asset"},
		{rule(`{"asset":"` + strings.Repeat("a", 257) + `"}`), policy.ErrValue, "/rules/0/match/asset"},
		{rule(`{"source":{}}`), policy.ErrEmpty, "/rules/0/match/source"},
		{rule(`{"source":{"id":"\u0000"}}`), policy.ErrValue, "/rules/0/match/source/id"},
		{rule(`{"destination":{}}`), policy.ErrEmpty, "/rules/0/match/destination"},
		{rule(`{"destination":{"address":""}}`), policy.ErrValue, "/rules/0/match/destination/address"},
		{rule(`{"asset":"BTC","amount":{}}`), policy.ErrEmpty, "/rules/0/match/amount"},
		{rule(`{"amount":{"max":"1"}}`), policy.ErrNoAsset, "/rules/0/match/amount"},
		{rule(`{"asset":"BTC","amount":{"min":"1.1","max":"1.09"}}`), policy.ErrRange, "/rules/0/match/amount"},
		{rule(`{"destination":{"tag":""}}`), policy.ErrValue, "/rules/0/match/destination/tag"},
		{rule(`{"provider":""}`), policy.ErrValue, "/rules/0/match/provider"},
		{rule(`{"initiator":" key_1"}`), policy.ErrValue, "/rules/0/match/initiator"},
		{rule(`{"time":{}}`), policy.ErrEmpty, "/rules/0/match/time"},
		{rule(`{"time":{"weekdays":["Monday"]}}`), policy.ErrWeekday, "/rules/0/match/time/weekdays/0"},
		{rule(`{"time":{"weekdays":["monday","sunday","monday"]}}`), policy.ErrWeekday, "/rules/0/match/time/weekdays/2"},
		{rule(`{"time":{"from_hour":8}}`), policy.ErrHours, "/rules/0/match/time/until_hour"},
		{rule(`{"time":{"until_hour":8}}`), policy.ErrHours, "/rules/0/match/time/from_hour"},
		{rule(`{"time":{"from_hour":8,"until_hour":8}}`), policy.ErrHours, "/rules/0/match/time/from_hour"},
		{rule(`{"time":{"from_hour":24,"until_hour":8}}`), policy.ErrHours, "/rules/0/match/time/from_hour"},
		{rule(`{"time":{"from_hour":-1,"until_hour":8}}`), policy.ErrHours, "/rules/0/match/time/from_hour"},
		{rule(`{"time":{"from_hour":8,"until_hour":25}}`), policy.ErrHours, "/rules/0/match/time/until_hour"},
		{rule(`{"time":{"from_hour":8,"until_hour":0}}`), policy.ErrHours, "/rules/0/match/time/until_hour"},
		{limit(`"match":{},"per":"day","asset":"BTC","amount":"1"`), policy.ErrPer, "/caps/0/per"},
		{limit(`"match":{},"per":"window","asset":"BTC","amount":"1"`), policy.ErrWindow, "/caps/0/window_hours"},
		{limit(`"match":{},"per":"window","window_hours":745,"asset":"BTC","amount":"1"`), policy.ErrWindow, "/caps/0/window_hours"},
		{limit(`"match":{},"per":"window","window_hours":-1,"asset":"BTC","amount":"1"`), policy.ErrWindow, "/caps/0/window_hours"},
		{limit(`"match":{},"per":"lifetime","window_hours":24,"asset":"BTC","amount":"1"`), policy.ErrNoWindow, "/caps/0/window_hours"},
		{limit(`"match":{},"per":"transaction","window_hours":24,"asset":"BTC","amount":"1"`), policy.ErrNoWindow, "/caps/0/window_hours"},
		{limit(`"match":{},"per":"lifetime"`), policy.ErrUnit, "/caps/0"},
		{limit(`"match":{},"per":"lifetime","asset":"BTC"`), policy.ErrUnit, "/caps/0"},
		{limit(`"match":{},"per":"lifetime","asset":"BTC","usd":"5"`), policy.ErrUnit, "/caps/0"},
		{limit(`"match":{},"per":"lifetime","asset":"BTC","amount":"1","usd":"5"`), policy.ErrUnit, "/caps/0"},
		{limit(`"match":{},"per":"lifetime","asset":"BTC","amount":"1","count":5`), policy.ErrUnit, "/caps/0"},
		{limit(`"match":{},"per":"lifetime","usd":"1","count":5`), policy.ErrUnit, "/caps/0"},
		{limit(`"match":{},"per":"lifetime","count":0`), policy.ErrUnit, "/caps/0"},
		{limit(`"match":{},"per":"lifetime","count":-1`), policy.ErrCount, "/caps/0/count"},
		{limit(`"match":{},"per":"transaction","count":1`), policy.ErrCountEach, "/caps/0/count"},
		{limit(`"match":{"amount":{"max":"1"}},"per":"lifetime","usd":"1"`), policy.ErrNoAsset, "/caps/0/match/amount"},
		{limit(`"match":{},"per":"lifetime","amount":"1"`), policy.ErrValue, "/caps/0/asset"},
		{limit(`"match":{},"per":"transaction","asset":"","amount":"1"`), policy.ErrValue, "/caps/0/asset"},
		{limit(`"match":{"asset":"ETH"},"per":"transaction","asset":"BTC","amount":"1"`), policy.ErrOtherAsset, "/caps/0/match/asset"},
	} {
		_, err := policy.Compile(document(t, c.text))
		if !errors.Is(err, c.want) || fault.From(err).Field != c.at || fault.From(err).Kind != fault.Unprocessable {
			t.Errorf("%s:\n got %v\nwant %s at %s", c.text, err, c.want.Code, c.at)
		}
	}
}

// A document that does not have the form is refused before its rules are looked at, with the member's name.
func TestUnreadableDocuments(t *testing.T) {
	for text, at := range map[string]string{
		`{}`:           "/rules",
		`{"rules":[]}`: "/caps",
		`{"rules":[],"caps":[],"default":"allow"}`:                               "/default",
		rule(`{"asset":null}`):                                                   "/rules/0/match/asset",
		rule(`{"Asset":"BTC"}`):                                                  "/rules/0/match/Asset",
		rule(`{"asset":"BTC","asset":"ETH"}`):                                    "/rules/0/match/asset",
		rule(`{"destination":{"whitelisted":"yes"}}`):                            "/rules/0/match/destination/whitelisted",
		rule(`{"asset":"BTC","amount":{"max":1}}`):                               "/rules/0/match/amount/max",
		rule(`{"asset":"BTC","amount":{"max":"1e3"}}`):                           "/rules/0/match/amount/max",
		limit(`"match":{},"per":"transaction","asset":"BTC","amount":"-1"`):      "/caps/0/amount",
		limit(`"match":{},"per":"transaction","usd":1000`):                       "/caps/0/usd",
		limit(`"match":{},"per":"lifetime","count":"3"`):                         "/caps/0/count",
		limit(`"match":{},"per":"lifetime","count":1.5`):                         "/caps/0/count",
		rule(`{"time":{"weekdays":"monday"}}`):                                   "/rules/0/match/time/weekdays",
		limit(`"match":{},"per":"transaction","asset":"BTC","amount":"1","n":3`): "/caps/0/n",
	} {
		var d policy.Document
		var refusal *strict.Error
		if err := strict.Decode([]byte(text), &d); !errors.As(err, &refusal) || refusal.Pointer != at {
			t.Errorf("%s: got %v, want a refusal at %s", text, err, at)
		}
	}
}

// There is a limit to the number of rules, of caps, and of caps over time.
func TestLimits(t *testing.T) {
	one := decimal("1")
	for _, c := range []struct {
		rules, caps, spans int
		at                 string
		want               *fault.Fault
	}{{10_000, 410, 90, "", nil}, {10_001, 0, 0, "/rules", policy.ErrTooMany}, {0, 501, 0, "/caps", policy.ErrTooMany}, {0, 0, 91, "/caps", policy.ErrTooManySpan}} {
		var d policy.Document
		for i := range c.rules {
			d.Rules = append(d.Rules, policy.Rule{ID: fmt.Sprint("r", i), Effect: "allow"})
		}
		for i := range c.caps {
			d.Caps = append(d.Caps, policy.Cap{ID: fmt.Sprint("c", i), Per: "transaction", Asset: "BTC", Amount: &one})
		}
		for i := range c.spans {
			d.Caps = append(d.Caps, policy.Cap{ID: fmt.Sprint("s", i), Per: "lifetime", Count: 1})
		}
		_, err := policy.Compile(d)
		if (err == nil) != (c.at == "") || err != nil && (!errors.Is(err, c.want) || fault.From(err).Field != c.at) {
			t.Errorf("%d rules, %d caps, %d over time: got %v, want a fault at %q", c.rules, c.caps, c.spans, err, c.at)
		}
	}
}

// No document makes the reader, the rules or the evaluation panic; what is refused names a member; and what is taken
// approves what a look at every rule approves.
func FuzzDocument(f *testing.F) {
	for _, text := range []string{
		`{"rules":[],"caps":[]}`, rule(`{}`), rule(`{"operation":"TRANSFER","asset":"BTC","amount":{"min":"0.1","max":"2"}}`),
		rule(`{"source":{"type":"VAULT_ACCOUNT","id":"0"},"destination":{"type":"EXTERNAL_WALLET","address":"0xAB","whitelisted":true}}`),
		limit(`"match":{"asset":"BTC"},"per":"transaction","asset":"BTC","amount":"1"`), `{"rules":[{"id":"a","effect":"deny","match":{}}],"caps":[]}`,
		limit(`"match":{"time":{"weekdays":["sunday"],"from_hour":22,"until_hour":6}},"per":"window","window_hours":24,"usd":"10000.5"`),
		limit(`"match":{"provider":"cobo","initiator":"key_1","intent":true,"destination":{"tag":"7"}},"per":"lifetime","count":3`),
		`{"rules":null}`, `[]`, ``,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var d policy.Document
		if strict.Decode(text, &d) != nil {
			return
		}
		s, err := policy.Compile(d)
		if err != nil {
			if fault.From(err).Kind != fault.Unprocessable || !strings.HasPrefix(fault.From(err).Field, "/") {
				t.Errorf("%s: %v is not a fault that names a member", text, err)
			}
			return
		}
		for _, q := range []signing.Request{{}, transfer("BTC", "1")} {
			if got, want := policy.Evaluate(s, q, noon, policy.State{}).Approve, naive(d, q, moment{at: noon}); got != want {
				t.Errorf("%s approves %+v: got %t, want %t", text, q, got, want)
			}
		}
	})
}
