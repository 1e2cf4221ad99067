package keyset

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/zenvault/zenvault/shared/secret"
)

// Derive gives the newest key's 32 bytes for a purpose (one of the program's jobs) and a context (what the job is done
// for, such as a workspace).
func (r *Ring) Derive(purpose, context string) secret.Bytes {
	return derive(r.versions[0], purpose, context)
}

// DeriveWith is Derive for the key of an id, as a stored record or a token names it. It fails for an id that is not in
// the ring.
func (r *Ring) DeriveWith(id, purpose, context string) (secret.Bytes, error) {
	v, there := r.find(id)
	if !there {
		return secret.Bytes{}, fmt.Errorf("no master key of this stack has the id %q", id)
	}
	return derive(v, purpose, context), nil
}

// derive is HKDF-SHA-256 (RFC 5869). The info's parts carry their lengths, so that no two pairs of purpose and context
// are written alike. There is no salt: the master key is uniformly random already (RFC 5869 §3.1).
func derive(v version, purpose, context string) secret.Bytes {
	info := appendPart(appendPart([]byte("zenvault key v1"), purpose), context)
	key, err := hkdf.Key(sha256.New, v.key.Expose(), nil, string(info), keyLength)
	if err != nil {
		panic("keyset: " + err.Error()) // only for lengths that can't be
	}
	return secret.NewBytes(key)
}

// appendPart writes a text with its length in bytes before it.
func appendPart(to []byte, part string) []byte {
	return append(binary.BigEndian.AppendUint32(to, uint32(len(part))), part...)
}
