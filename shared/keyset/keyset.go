// Package keyset is the master keys of a stack: unwrapped once when a process starts, checked, and never used
// themselves. Every job has its own key, derived from a master key by purpose and context. Several versions stand side
// by side: the newest seals, and what an older one sealed is opened by the id that it carries.
package keyset

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/zenvault/zenvault/shared/secret"
)

// Unwrapper decrypts a wrapped master key under the encryption context that it was wrapped with; AWS KMS does.
type Unwrapper interface {
	Unwrap(ctx context.Context, ciphertext []byte, context map[string]string) ([]byte, error)
}

// Ring holds the master keys, the newest first. It is safe for concurrent use.
type Ring struct{ versions []version }

type version struct {
	id      string // 8 hex digits
	wrapped string // WrappedID
	key     secret.Bytes
}

// Context is what a stack's master keys are wrapped with: a key of another stack, or one wrapped for another purpose,
// does not unwrap.
func Context(stack string) map[string]string {
	return map[string]string{"app": "zenvault", "stack": stack, "purpose": "master"}
}

// maxVersions bounds a ring: more than a few versions are a mistake in the settings.
const maxVersions = 8

// Open unwraps the ciphertexts (standard base64, the newest first) and checks every key. Its errors name the place in
// the list and the rule, and never hold a byte of a key.
func Open(ctx context.Context, kms Unwrapper, ciphertexts []string, stack string) (*Ring, error) {
	if len(ciphertexts) == 0 || len(ciphertexts) > maxVersions {
		return nil, fmt.Errorf("master key: 1 to %d versions are needed, there are %d", maxVersions, len(ciphertexts))
	}
	ring := &Ring{}
	for i, text := range ciphertexts {
		v, err := open(ctx, kms, text, stack)
		if err != nil {
			return nil, fmt.Errorf("master key %d of %d: %w", i+1, len(ciphertexts), err)
		}
		if _, there := ring.find(v.id); there {
			return nil, fmt.Errorf("master key %d of %d: the same key is given twice", i+1, len(ciphertexts))
		}
		ring.versions = append(ring.versions, v)
	}
	return ring, nil
}

func open(ctx context.Context, kms Unwrapper, text, stack string) (version, error) {
	ciphertext, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(ciphertext) == 0 || strings.ContainsAny(text, "\r\n") { // which a strict decoder skips
		return version{}, errors.New("the ciphertext is not base64") // the decoder's error quotes its input
	}
	key, err := kms.Unwrap(ctx, ciphertext, Context(stack))
	if err != nil {
		return version{}, fmt.Errorf("unwrapping: %w", err)
	}
	if err := check(key); err != nil {
		return version{}, err
	}
	return version{identify(key), WrappedID(ciphertext), secret.NewBytes(key)}, nil
}

// idLength is that of a key's id, in hex digits.
const idLength = 8

// identify names a key in envelopes, tokens and logs. It is one-way and says nothing that helps to find the key.
func identify(key []byte) string {
	sum := sha256.Sum256(append([]byte("zenvault master key id\x00"), key...))
	return hex.EncodeToString(sum[:])[:idLength]
}

// WrappedID names the wrapped form of a key, by which it is told apart before anybody has unwrapped it: "wk_" and the
// first 16 hex digits of its SHA-256.
func WrappedID(ciphertext []byte) string {
	sum := sha256.Sum256(ciphertext)
	return "wk_" + hex.EncodeToString(sum[:])[:16]
}

func (r *Ring) find(id string) (version, bool) {
	for _, v := range r.versions {
		if v.id == id {
			return v, true
		}
	}
	return version{}, false
}

// NewestID names the key that Derive and Seal use.
func (r *Ring) NewestID() string { return r.versions[0].id }

// IDs names all keys, the newest first. They may be logged.
func (r *Ring) IDs() []string {
	ids := make([]string, len(r.versions))
	for i, v := range r.versions {
		ids[i] = v.id
	}
	return ids
}

// WrappedIDs names the wrapped forms of all keys, in the order of IDs.
func (r *Ring) WrappedIDs() []string {
	ids := make([]string, len(r.versions))
	for i, v := range r.versions {
		ids[i] = v.wrapped
	}
	return ids
}
