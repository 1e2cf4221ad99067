// Package codectest is what the tests of providers' codecs have in common: throw-away keys, tokens, and messages that were
// changed on their way.
package codectest

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"os"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/tenant"
)

// Workspace is one that references name.
const Workspace = "ws_eucentral1_01jdaaaaaaaaaaaaaaaaaaaaaa"

// Object is one of JSON.
type Object = map[string]any

// Key reads a throw-away key once.
func Key(file string) func() *rsa.PrivateKey {
	return sync.OnceValue(func() *rsa.PrivateKey {
		text, err := os.ReadFile(file)
		if err != nil {
			panic(err)
		}
		block, _ := pem.Decode(text)
		key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
		if err != nil {
			panic(err)
		}
		return key
	})
}

// Vector reads a test vector.
func Vector(t testing.TB, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		t.Fatal(err)
	}
}

// PublicKey reads the text of one.
func PublicKey(t testing.TB, text string) *rsa.PublicKey {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(*rsa.PublicKey)
}

// Marshal is JSON.
func Marshal(value any) []byte {
	raw, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return raw
}

// Changed is an object with changes; a nil value takes a member out.
func Changed(object, changes Object) Object {
	changed := maps.Clone(object)
	maps.Copy(changed, changes)
	maps.DeleteFunc(changed, func(_ string, v any) bool { return v == nil })
	return changed
}

// Decimal is a number.
func Decimal(text string) *amount.Decimal {
	d, err := amount.Parse(text)
	if err != nil {
		panic(err)
	}
	return &d
}

// Diff compares what was read with what should have been.
func Diff(want, got any) string {
	return cmp.Diff(want, got, cmp.AllowUnexported(amount.Decimal{}, tenant.Ref{}, tenant.ID{}))
}

// B64 is how segments of a token are written.
func B64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// Sealed puts the right signature on segments as they are, whatever they hold.
func Sealed(key *rsa.PrivateKey, segments string) string {
	signature, err := Signer{key}.Sign(context.Background(), []byte(segments))
	if err != nil {
		panic(err)
	}
	return segments + "." + B64(signature)
}

// Token is a compact JWS by RS256.
func Token(key *rsa.PrivateKey, header string, payload []byte) string {
	return Sealed(key, B64([]byte(header))+"."+B64(payload))
}

// Signer signs as RS256 does.
type Signer struct{ Key *rsa.PrivateKey }

// Sign implements signing.Signer.
func (s Signer) Sign(_ context.Context, message []byte) ([]byte, error) {
	sum := sha256.Sum256(message)
	return rsa.SignPKCS1v15(nil, s.Key, crypto.SHA256, sum[:])
}

// Steady wants what was read to hold together: written in another order and spacing it reads the same, and an amount is
// written as it was read.
func Steady(t testing.TB, raw []byte, c signing.Callback, read func([]byte) (signing.Callback, error)) {
	t.Helper()
	for _, a := range []*amount.Decimal{c.Request.Amount, c.Request.USD} {
		if a == nil {
			continue
		}
		if again, err := amount.Parse(a.String()); len(a.String()) <= amount.MaxDigits && (err != nil || again != *a) {
			t.Errorf("the amount %s does not read back", a)
		}
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal(raw, &members); err != nil {
		t.Fatalf("read what is no object: %v", err)
	}
	other, err := json.MarshalIndent(members, "", "\t")
	if err != nil {
		return
	}
	if got, err := read(other); err != nil || Diff(c, got) != "" {
		t.Errorf("in another form: %v, %s", err, Diff(c, got))
	}
}
