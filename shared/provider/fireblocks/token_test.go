package fireblocks_test

import (
	"errors"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/codectest"
	"github.com/zenvault/zenvault/shared/provider/fireblocks"
	"github.com/zenvault/zenvault/shared/signing"
)

const minimal = `{"requestId":"req-1","operation":"TRANSFER"}`

func open(message []byte) (signing.Callback, error) {
	return fireblocks.Codec{}.Open(message, keys(), time.Time{})
}

func openConfig(message []byte) (signing.Callback, error) {
	return fireblocks.ConfigCodec{}.Open(message, keys(), time.Time{})
}

const minimalConfig = `{"requestId":"req-1","type":"EXCHANGE"}`

// mutations are a message with its bytes changed, and its token in other forms.
func mutations(payload string) []codectest.Mutation {
	return append(codectest.Bytes(token(header, []byte(payload)), 1), codectest.Tokens(key(), header, []byte(payload))...)
}

// However a message was changed, it does not open, or it is read as the very same.
func TestOpenMutated(t *testing.T) {
	codectest.Hold(t, token(header, []byte(minimal)), open, mutations(minimal))
	codectest.Hold(t, token(header, []byte(minimalConfig)), openConfig, mutations(minimalConfig))
}

// Every refusal of a token looks the same: nobody who is entitled to send one needs to know more.
func TestOpenForms(t *testing.T) {
	for _, m := range codectest.Tokens(key(), header, []byte(minimal)) {
		if _, err := open(m.Body); err != signing.ErrForged {
			t.Errorf("%s: got %v, want %v", m.About, err, signing.ErrForged)
		}
	}
}

// The header's members may be in either order and spacing.
func TestOpenHeaders(t *testing.T) {
	for _, text := range []string{header, `{"alg":"RS256","typ":"JWT"}`, `{ "typ": "JWT", "alg": "RS256" }`, `{"typ":"JWT","\u0061lg":"RS256"}`} {
		if _, err := open(token(text, []byte(minimal))); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// A payload that was signed by the co-signer is read strictly: no member counts twice, and none under a name that is only like it.
func TestPayloadMutated(t *testing.T) {
	for _, c := range []struct {
		payload string
		read    codectest.Open
	}{
		{minimal, fireblocks.Read}, {minimalConfig, fireblocks.ReadConfig}, {string(codectest.Marshal(documented(t))), fireblocks.Read},
	} {
		codectest.Hold(t, []byte(c.payload), c.read, codectest.Members([]byte(c.payload)))
		for _, m := range codectest.Members([]byte(c.payload)) {
			if _, err := c.read(m.Body); err != nil && !errors.Is(err, signing.ErrUnreadable) {
				t.Errorf("%s: %v", m.About, err)
			}
		}
	}
}
