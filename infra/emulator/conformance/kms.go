package conformance

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/smithy-go"
)

// KMS runs the cases that need nothing but a client. They leave keys behind, scheduled for deletion at best, so the
// endpoint must be one where that does no harm.
func KMS(t *testing.T, client *kms.Client) {
	c := kmsCases{client}
	t.Run("Sealing", c.sealing)
	t.Run("Signing", c.signing)
	t.Run("Macs", c.macs)
	t.Run("References", c.references)
	t.Run("States", c.states)
	t.Run("Rotation", c.rotation)
}

type kmsCases struct{ client *kms.Client }

// create makes a key; an empty usage leaves the member out.
func (c kmsCases) create(t *testing.T, spec types.KeySpec, usage types.KeyUsageType) types.KeyMetadata {
	t.Helper()
	out, err := c.client.CreateKey(t.Context(), &kms.CreateKeyInput{KeySpec: spec, KeyUsage: usage})
	if err != nil {
		t.Fatalf("CreateKey(%s, %s): %v", spec, usage, err)
	}
	return *out.KeyMetadata
}

func (c kmsCases) symmetric(t *testing.T) string {
	t.Helper()
	return *c.create(t, types.KeySpecSymmetricDefault, "").KeyId
}

func (c kmsCases) seal(t *testing.T, keyID, plaintext string, scope map[string]string) []byte {
	t.Helper()
	out, err := c.client.Encrypt(t.Context(), &kms.EncryptInput{KeyId: &keyID, Plaintext: []byte(plaintext), EncryptionContext: scope})
	if err != nil {
		t.Fatalf("Encrypt: %v", err)
	}
	return out.CiphertextBlob
}

func (c kmsCases) open(ctx context.Context, keyID *string, sealed []byte, scope map[string]string) (string, error) {
	out, err := c.client.Decrypt(ctx, &kms.DecryptInput{KeyId: keyID, CiphertextBlob: sealed, EncryptionContext: scope})
	if err != nil {
		return "", err
	}
	return string(out.Plaintext), nil
}

func kmsAlias() string {
	var b [8]byte
	rand.Read(b[:])
	return "alias/conformance-" + hex.EncodeToString(b[:])
}

// kmsCode checks that a call was refused with the code that AWS documents for it.
func kmsCode(t *testing.T, what string, err error, want string) {
	t.Helper()
	var refused smithy.APIError
	if !errors.As(err, &refused) {
		t.Errorf("%s: got error %v, want %s", what, err, want)
	} else if refused.ErrorCode() != want {
		t.Errorf("%s: got %s (%s), want %s", what, refused.ErrorCode(), refused.ErrorMessage(), want)
	}
}

func kmsBytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = 'a'
	}
	return b
}

func kmsNumber(n int32) *int32 { return aws.Int32(n) }
