package keyset_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/keyset"
)

// Two keys that are like random ones.
const (
	first  = "9f3c1a77e0b24d5586c1f20b3d94ae6712c8f05b7a6ee39d40b18f2c65d7093e"
	second = "04d1b8e6337fca920a5be74416f9c08d2b6753ee91ac4d10f8325c7be9a6d41f"
)

// plainKMS takes the ciphertext for the key, if the encryption context is the right one.
type plainKMS struct{}

func (plainKMS) Unwrap(_ context.Context, ciphertext []byte, context map[string]string) ([]byte, error) {
	want := map[string]string{"app": "zenvault", "stack": "test", "purpose": "master"}
	if diff := cmp.Diff(want, context); diff != "" {
		return nil, errors.New("encryption context: " + diff)
	}
	return ciphertext, nil
}

func open(t *testing.T, keys ...string) *keyset.Ring {
	t.Helper()
	ring, err := tryOpen(keys...)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	return ring
}

func tryOpen(keys ...string) (*keyset.Ring, error) {
	var wrapped []string
	for _, key := range keys {
		raw, err := hex.DecodeString(key)
		if err != nil {
			return nil, err
		}
		wrapped = append(wrapped, base64.StdEncoding.EncodeToString(raw))
	}
	return keyset.Open(context.Background(), plainKMS{}, wrapped, "test")
}

// A key's id is one-way and always the same, and the newest key is the first of the list.
func TestIDs(t *testing.T) {
	ring := open(t, first, second)
	if diff := cmp.Diff("33783e3d", ring.NewestID()); diff != "" {
		t.Errorf("newest id (-want +got):\n%s", diff)
	}
	if got := ring.IDs(); len(got) != 2 || got[0] != "33783e3d" || got[1] == got[0] {
		t.Errorf("ids = %v", got)
	}
	want := []string{"wk_679ce53c75b70d02", "wk_81156b956d51b86a"} // of the test's wrapped forms, by sha256sum
	if diff := cmp.Diff(want, ring.WrappedIDs()); diff != "" {
		t.Errorf("wrapped ids (-want +got):\n%s", diff)
	}
}

// A master key that is not 32 random bytes stops the start, with an error that names the rule and no byte of the key.
func TestOpenRefuses(t *testing.T) {
	sequence := func(from, step, length int) string {
		raw := make([]byte, length)
		for i := range raw {
			raw[i] = byte(from + i*step)
		}
		return hex.EncodeToString(raw)
	}
	tests := []struct {
		name, key, want string
	}{
		{"empty", "", "the ciphertext is not base64"},
		{"31 bytes", first[:62], "the key has 31 bytes, not 32"},
		{"33 bytes", first + "11", "the key has 33 bytes, not 32"},
		{"all zero", sequence(0, 0, 32), "the key is a plain sequence, as keys of tests are"},
		{"all ff", sequence(255, 0, 32), "the key is a plain sequence, as keys of tests are"},
		{"00 to 1f", sequence(0, 1, 32), "the key is a plain sequence, as keys of tests are"},
		{"01 to 20", sequence(1, 1, 32), "the key is a plain sequence, as keys of tests are"},
		{"1f to 00", sequence(31, -1, 32), "the key is a plain sequence, as keys of tests are"},
		{"two halves", first[:32] + first[:32], "the key repeats itself"},
		{"dead beef", strings.Repeat("deadbeef", 8), "the key repeats itself"},
		{"period of 5", strings.Repeat("0badc0ffee", 6) + "0bad", "the key repeats itself"},
		{"text", hex.EncodeToString([]byte("correct horse battery staple 123")), "the key is text, not random bytes"},
		{"one", strings.Repeat("00", 31) + "01", "the key has too few different bytes to be random"},
		{"up and down", "0102030405060708090a0b0c0d0e0f0f0f0e0d0c0b0a09080706050403020101", "the key has too few different bytes to be random"},
		{"NIST SP 800-38A", "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "the key is a published test key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tryOpen(tt.key)
			if err == nil {
				t.Fatal("opened")
			}
			if diff := cmp.Diff("master key 1 of 1: "+tt.want, err.Error()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
}

// The list itself is checked: not empty, not endless, no key twice, strict base64.
func TestOpenRefusesLists(t *testing.T) {
	tests := []struct {
		name       string
		ciphertext []string
		want       string
	}{
		{"none", nil, "master key: 1 to 8 versions are needed, there are 0"},
		{"nine", make([]string, 9), "master key: 1 to 8 versions are needed, there are 9"},
		{"twice", []string{encode(first), encode(first)}, "master key 2 of 2: the same key is given twice"},
		{"not base64", []string{"SECRET!" + encode(first)}, "master key 1 of 1: the ciphertext is not base64"},
		{"a line break", []string{encode(first)[:20] + "\n" + encode(first)[20:]}, "master key 1 of 1: the ciphertext is not base64"},
		{"blanks", []string{" " + encode(first)}, "master key 1 of 1: the ciphertext is not base64"},
		{"bits after the end", []string{encode(first)[:42] + "/="}, "master key 1 of 1: the ciphertext is not base64"},
		{"base64url", []string{strings.ReplaceAll(encode("fbff"+first), "+", "-")}, "master key 1 of 1: the ciphertext is not base64"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := keyset.Open(context.Background(), plainKMS{}, tt.ciphertext, "test")
			if err == nil || err.Error() != tt.want {
				t.Errorf("error = %v, want %s", err, tt.want)
			}
		})
	}
}

func encode(key string) string {
	raw, err := hex.DecodeString(key)
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(raw)
}

// Derivation is HKDF-SHA-256 as another implementation computes it (Python's hmac, by RFC 5869).
func TestDeriveKnownAnswer(t *testing.T) {
	tests := []struct{ purpose, context, want string }{
		{"seal", "ws_eucentral1_01jc0000000000000000000000", "e018dfdfd2937c6d6bfed54ee66d3e368120821970ad4048a40a0c434f4efb85"},
		{"a", "bc", "8b9417cf4e60e25cea5af159400760c44a8c2a48e97f78d1a9536c8dc65caa4d"},
	}
	for _, tt := range tests {
		got := hex.EncodeToString(open(t, first).Derive(tt.purpose, tt.context).Expose())
		if got != tt.want {
			t.Errorf("Derive(%q, %q) = %s, want %s", tt.purpose, tt.context, got, tt.want)
		}
	}
}

// Purpose, context and version each make another key; where one text ends and the next begins matters.
func TestDeriveSeparates(t *testing.T) {
	ring := open(t, first, second)
	old, err := ring.DeriveWith(ring.IDs()[1], "a", "bc")
	if err != nil {
		t.Fatal(err)
	}
	keys := [][]byte{
		ring.Derive("a", "bc").Expose(), ring.Derive("ab", "c").Expose(), ring.Derive("a", "bd").Expose(),
		ring.Derive("b", "bc").Expose(), old.Expose(),
	}
	for i := range keys {
		for j := range i {
			if bytes.Equal(keys[i], keys[j]) {
				t.Errorf("keys %d and %d are equal", i, j)
			}
		}
	}
	if _, err := ring.DeriveWith("00000000", "a", "bc"); err == nil {
		t.Error("an unknown id derives a key")
	}
}

// panicked is what a panic with a value says.
func panicked(value any) (text string) {
	defer func() { text = fmt.Sprint(recover()) + string(debug.Stack()) }()
	panic(value)
}

// Nothing that prints a ring prints a key.
func TestRingIsNotPrinted(t *testing.T) {
	ring := open(t, first)
	raw, _ := hex.DecodeString(first)
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("ring", "pointer", ring, "value", *ring)
	slog.New(slog.NewTextHandler(&log, nil)).Info("ring", "pointer", ring, "value", *ring)
	asJSON, err := json.Marshal(map[string]any{"ring": ring})
	if err != nil {
		t.Fatal(err)
	}
	printed := map[string]string{"slog": log.String(), "json": string(asJSON), "panic": panicked(ring)}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		printed[format] = fmt.Sprintf(format, ring) + fmt.Sprintf(format, *ring)
	}
	for format, text := range printed {
		for _, leak := range []string{first[:16], string(raw[:8]), fmt.Sprint(raw[:4])[1:10]} {
			if strings.Contains(text, leak) {
				t.Errorf("%s prints %q", format, leak)
			}
		}
	}
}
