package kms

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

const (
	encryptDecrypt = "ENCRYPT_DECRYPT"
	signVerify     = "SIGN_VERIFY"
	macUsage       = "GENERATE_VERIFY_MAC"
	symmetricSpec  = "SYMMETRIC_DEFAULT"
)

// key is one key as the journal holds it. A published key is never changed, only replaced, so that it may be used
// after the lock is released.
type key struct {
	ID          string
	Spec        string
	Usage       string
	Description string
	Created     int64    // Unix milliseconds
	Disabled    bool     `json:",omitempty"`
	DeleteAt    int64    `json:",omitempty"` // Unix milliseconds; 0 while no deletion is scheduled
	Material    [][]byte // oldest first; the last one seals. Raw for symmetric and HMAC keys, else PKCS #8

	private crypto.Signer // the parsed Material of a signing key
}

// prepare parses what the journal holds in serialized form.
func (k *key) prepare() error {
	if len(k.Material) == 0 {
		return fmt.Errorf("kms key %s has no material", k.ID)
	}
	if k.Usage != signVerify {
		return nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(k.Material[0])
	if err != nil {
		return fmt.Errorf("parse the material of kms key %s: %w", k.ID, err)
	}
	signer, ok := parsed.(crypto.Signer)
	if !ok {
		return fmt.Errorf("kms key %s cannot sign", k.ID)
	}
	k.private = signer
	return nil
}

// materialID names one version of the material, as KeyMaterialId does on AWS.
func materialID(material []byte) string {
	sum := sha256.Sum256(append([]byte("zenvault emulated kms material\x00"), material...))
	return hex.EncodeToString(sum[:])
}

func (k *key) pending() bool { return k.DeleteAt != 0 }

func (k *key) gone(now time.Time) bool { return k.pending() && now.UnixMilli() >= k.DeleteAt }

func (k *key) state() string {
	switch {
	case k.pending():
		return "PendingDeletion"
	case k.Disabled:
		return "Disabled"
	}
	return "Enabled"
}

// usable refuses what the key's state, its usage and the operation do not allow.
func (s *Service) usable(k *key, usage, operation string) error {
	switch {
	case k.pending():
		return s.pendingError(k)
	case k.Disabled:
		return protocol.Refuse("DisabledException", "%s is disabled.", s.keyARN(k.ID))
	case k.Usage != usage:
		return protocol.Refuse("InvalidKeyUsageException", "%s key usage is %s which is not valid for %s.", s.keyARN(k.ID), k.Usage, operation)
	}
	return nil
}

func (s *Service) pendingError(k *key) error {
	return protocol.Refuse("KMSInvalidStateException", "%s is pending deletion.", s.keyARN(k.ID))
}

type createKeyInput struct {
	Description string
	KeySpec     string
	KeyUsage    string
}

type keyOutput struct{ KeyMetadata metadata }

func (s *Service) createKey(in createKeyInput) (keyOutput, error) {
	if in.KeySpec == "" {
		in.KeySpec = symmetricSpec
	}
	spec, ok := specifications[in.KeySpec]
	if !ok {
		return keyOutput{}, protocol.Unsupported("KeySpec " + in.KeySpec)
	}
	usage := in.KeyUsage
	if usage == "" {
		usage = encryptDecrypt
	}
	if spec.usage != usage {
		if spec.encrypts && usage == encryptDecrypt && in.KeyUsage != "" {
			return keyOutput{}, protocol.Unsupported("KeyUsage ENCRYPT_DECRYPT for KeySpec " + in.KeySpec)
		}
		return keyOutput{}, validation("KeyUsage %s is not compatible with KeySpec %s", usage, in.KeySpec)
	}
	material, err := spec.generate()
	if err != nil {
		return keyOutput{}, fmt.Errorf("generate a %s key: %w", in.KeySpec, err)
	}
	k := &key{ID: newID(), Spec: in.KeySpec, Usage: usage, Description: in.Description,
		Created: s.now().UnixMilli(), Material: [][]byte{material}}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.commit(change{Key: k}); err != nil {
		return keyOutput{}, err
	}
	return keyOutput{s.metadata(k)}, nil
}

// newID is a random UUID (RFC 9562 §5.4).
func newID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand ends the program instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

type keyReference struct{ KeyId string }

func (s *Service) describeKey(in keyReference) (keyOutput, error) {
	k, err := s.find(in.KeyId)
	if err != nil {
		return keyOutput{}, err
	}
	return keyOutput{s.metadata(k)}, nil
}

// metadata is KeyMetadata. Dates are seconds, as the JSON protocol has them.
type metadata struct {
	AWSAccountId          string
	Arn                   string
	CreationDate          float64
	CurrentKeyMaterialId  string   `json:",omitempty"`
	CustomerMasterKeySpec string   // the older name of KeySpec, which AWS still answers
	DeletionDate          *float64 `json:",omitempty"`
	Description           string
	Enabled               bool
	EncryptionAlgorithms  []string `json:",omitempty"`
	KeyId                 string
	KeyManager            string
	KeySpec               string
	KeyState              string
	KeyUsage              string
	MacAlgorithms         []string `json:",omitempty"`
	MultiRegion           bool
	Origin                string
	SigningAlgorithms     []string `json:",omitempty"`
}

func (s *Service) metadata(k *key) metadata {
	m := metadata{AWSAccountId: account, Arn: s.keyARN(k.ID), CreationDate: seconds(k.Created), CustomerMasterKeySpec: k.Spec,
		Description: k.Description, Enabled: k.state() == "Enabled", KeyId: k.ID, KeyManager: "CUSTOMER", KeySpec: k.Spec,
		KeyState: k.state(), KeyUsage: k.Usage, Origin: "AWS_KMS"}
	switch k.Usage {
	case encryptDecrypt:
		m.EncryptionAlgorithms = []string{symmetricSpec}
		m.CurrentKeyMaterialId = materialID(k.Material[len(k.Material)-1])
	case macUsage:
		m.MacAlgorithms = []string{macAlgorithm}
	case signVerify:
		m.SigningAlgorithms = slices.Clone(specifications[k.Spec].signing)
	}
	if k.pending() {
		at := seconds(k.DeleteAt)
		m.DeletionDate = &at
	}
	return m
}

func seconds(milliseconds int64) float64 { return float64(milliseconds) / 1000 }

func validation(format string, args ...any) error {
	return protocol.Refuse("ValidationException", format, args...)
}
