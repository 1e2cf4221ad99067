package conformance

import (
	"bytes"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

func (c kmsCases) sealing(t *testing.T) {
	t.Run("OpensWithTheSameContextInAnyOrder", c.opensWithTheSameContext)
	t.Run("RefusesAnotherContext", c.refusesAnotherContext)
	t.Run("RefusesAnotherKey", c.refusesAnotherKey)
	t.Run("RefusesEveryTamperedByte", c.refusesTampering)
	t.Run("PlaintextLimits", c.plaintextLimits)
	t.Run("DataKeys", c.dataKeys)
	t.Run("DataKeySizes", c.dataKeySizes)
}

// A ciphertext opens with equal pairs, and the answer names the key by its ARN.
func (c kmsCases) opensWithTheSameContext(t *testing.T) {
	key := c.create(t, types.KeySpecSymmetricDefault, types.KeyUsageTypeEncryptDecrypt)
	sealed := c.seal(t, *key.KeyId, "attack at dawn", map[string]string{"app": "zenvault", "purpose": "test", "a": ""})
	out, err := c.client.Decrypt(t.Context(), &kms.DecryptInput{CiphertextBlob: sealed,
		EncryptionContext: map[string]string{"a": "", "purpose": "test", "app": "zenvault"}})
	if err != nil {
		t.Fatalf("Decrypt: %v", err)
	}
	if got := string(out.Plaintext); got != "attack at dawn" {
		t.Errorf("got plaintext %q, want %q", got, "attack at dawn")
	}
	if *out.KeyId != *key.Arn {
		t.Errorf("got KeyId %q, want the ARN %q", *out.KeyId, *key.Arn)
	}
}

// The context is matched exactly: names, values, case, and where one ends and the next begins.
func (c kmsCases) refusesAnotherContext(t *testing.T) {
	id := c.symmetric(t)
	sealed := c.seal(t, id, "secret", map[string]string{"app": "zenvault", "ab": "c"})
	for name, scope := range map[string]map[string]string{
		"none":        nil,
		"fewer":       {"app": "zenvault"},
		"more":        {"app": "zenvault", "ab": "c", "x": "y"},
		"other value": {"app": "other", "ab": "c"},
		"other case":  {"app": "ZenVault", "ab": "c"},
		"shifted":     {"app": "zenvault", "a": "bc"},
		"swapped":     {"zenvault": "app", "ab": "c"},
	} {
		_, err := c.open(t.Context(), &id, sealed, scope)
		kmsCode(t, name, err, "InvalidCiphertextException")
	}
	bare := c.seal(t, id, "secret", nil)
	if _, err := c.open(t.Context(), nil, bare, map[string]string{}); err != nil {
		t.Errorf("an empty context is no context: %v", err)
	}
	_, err := c.open(t.Context(), nil, bare, map[string]string{"app": "zenvault"})
	kmsCode(t, "a context where none was", err, "InvalidCiphertextException")
}

// Naming a key that is not the ciphertext's is told; naming one that cannot encrypt is told as wrong usage.
func (c kmsCases) refusesAnotherKey(t *testing.T) {
	id, other := c.symmetric(t), c.symmetric(t)
	sealed := c.seal(t, id, "secret", nil)
	_, err := c.open(t.Context(), &other, sealed, nil)
	kmsCode(t, "another key", err, "IncorrectKeyException")
	mac := c.create(t, types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac)
	_, err = c.open(t.Context(), mac.KeyId, sealed, nil)
	kmsCode(t, "a MAC key", err, "InvalidKeyUsageException")
	_, err = c.client.Encrypt(t.Context(), &kms.EncryptInput{KeyId: mac.KeyId, Plaintext: []byte("x")})
	kmsCode(t, "encrypting by a MAC key", err, "InvalidKeyUsageException")
}

// No changed, cut or lengthened ciphertext opens, and all of them look alike.
func (c kmsCases) refusesTampering(t *testing.T) {
	sealed := c.seal(t, c.symmetric(t), "secret", nil)
	for i := range sealed {
		tampered := bytes.Clone(sealed)
		tampered[i] ^= 1
		_, err := c.open(t.Context(), nil, tampered, nil)
		kmsCode(t, "tampered", err, "InvalidCiphertextException")
	}
	for _, n := range []int{1, 2, len(sealed) / 2, len(sealed) - 16, len(sealed) - 1} {
		_, err := c.open(t.Context(), nil, sealed[:n], nil)
		kmsCode(t, "truncated", err, "InvalidCiphertextException")
	}
	_, err := c.open(t.Context(), nil, append(bytes.Clone(sealed), 0), nil)
	kmsCode(t, "lengthened", err, "InvalidCiphertextException")
	_, err = c.open(t.Context(), nil, []byte("no ciphertext at all"), nil)
	kmsCode(t, "invented", err, "InvalidCiphertextException")
}

// Encrypt takes 1 to 4096 bytes.
func (c kmsCases) plaintextLimits(t *testing.T) {
	id := c.symmetric(t)
	if got, err := c.open(t.Context(), &id, c.seal(t, id, string(kmsBytes(4096)), nil), nil); err != nil || len(got) != 4096 {
		t.Errorf("4096 bytes: got %d bytes, %v", len(got), err)
	}
	for _, n := range []int{0, 4097} {
		_, err := c.client.Encrypt(t.Context(), &kms.EncryptInput{KeyId: &id, Plaintext: kmsBytes(n)})
		kmsCode(t, "length", err, "ValidationException")
	}
}

// A data key's ciphertext opens to its plaintext under its context only, and no two data keys are alike.
func (c kmsCases) dataKeys(t *testing.T) {
	id, scope := c.symmetric(t), map[string]string{"stack": "test"}
	first, err := c.client.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: &id, KeySpec: types.DataKeySpecAes256, EncryptionContext: scope})
	if err != nil {
		t.Fatalf("GenerateDataKey: %v", err)
	}
	if got, err := c.open(t.Context(), &id, first.CiphertextBlob, scope); err != nil || got != string(first.Plaintext) {
		t.Errorf("the data key opens to %x, %v, want %x", got, err, first.Plaintext)
	}
	_, err = c.open(t.Context(), &id, first.CiphertextBlob, nil)
	kmsCode(t, "without context", err, "InvalidCiphertextException")
	second, err := c.client.GenerateDataKeyWithoutPlaintext(t.Context(), &kms.GenerateDataKeyWithoutPlaintextInput{KeyId: &id, KeySpec: types.DataKeySpecAes256})
	if err != nil {
		t.Fatalf("GenerateDataKeyWithoutPlaintext: %v", err)
	}
	got, err := c.open(t.Context(), nil, second.CiphertextBlob, nil)
	if err != nil || len(got) != 32 {
		t.Errorf("got %d bytes, %v, want 32", len(got), err)
	}
	if got == string(first.Plaintext) {
		t.Error("two data keys are the same")
	}
}

func (c kmsCases) dataKeySizes(t *testing.T) {
	id := c.symmetric(t)
	for _, test := range []struct {
		spec types.DataKeySpec
		size *int32
		want int // 0 when refused
	}{
		{spec: types.DataKeySpecAes256, want: 32},
		{spec: types.DataKeySpecAes128, want: 16},
		{size: kmsNumber(1), want: 1},
		{size: kmsNumber(1024), want: 1024},
		{size: kmsNumber(0)},
		{size: kmsNumber(1025)},
		{},
		{spec: types.DataKeySpecAes256, size: kmsNumber(32)},
		{spec: "AES_512"},
	} {
		out, err := c.client.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: &id, KeySpec: test.spec, NumberOfBytes: test.size})
		if test.want == 0 {
			kmsCode(t, "GenerateDataKey", err, "ValidationException")
		} else if err != nil || len(out.Plaintext) != test.want {
			t.Errorf("GenerateDataKey(%q, %d): got %v, %v, want %d bytes", test.spec, aws.ToInt32(test.size), out, err, test.want)
		}
	}
}
