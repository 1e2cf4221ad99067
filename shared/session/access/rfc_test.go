package access_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/session/access"
)

// publishedForger signs with the key that RFC 7515 A.3 published.
func publishedForger(t testing.TB) forger {
	t.Helper()
	for _, v := range load(t).Vectors {
		if v.ID != "rfc7515-A.3" {
			continue
		}
		raw, err := base64.RawURLEncoding.DecodeString(v.Key.D)
		if err != nil {
			t.Fatal(err)
		}
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
		if err != nil {
			t.Fatal(err)
		}
		public, err := access.NewKey(&private.PublicKey)
		if err != nil {
			t.Fatal(err)
		}
		return forger{t, localKey{private}, public}
	}
	t.Fatal("RFC 7515 A.3 is not among the vectors")
	return forger{}
}

// The signature of RFC 7515 A.3 is valid under the published key: it is the vectors' forms that are refused below, not
// their keys.
func TestPublishedSignature(t *testing.T) {
	for _, v := range load(t).Vectors {
		if v.ID != "rfc7515-A.3" {
			continue
		}
		signed, text, _ := cutLast(v.Compact)
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256([]byte(signed))
		if !ecdsa.Verify(publishedForger(t).public.Public, sum[:], new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])) {
			t.Error("it is not")
		}
	}
}

// No message of the RFCs, validly signed as it is, is an access token of ours, whatever its algorithm and serialisation,
// though the key of RFC 7515 A.3 is one of ours here.
func TestRFCMessagesAreNotOurs(t *testing.T) {
	f := publishedForger(t)
	v := access.Verifier{URL: url, Keys: access.Keys{f.public}}
	if _, err := v.Verify(f.sign(f.head(), body), now); err != nil {
		t.Fatalf("a token under the published key: %v", err)
	}
	messages := map[string]string{}
	for _, vector := range load(t).Vectors {
		if vector.Compact != "" {
			messages[vector.ID] = vector.Compact
		}
	}
	files, err := filepath.Glob("testdata/rfc7520/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var document any
		if err := json.Unmarshal(text, &document); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		gather(messages, file, document)
	}
	if len(files) != 12 || len(messages) != 37 {
		t.Errorf("%d files with %d messages were looked at", len(files), len(messages))
	}
	for name, message := range messages {
		if claims, err := v.Verify(message, now); err == nil {
			t.Errorf("%s is accepted as %+v", name, claims)
		}
	}
}

// gather finds the messages of a document: the compact ones, and those in JSON.
func gather(messages map[string]string, at string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			text, isText := member.(string)
			switch {
			case strings.HasPrefix(name, "compact") && isText:
				messages[at+"/"+name] = text
			case strings.HasPrefix(name, "json"):
				raw, _ := json.Marshal(member)
				messages[at+"/"+name] = string(raw)
			default:
				gather(messages, at+"/"+name, member)
			}
		}
	case []any:
		for _, element := range v {
			gather(messages, at, element)
		}
	}
}
