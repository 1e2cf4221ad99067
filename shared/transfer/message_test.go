package transfer_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/id"
	"github.com/zenvault/zenvault/shared/transfer"
)

// Whatever comes out of the queue is refused, or is exactly the message about one transfer.
func FuzzMessage(f *testing.F) {
	for _, seed := range []string{`{"transfer":"tr_01jd0000000000000000000000"}`, `{"transfer":"tr_x"}`, `{"transfer":"ep_01jd0000000000000000000000"}`, `{}`, `null`, `[]`, ``,
		`{"transfer":"tr_01jd0000000000000000000000","transfer":"tr_01jd0000000000000000000001"}`, `{"Transfer":"tr_01jd0000000000000000000000"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := transfer.ParseMessage(body)
		if err != nil {
			if m != (transfer.Message{}) {
				t.Fatalf("an error and %+v", m)
			}
			return
		}
		again, err := json.Marshal(m)
		if err != nil || !id.Valid("tr", m.Transfer) || !strings.Contains(string(again), m.Transfer) {
			t.Fatalf("%q reads as %+v", body, m)
		}
	})
}

// A message about nothing is an error of ours; one that comes too early, late or twice does nothing.
func TestStaleMessages(t *testing.T) {
	s := newStack(t)
	for body, code := range map[string]string{"x": "message_malformed", `{"transfer":"tr_01jd0000000000000000000000"}`: "transfer_missing"} {
		err := s.service.Advance(t.Context(), caller.Worker("transfer-advance", "m"), edge.Message{ID: "m", Body: []byte(body)})
		if err == nil || !strings.HasPrefix(err.Error(), code) {
			t.Errorf("%s: %v, want %s", body, err, code)
		}
	}
	v, ref := s.submitted("stale")
	s.must(s.look(v.ID)) // asks the provider, and has it for itself for a while
	before := len(s.actions(v))
	for range 3 {
		s.must(s.look(v.ID))
	}
	if n := s.api.Calls("status"); n != 1 || len(s.actions(v)) != before || len(s.api.Orders(ref.String())) != 1 {
		t.Errorf("the provider was asked %d times, the trail is %q", n, s.actions(v))
	}
}
