package cosign_test

import (
	"context"
	"crypto/rsa"
	"errors"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/shared/cosign"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/provider/fireblocks"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/wire/secrets"
)

// silent is a provider without a word for "later", whose messages say in plain text what Open makes of them.
type silent struct{ fireblocks.Codec }

var said = map[string]error{"forged": signing.ErrForged, "expired": signing.ErrExpired, "unreadable": signing.ErrUnreadable}

func (silent) Open(message []byte, _ []*rsa.PublicKey, at time.Time) (signing.Callback, error) {
	if at.IsZero() {
		return signing.Callback{}, errors.New("no time was given")
	}
	text := string(message)
	return signing.Callback{ExternalID: "req-1", Kind: "silent", Signing: true, Ping: text == "ping", Digest: text}, said[text]
}

func (silent) Claims(answer signing.Answer) []byte {
	if answer.Action == signing.Retry {
		return nil
	}
	return []byte(string(answer.Action) + " " + answer.At.UTC().Format("2006"))
}

func (silent) Seal(_ context.Context, claims []byte, _ signing.Signer) ([]byte, error) {
	return claims, nil
}

// say sends a text to a cosigner of the silent provider.
func (s *stage) say(text string) edge.Response {
	return s.handler(context.Background(), edge.Request{ID: "request-1", Method: http.MethodPost, Params: map[string]string{"cosigner": s.cosigner},
		Header: http.Header{}, Body: []byte(text), Source: netip.MustParseAddr("203.0.113.7"), Time: time.Now()})
}

func newSilent(t *testing.T) *stage {
	s := newStage(t)
	keys, err := secrets.OpenRSA(s.world, fireblocks.KeyBits)
	must(t, err)
	s.handler = edge.Bind(s.world.Edge(nil, nil), cosign.RouteFireblocks, cosign.NewDecider(cosign.Parts{Ledger: s.ledger,
		Name: fireblocks.Name, Provider: silent{}, ContentType: "text/plain", Policies: policy.NewJudge(s.ledger), Keys: keys}))
	return s
}

// Where a provider has no word for "later", trouble of ours is an unsigned 503 that decides nothing; the next sending is
// decided. Another content under a used id is still refused.
func TestTroubleWithoutAWord(t *testing.T) {
	s := newSilent(t)
	s.aws.Faults().Add(fault.Rule{Operation: writes, Effect: fault.LostRequest})
	answer := s.say("one")
	s.aws.Faults().Clear()
	if p := problem(t, answer); p.Status != http.StatusServiceUnavailable || p.Code != "decision_unavailable" {
		t.Errorf("answer: %s", answer.Body)
	}
	if item := s.decision("req-1", "silent"); item != nil {
		t.Errorf("decided: %v", item)
	}
	year := s.ledger.Now().UTC().Format("2006")
	if answer := s.say("one"); string(answer.Body) != "reject "+year {
		t.Errorf("the next sending: %d %s", answer.Status, answer.Body)
	}
	if answer := s.say("two"); string(answer.Body) != "reject "+year || len(s.denials("cosign.conflict_denied")) != 1 {
		t.Errorf("another content: %d %s", answer.Status, answer.Body)
	}
}

// A sign of life is answered, decides nothing and is stored nowhere.
func TestPing(t *testing.T) {
	s := newSilent(t)
	s.say("one")
	before := s.decision("req-1", "silent")
	s.aws.Forget()
	answer := s.say("ping")
	if want := "alive " + s.ledger.Now().UTC().Format("2006"); answer.Status != http.StatusOK || string(answer.Body) != want {
		t.Errorf("answer: %d %s", answer.Status, answer.Body)
	}
	for _, call := range s.aws.Calls() {
		t.Errorf("a ping made the call %s", call.Operation)
	}
	if after := s.decision("req-1", "silent"); after["claims"] == nil || string(after["claims"].([]byte)) != string(before["claims"].([]byte)) {
		t.Errorf("the decision is %v", after)
	}
}

// What is authentic but out of its time, or says nothing, gets no signed answer; the cosigner is named in the trail.
func TestNotInTime(t *testing.T) {
	for text, want := range map[string]struct {
		status int
		code   string
		named  bool
	}{
		"forged": {401, "callback_not_authentic", false}, "expired": {401, "callback_expired", true}, "unreadable": {400, "callback_unreadable", true},
	} {
		s := newSilent(t) // the trail has one entry a minute for each cosigner
		answer := s.say(text)
		if p := problem(t, answer); p.Status != want.status || p.Code != want.code {
			t.Errorf("%s: %d %s", text, answer.Status, answer.Body)
		}
		denied := s.denials("callback.open_denied")
		if len(denied) != 1 || denied[0].After["why"] != want.code || (denied[0].Actor.ID == s.cosigner) != want.named {
			t.Errorf("%s: recorded %+v", text, denied)
		}
		if item := s.decision("req-1", "silent"); item != nil {
			t.Errorf("%s: decided: %v", text, item)
		}
	}
}
