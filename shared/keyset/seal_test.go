package keyset_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/zenvault/zenvault/shared/keyset"
	"github.com/zenvault/zenvault/shared/secret"
)

var place = keyset.Record{Table: "endpoint", Workspace: "ws_eucentral1_01jc0000000000000000000000", Record: "ep_1", Field: "secret"}

func seal(t *testing.T, ring *keyset.Ring, of keyset.Record, plain string) []byte {
	t.Helper()
	envelope, err := ring.Seal(of, secret.NewBytes([]byte(plain)))
	if err != nil {
		t.Fatalf("seal: %v", err)
	}
	return envelope
}

// What is sealed opens in its place, also when it is empty, and also after a newer key has come.
func TestSealOpens(t *testing.T) {
	for _, plain := range []string{"", "a", "whsec_canary"} {
		envelope := seal(t, open(t, first), place, plain)
		got, err := open(t, second, first).Open(place, envelope)
		if err != nil || string(got.Expose()) != plain {
			t.Errorf("opened %q, %v; want %q", got.Expose(), err, plain)
		}
		if plain != "" && bytes.Contains(envelope, []byte(plain)) && len(plain) > 4 {
			t.Error("the envelope holds the plaintext")
		}
	}
}

// The same value sealed twice gives two different envelopes.
func TestSealIsRandom(t *testing.T) {
	ring := open(t, first)
	if bytes.Equal(seal(t, ring, place, "same"), seal(t, ring, place, "same")) {
		t.Error("two envelopes are equal")
	}
}

// An envelope opens nowhere but in its place: not in another table, workspace, record or field, nor where the texts are
// the same but cut elsewhere.
func TestMovedDoesNotOpen(t *testing.T) {
	ring := open(t, first)
	envelope := seal(t, ring, place, "value")
	moved := []keyset.Record{
		{Table: "cosigner", Workspace: place.Workspace, Record: place.Record, Field: place.Field},
		{Table: place.Table, Workspace: "ws_eucentral1_01jc0000000000000000000001", Record: place.Record, Field: place.Field},
		{Table: place.Table, Workspace: place.Workspace, Record: "ep_2", Field: place.Field},
		{Table: place.Table, Workspace: place.Workspace, Record: place.Record, Field: "previous_secret"},
		{Table: place.Table, Workspace: place.Workspace, Record: "ep_1s", Field: "ecret"},
		{Table: place.Table, Workspace: place.Workspace, Record: place.Field, Field: place.Record},
		{},
	}
	for _, of := range moved {
		if _, err := ring.Open(of, envelope); err != keyset.ErrOpen {
			t.Errorf("Open(%v) = %v, want ErrOpen itself", of, err)
		}
	}
}

// Every bit of an envelope counts, every length is checked, an unknown key is not guessed at, and all failures are one
// and the same error.
func TestChangedDoesNotOpen(t *testing.T) {
	ring := open(t, first, second)
	envelope := seal(t, ring, place, "value")
	for i := range 8 * len(envelope) {
		changed := bytes.Clone(envelope)
		changed[i/8] ^= 1 << (i % 8)
		if _, err := ring.Open(place, changed); err != keyset.ErrOpen {
			t.Fatalf("with bit %d changed: %v, want ErrOpen itself", i, err)
		}
	}
	for i := range envelope {
		if _, err := ring.Open(place, envelope[:i]); err != keyset.ErrOpen {
			t.Fatalf("cut to %d bytes: %v, want ErrOpen itself", i, err)
		}
	}
	if _, err := ring.Open(place, append(bytes.Clone(envelope), 0)); err != keyset.ErrOpen {
		t.Errorf("with a byte more: %v", err)
	}
	if _, err := open(t, second).Open(place, envelope); err != keyset.ErrOpen {
		t.Errorf("without its key: %v", err)
	}
	other := seal(t, open(t, second), place, "value")
	copy(other[1:5], envelope[1:5]) // the id of a key that did not seal it
	if _, err := ring.Open(place, other); err != keyset.ErrOpen {
		t.Errorf("with another key's id: %v", err)
	}
}

// kept is an envelope of "value", made by another implementation (Python's cryptography).
const kept = "0133783e3d6465666768696a6b6c6d6e6fe950a9be1c4195659b4de27547b98073d69f84f2ac"

// An envelope is written as it is documented.
func TestEnvelopeKnownAnswer(t *testing.T) {
	got, err := open(t, first).Open(place, unhex(t, kept))
	if err != nil || string(got.Expose()) != "value" {
		t.Errorf("opened %q, %v", got.Expose(), err)
	}
}

// FuzzOpen: no bytes but those that Seal made open, and none panic.
func FuzzOpen(f *testing.F) {
	ring, err := tryOpen(first)
	if err != nil {
		f.Fatal(err)
	}
	envelope, err := hex.DecodeString(kept)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(envelope)
	f.Add(envelope[:33])
	f.Add([]byte{})
	f.Add(bytes.Repeat([]byte{1}, 40))
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := ring.Open(place, data)
		if bytes.Equal(data, envelope) != (err == nil) || err != nil && err != keyset.ErrOpen {
			t.Errorf("Open(%x) = %v", data, err)
		}
	})
}

type wycheproof struct {
	TestGroups []struct {
		IVSize, TagSize int
		Tests           []struct {
			TcID                       int
			Key, IV, AAD, Msg, CT, Tag string
			Result                     string
		}
	}
}

// The cipher in use agrees with Project Wycheproof on everything that it can be asked (96-bit nonces, 128-bit tags).
func TestWycheproof(t *testing.T) {
	data, err := os.ReadFile("testdata/wycheproof_aes_gcm_test.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors wycheproof
	if err := json.Unmarshal(data, &vectors); err != nil {
		t.Fatal(err)
	}
	ran := 0
	for _, group := range vectors.TestGroups {
		if group.IVSize != 96 || group.TagSize != 128 {
			continue
		}
		for _, v := range group.Tests {
			ran++
			sealed := unhex(t, v.IV+v.CT+v.Tag)
			got, err := keyset.NewAEAD(secret.NewBytes(unhex(t, v.Key))).Open(nil, nil, sealed, unhex(t, v.AAD))
			if valid := err == nil; valid != (v.Result == "valid") || valid && !bytes.Equal(got, unhex(t, v.Msg)) {
				t.Errorf("case %d is %s: %x, %v", v.TcID, v.Result, got, err)
			}
		}
	}
	if ran != 197 {
		t.Errorf("ran %d cases, want 197", ran)
	}
}

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	raw, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// ErrOpen says nothing of the reason.
func TestErrOpen(t *testing.T) {
	if errors.Unwrap(keyset.ErrOpen) != nil {
		t.Error("ErrOpen has a cause")
	}
}
