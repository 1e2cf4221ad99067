package webhook_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/webhook"
)

type vector struct {
	Name      string `json:"name"`
	Secret    string `json:"secret"`
	ID        string `json:"webhook_id"`
	Timestamp int64  `json:"webhook_timestamp"`
	Body      []byte `json:"body_b64"`
	Signature string `json:"signature"`
}

func vectors(t *testing.T) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/v1-sign.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

func decode(t *testing.T, text string) secret.Bytes {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(text, "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	return secret.NewBytes(raw)
}

// The published and derived vectors come out to the byte.
func TestSignatures(t *testing.T) {
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			header := webhook.Sign(v.ID, time.Unix(v.Timestamp, 0), v.Body, decode(t, v.Secret))
			if got := header.Get("webhook-signature"); got != v.Signature {
				t.Errorf("signature: got %s, want %s", got, v.Signature)
			}
			if got, want := header.Get("webhook-timestamp"), fmt.Sprint(v.Timestamp); got != want {
				t.Errorf("timestamp: got %s, want %s", got, want)
			}
		})
	}
}

// While a secret is being replaced, a receiver with either one verifies with the reference library; one with neither
// does not.
func TestRotationVerifiesWithBoth(t *testing.T) {
	newer, older, other := webhook.NewSecret(rand.Reader), webhook.NewSecret(rand.Reader), webhook.NewSecret(rand.Reader)
	body := []byte(`{"type":"decision.approved"}`)
	header := webhook.Sign("evt_1", time.Now(), body, newer, older)
	for _, c := range []struct {
		name string
		key  secret.Bytes
		ok   bool
	}{{"newer", newer, true}, {"older", older, true}, {"other", other, false}} {
		reference, err := standardwebhooks.NewWebhook(webhook.Text(c.key).Expose())
		if err != nil {
			t.Fatal(err)
		}
		if err := reference.Verify(body, header); (err == nil) != c.ok {
			t.Errorf("%s: got error %v, want ok %t", c.name, err, c.ok)
		}
	}
	if got := strings.Count(header.Get("webhook-signature"), "v1,"); got != 2 {
		t.Errorf("signatures: got %d, want 2", got)
	}
}

// A secret is 32 bytes, reads back, and differs from the next one.
func TestSecrets(t *testing.T) {
	one, two := webhook.NewSecret(rand.Reader), webhook.NewSecret(rand.Reader)
	if cmp.Equal(one.Expose(), two.Expose()) {
		t.Error("two secrets are the same")
	}
	text := webhook.Text(one)
	if got := len(text.Expose()); got != len("whsec_")+44 {
		t.Errorf("length: got %d, want 50", got)
	}
	if diff := cmp.Diff(one.Expose(), decode(t, text.Expose()).Expose()); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
}
