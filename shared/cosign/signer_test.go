package cosign_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/zenvault/zenvault/shared/cosign"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/provider/fireblocks"
	"github.com/zenvault/zenvault/shared/signing"
)

type brokenSigner struct{}

func (brokenSigner) Sign(context.Context, []byte) ([]byte, error) { return nil, errors.New("broken") }
func (brokenSigner) Reference() string                            { return "dir:fireblocks-response" }

// A key that is found but can't sign, as one outside of this process may be, gives a 503 and nothing unsigned. The decision
// was durable before the key was touched, so that the next sending gets it.
func TestSignerFails(t *testing.T) {
	s := newStage(t)
	working := s.handler
	s.handler = edge.Bind(s.world.Edge(nil, nil), cosign.RouteFireblocks, cosign.NewDecider(cosign.Parts{
		Ledger: s.ledger, Name: fireblocks.Name, Provider: fireblocks.Codec{}, ContentType: fireblocks.ContentType,
		Policies: policy.NewJudge(s.ledger), Keys: func(context.Context, string) (signing.Key, error) { return brokenSigner{}, nil },
	}))
	answer := s.post(sign(theirs(), s.request(nil)))
	if p := problem(t, answer); p.Status != http.StatusServiceUnavailable || p.Code != "response_key_unavailable" {
		t.Errorf("answer: %s", answer.Body)
	}
	if item := s.decision("req-1", "fireblocks.tx.approval"); item["decision"] != "approve" {
		t.Errorf("stored: %v", item)
	}
	s.handler = working
	if got := s.ask(nil); got["action"] != "APPROVE" {
		t.Errorf("with a key that works: %v", got)
	}
	if n := len(s.trail("req-1", "fireblocks.tx.approval")); n != 1 {
		t.Errorf("%d entries, want 1", n)
	}
}
