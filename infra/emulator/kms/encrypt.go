package kms

import (
	"crypto/rand"
	"errors"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

const (
	maxPlaintext = 4096 // bytes (AWS KMS API Reference, Encrypt)
	maxDataKey   = 1024 // bytes (AWS KMS API Reference, GenerateDataKey)
)

type encryptInput struct {
	EncryptionAlgorithm string
	EncryptionContext   map[string]string
	KeyId               string
	Plaintext           []byte
}

type encryptOutput struct {
	CiphertextBlob      []byte
	EncryptionAlgorithm string
	KeyId               string
}

func (s *Service) encrypt(in encryptInput) (encryptOutput, error) {
	if err := checkLength("plaintext", len(in.Plaintext), maxPlaintext); err != nil {
		return encryptOutput{}, err
	}
	k, err := s.find(in.KeyId)
	if err != nil {
		return encryptOutput{}, err
	}
	if err := s.usableFor(k, in.EncryptionAlgorithm, "Encrypt"); err != nil {
		return encryptOutput{}, err
	}
	sealed, err := k.seal(in.Plaintext, in.EncryptionContext)
	if err != nil {
		return encryptOutput{}, err
	}
	return encryptOutput{sealed, symmetricSpec, s.keyARN(k.ID)}, nil
}

// usableFor is usable for symmetric encryption by the algorithm that a request may name.
func (s *Service) usableFor(k *key, algorithm, operation string) error {
	if err := s.usable(k, encryptDecrypt, operation); err != nil {
		return err
	}
	if algorithm != "" && algorithm != symmetricSpec {
		return protocol.Refuse("InvalidKeyUsageException", "Algorithm %s is incompatible with key spec %s.", algorithm, k.Spec)
	}
	return nil
}

type decryptInput struct {
	CiphertextBlob      []byte
	EncryptionAlgorithm string
	EncryptionContext   map[string]string
	KeyId               string
}

type decryptOutput struct {
	EncryptionAlgorithm string
	KeyId               string
	KeyMaterialId       string
	Plaintext           []byte
}

// decrypt tells a caller who names a key that the blob is another key's; every other defect of a blob is the same
// InvalidCiphertextException.
func (s *Service) decrypt(in decryptInput) (decryptOutput, error) {
	if err := checkLength("ciphertextBlob", len(in.CiphertextBlob), maxBlobSize); err != nil {
		return decryptOutput{}, err
	}
	b, k, err := s.blobKey(in)
	if err != nil {
		return decryptOutput{}, err
	}
	if err := s.usableFor(k, in.EncryptionAlgorithm, "Decrypt"); err != nil {
		return decryptOutput{}, err
	}
	plaintext, err := k.open(b, in.EncryptionContext)
	if errors.Is(err, errBlob) {
		return decryptOutput{}, protocol.Refuse("InvalidCiphertextException", "")
	}
	if err != nil {
		return decryptOutput{}, err
	}
	return decryptOutput{symmetricSpec, s.keyARN(k.ID), materialID(k.Material[b.material]), plaintext}, nil
}

// blobKey returns the parsed blob and the key to open it with.
func (s *Service) blobKey(in decryptInput) (blob, *key, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var named *key
	if in.KeyId != "" {
		k, err := s.resolve(in.KeyId)
		if err != nil {
			return blob{}, nil, err
		}
		if err := s.usableFor(k, in.EncryptionAlgorithm, "Decrypt"); err != nil {
			return blob{}, nil, err
		}
		named = k
	}
	b, err := parseBlob(in.CiphertextBlob)
	if err != nil {
		return blob{}, nil, protocol.Refuse("InvalidCiphertextException", "")
	}
	k, ok := s.keys[b.keyID]
	if !ok || k.gone(s.now()) {
		return blob{}, nil, protocol.Refuse("InvalidCiphertextException", "")
	}
	if named != nil && named.ID != k.ID {
		return blob{}, nil, protocol.Refuse("IncorrectKeyException", "The key ID in the request does not identify a CMK that can perform this operation.")
	}
	return b, k, nil
}

type dataKeyInput struct {
	EncryptionContext map[string]string
	KeyId             string
	KeySpec           string
	NumberOfBytes     *int
}

type sealedDataKeyOutput struct {
	CiphertextBlob []byte
	KeyId          string
	KeyMaterialId  string
}

type dataKeyOutput struct {
	sealedDataKeyOutput
	Plaintext []byte
}

func (s *Service) generateDataKey(in dataKeyInput) (dataKeyOutput, error) {
	return s.dataKey(in, "GenerateDataKey")
}

func (s *Service) generateDataKeyWithoutPlaintext(in dataKeyInput) (sealedDataKeyOutput, error) {
	out, err := s.dataKey(in, "GenerateDataKeyWithoutPlaintext")
	return out.sealedDataKeyOutput, err
}

func (s *Service) dataKey(in dataKeyInput, operation string) (dataKeyOutput, error) {
	size, err := dataKeySize(in)
	if err != nil {
		return dataKeyOutput{}, err
	}
	k, err := s.find(in.KeyId)
	if err != nil {
		return dataKeyOutput{}, err
	}
	if err := s.usable(k, encryptDecrypt, operation); err != nil {
		return dataKeyOutput{}, err
	}
	plaintext := make([]byte, size)
	rand.Read(plaintext) // never fails: crypto/rand ends the program instead
	sealed, err := k.seal(plaintext, in.EncryptionContext)
	if err != nil {
		return dataKeyOutput{}, err
	}
	newest := materialID(k.Material[len(k.Material)-1])
	return dataKeyOutput{sealedDataKeyOutput{sealed, s.keyARN(k.ID), newest}, plaintext}, nil
}

func dataKeySize(in dataKeyInput) (int, error) {
	switch {
	case (in.KeySpec == "") == (in.NumberOfBytes == nil):
		return 0, validation("Please specify either number of bytes or key spec.")
	case in.NumberOfBytes != nil:
		return *in.NumberOfBytes, checkLength("numberOfBytes", *in.NumberOfBytes, maxDataKey)
	case in.KeySpec == "AES_256":
		return 32, nil
	case in.KeySpec == "AES_128":
		return 16, nil
	}
	return 0, validation("Value '%s' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set: [AES_256, AES_128]", in.KeySpec)
}

// checkLength refuses what is empty or longer than AWS takes.
func checkLength(member string, length, limit int) error {
	if length < 1 || length > limit {
		return validation("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length between 1 and %d", member, limit)
	}
	return nil
}
