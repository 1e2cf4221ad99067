package local_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/zenvault/zenvault/shared/wire"
)

// newTokenKey makes a key that can sign access tokens.
func newTokenKey(t testing.TB, g *gateway) string {
	t.Helper()
	made, err := kms.NewFromConfig(g.World.Config).CreateKey(t.Context(), &kms.CreateKeyInput{
		KeySpec: types.KeySpecEccNistP256, KeyUsage: types.KeyUsageTypeSignVerify})
	must(t, err)
	return *made.KeyMetadata.Arn
}

func tokenKeys(handles ...string) func(*wire.Env) {
	return func(e *wire.Env) { e.TokenKey = strings.Join(handles, ",") }
}

// published are the ids of the keys that a deployment tells the world.
func published(t testing.TB, g *gateway) (ids []string) {
	t.Helper()
	var set struct{ Keys []struct{ Kid string } }
	g.want(t, 200, request{method: "GET", path: "/.well-known/jwks.json"}).decode(t, &set)
	for _, key := range set.Keys {
		ids = append(ids, key.Kid)
	}
	return ids
}

// signedBy is the key that an access token names.
func signedBy(t testing.TB, token string) string {
	t.Helper()
	head, _, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(head)
	must(t, err)
	var header struct{ Kid string }
	must(t, json.Unmarshal(text, &header))
	return header.Kid
}

// The key of access tokens changes under traffic without an error: it is published first, then signs, and the one before
// goes when its last token has expired.
func TestTokenKeyRotates(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	oldest, next := f.first.World.Env.TokenKey, newTokenKey(t, f.first)
	known := f.deploy(t, tokenKeys(oldest, next))
	signing := f.deploy(t, tokenKeys(next, oldest))
	alone := f.deploy(t, tokenKeys(next))
	clients := []*client{f.enter(t, f.first, 0), f.enter(t, f.first, 1), f.enter(t, f.first, 2)}
	step := func(name string, deployed ...*gateway) {
		t.Helper()
		if err := traffic(t, clients, 4, deployed...); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	step("before", f.first)
	old := signedBy(t, clients[0].access)
	step("publishing", f.first, known)
	if ids := published(t, known); len(ids) != 2 || ids[0] != old || signedBy(t, clients[0].access) != old {
		t.Errorf("published %v, signed by %s", ids, signedBy(t, clients[0].access))
	}
	step("published", known)
	step("taking over", known, signing)
	step("signing with the new key", signing)
	if ids := published(t, signing); len(ids) != 2 || ids[1] != old || signedBy(t, clients[0].access) != ids[0] {
		t.Errorf("published %v, signed by %s", ids, signedBy(t, clients[0].access))
	}
	f.ahead.Add(int64(11 * time.Minute)) // the last token of the old key has expired; sessions go on
	step("the old key goes", signing, alone)
	step("it is gone", alone)
	if ids := published(t, alone); len(ids) != 1 || ids[0] == old {
		t.Errorf("published %v", ids)
	}
}

// Why a new key is published before it signs: a deployment that does not know it refuses its tokens.
func TestTokenKeyMustBeKnownFirst(t *testing.T) {
	t.Parallel()
	f := newFleet(t)
	signing := f.deploy(t, tokenKeys(newTokenKey(t, f.first), f.first.World.Env.TokenKey))
	clients := []*client{f.enter(t, f.first, 0), f.enter(t, f.first, 1)}
	if err := traffic(t, clients, 4, f.first, signing); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("%v, want a refusal", err)
	}
}
