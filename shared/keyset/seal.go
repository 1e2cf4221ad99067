package keyset

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/zenvault/zenvault/shared/secret"
)

// Record is the one place where a sealed value belongs. Moved to another, it does not open.
type Record struct {
	Table     string // the domain, such as "endpoint"
	Workspace string // whose it is; "" for what is no workspace's
	Record    string // the object's id
	Field     string
}

// ErrOpen is all that is said of a value that does not open, whatever the reason.
var ErrOpen = errors.New("keyset: the sealed value does not open")

// An envelope is: version (1 byte), the master key's id (4), nonce (12), ciphertext, tag (16). Version and id are
// authenticated with the record.
const (
	envelopeVersion = 1
	headerLength    = 1 + idLength/2
	overhead        = 12 + 16
	sealPurpose     = "seal"
)

// Seal encrypts a value for its place with AES-256-GCM, under a key of its workspace and a random nonce.
func (r *Ring) Seal(of Record, plain secret.Bytes) ([]byte, error) {
	newest := r.versions[0]
	id, err := hex.DecodeString(newest.id)
	if err != nil {
		return nil, fmt.Errorf("sealing: %w", err)
	}
	header := append([]byte{envelopeVersion}, id...)
	sealed := aead(newest, of.Workspace).Seal(nil, nil, plain.Expose(), of.associated(header))
	return append(header, sealed...), nil
}

// Open decrypts what Seal made for the same place. The key is chosen by its id alone, never by trial. It fails with
// ErrOpen.
func (r *Ring) Open(of Record, envelope []byte) (secret.Bytes, error) {
	id, ok := SealedBy(envelope)
	v, there := r.find(id)
	if !ok || !there {
		return secret.Bytes{}, ErrOpen
	}
	header, sealed := envelope[:headerLength], envelope[headerLength:]
	plain, err := aead(v, of.Workspace).Open(nil, nil, sealed, of.associated(header))
	if err != nil {
		return secret.Bytes{}, ErrOpen
	}
	return secret.NewBytes(plain), nil
}

// SealedBy names the master key that sealed an envelope, in the ring or not; false if these bytes are no envelope.
func SealedBy(envelope []byte) (keyID string, ok bool) {
	if len(envelope) < headerLength+overhead || envelope[0] != envelopeVersion {
		return "", false
	}
	return hex.EncodeToString(envelope[1:headerLength]), true
}

// Reseal seals what an envelope holds under the newest key, for the same place. It fails with ErrOpen.
func (r *Ring) Reseal(of Record, envelope []byte) ([]byte, error) {
	plain, err := r.Open(of, envelope)
	if err != nil {
		return nil, err
	}
	return r.Seal(of, plain)
}

// aead writes the nonce before the ciphertext and reads it from there.
func aead(v version, workspace string) cipher.AEAD {
	return newAEAD(derive(v, sealPurpose, workspace))
}

func newAEAD(key secret.Bytes) cipher.AEAD {
	block, err := aes.NewCipher(key.Expose())
	if err != nil {
		panic("keyset: " + err.Error()) // only for lengths that can't be
	}
	sealer, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("keyset: " + err.Error())
	}
	return sealer
}

func (of Record) associated(header []byte) []byte {
	data := append([]byte{}, header...)
	for _, part := range []string{of.Table, of.Workspace, of.Record, of.Field} {
		data = appendPart(data, part)
	}
	return data
}
