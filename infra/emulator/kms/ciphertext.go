package kms

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
)

// A ciphertext blob is
//
//	version (1) | key id (36) | material number (2, big endian) | nonce (12) | sealed plaintext with tag (16)
//
// Everything before the nonce, followed by the encryption context, is the associated data of AES-256-GCM: a blob opens
// under the key, the material and the context that it was made with, and under no other.
const (
	blobVersion = 1
	idSize      = 36
	headerSize  = 1 + idSize + 2
	nonceSize   = 12
	tagSize     = 16
	maxBlobSize = 6144 // bytes (AWS KMS API Reference, Decrypt)
)

// errBlob is the one reason why a blob does not open: what exactly is wrong with it is not told.
var errBlob = errors.New("the blob does not open")

// blob is a parsed ciphertext.
type blob struct {
	keyID    string
	material int
	header   []byte
	nonce    []byte
	sealed   []byte
}

func parseBlob(raw []byte) (blob, error) {
	if len(raw) < headerSize+nonceSize+tagSize || raw[0] != blobVersion {
		return blob{}, errBlob
	}
	return blob{
		keyID:    string(raw[1 : 1+idSize]),
		material: int(binary.BigEndian.Uint16(raw[1+idSize:])),
		header:   raw[:headerSize:headerSize],
		nonce:    raw[headerSize : headerSize+nonceSize],
		sealed:   raw[headerSize+nonceSize:],
	}, nil
}

// seal encrypts under the newest material.
func (k *key) seal(plaintext []byte, context map[string]string) ([]byte, error) {
	newest := len(k.Material) - 1
	header := append(make([]byte, 0, headerSize), blobVersion)
	header = append(header, k.ID...)
	header = binary.BigEndian.AppendUint16(header, uint16(newest))
	gcm, err := newGCM(k.Material[newest])
	if err != nil {
		return nil, err
	}
	return gcm.Seal(slices.Clone(header), nil, plaintext, appendContext(header, context)), nil
}

// open decrypts under the material that the blob names. The key is already known to be the blob's.
func (k *key) open(b blob, context map[string]string) ([]byte, error) {
	if b.keyID != k.ID || b.material >= len(k.Material) {
		return nil, errBlob
	}
	gcm, err := newGCM(k.Material[b.material])
	if err != nil {
		return nil, err
	}
	plaintext, err := gcm.Open(nil, nil, slices.Concat(b.nonce, b.sealed), appendContext(b.header, context))
	if err != nil {
		return nil, errBlob
	}
	return plaintext, nil
}

func newGCM(material []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(material)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// appendContext adds the pairs in the order of their names, each length before its text, so that neither the order of
// a request nor where one text ends and the next begins makes two contexts look alike.
func appendContext(header []byte, context map[string]string) []byte {
	data := slices.Clone(header)
	for _, name := range slices.Sorted(maps.Keys(context)) {
		for _, text := range []string{name, context[name]} {
			data = binary.BigEndian.AppendUint32(data, uint32(len(text)))
			data = append(data, text...)
		}
	}
	return data
}
