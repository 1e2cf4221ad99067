package kms_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/aws/kms"
	"github.com/zenvault/zenvault/shared/fault"
)

func open(t *testing.T) kms.Keys {
	t.Helper()
	return kms.Keys{Client: sdk.NewFromConfig(vaulttest.New(t).World.Config)}
}

func create(t *testing.T, k kms.Keys, spec types.KeySpec, usage types.KeyUsageType) string {
	t.Helper()
	made, err := k.Client.CreateKey(t.Context(), &sdk.CreateKeyInput{KeySpec: spec, KeyUsage: usage})
	if err != nil {
		t.Fatal(err)
	}
	return *made.KeyMetadata.Arn
}

// A signature is r and s in 64 bytes, and verifies with the public half; often enough that short r and s occur.
func TestSign(t *testing.T) {
	k := open(t)
	key := create(t, k, types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
	public, err := k.PublicKey(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		digest := sha256.Sum256([]byte{byte(i), byte(i >> 8)})
		signature, err := k.Sign(t.Context(), key, digest[:])
		if err != nil || len(signature) != 64 {
			t.Fatalf("signature %x, %v", signature, err)
		}
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		if !ecdsa.Verify(public, digest[:], r, s) {
			t.Fatalf("signature %x does not verify", signature)
		}
	}
}

// A key of another kind is not a token key.
func TestPublicKeyRefuses(t *testing.T) {
	k := open(t)
	if public, err := k.PublicKey(t.Context(), create(t, k, types.KeySpecRsa2048, types.KeyUsageTypeSignVerify)); err == nil {
		t.Errorf("an RSA key is taken: %v", public)
	}
	if _, err := k.PublicKey(t.Context(), create(t, k, types.KeySpecSymmetricDefault, types.KeyUsageTypeEncryptDecrypt)); err == nil {
		t.Error("a symmetric key has a public half")
	}
}

// A wrapped key is 32 new bytes every time, and unwraps under its own encryption context alone.
func TestWrap(t *testing.T) {
	k := open(t)
	key := create(t, k, types.KeySpecSymmetricDefault, types.KeyUsageTypeEncryptDecrypt)
	context := map[string]string{"app": "zenvault", "stack": "a", "purpose": "master"}
	one, err := k.NewWrappedKey(t.Context(), key, context)
	if err != nil {
		t.Fatal(err)
	}
	two, err := k.NewWrappedKey(t.Context(), key, context)
	if err != nil {
		t.Fatal(err)
	}
	plainOne, errOne := k.Unwrap(t.Context(), one, context)
	plainTwo, errTwo := k.Unwrap(t.Context(), two, context)
	if errOne != nil || errTwo != nil || len(plainOne) != 32 || bytes.Equal(plainOne, plainTwo) || bytes.Contains(one, plainOne) {
		t.Errorf("unwrapped %d and %d bytes, %v, %v", len(plainOne), len(plainTwo), errOne, errTwo)
	}
	context["stack"] = "b"
	if plain, err := k.Unwrap(t.Context(), one, context); err == nil {
		t.Errorf("unwraps for another stack: %d bytes", len(plain))
	}
}

// When the key service does not answer, the client is told to retry.
func TestUnavailable(t *testing.T) {
	k := open(t)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	_, errSign := k.Sign(gone, "key", make([]byte, 32))
	_, errPublic := k.PublicKey(gone, "key")
	_, errUnwrap := k.Unwrap(gone, []byte{1}, nil)
	_, errWrap := k.NewWrappedKey(gone, "key", nil)
	for _, err := range []error{errSign, errPublic, errUnwrap, errWrap} {
		if fault.From(err).Kind != fault.Unavailable {
			t.Errorf("%v, want a fault of kind Unavailable", err)
		}
	}
}

// Only DER of two positive integers of at most 32 bytes is a signature.
func TestPlainSignature(t *testing.T) {
	tests := []struct{ der, want string }{
		{"3006020101020102", zeros(31) + "01" + zeros(31) + "02"},
		{"3006020100020102", ""},       // r is zero
		{"3006020181020102", ""},       // r is negative
		{"30060201010201", ""},         // cut
		{"300602010102010200", ""},     // data after the end
		{"3009020101020101020101", ""}, // three integers
		{"", ""}, {"0201010201", ""},
		{"3026022101" + zeros(32) + "020101", ""}, // r of 33 bytes
	}
	for _, tt := range tests {
		der, err := hex.DecodeString(tt.der)
		if err != nil {
			t.Fatal(err)
		}
		got, err := kms.PlainSignature(der)
		if hex.EncodeToString(got) != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("%s: %x, %v; want %s", tt.der, got, err, tt.want)
		}
	}
}

func zeros(n int) string { return hex.EncodeToString(make([]byte, n)) }

// FuzzPlainSignature: nothing panics, and what is read is 64 bytes.
func FuzzPlainSignature(f *testing.F) {
	f.Add([]byte{0x30, 6, 2, 1, 1, 2, 1, 2})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, der []byte) {
		if plain, err := kms.PlainSignature(der); err == nil && len(plain) != 64 {
			t.Errorf("%x gives %d bytes", der, len(plain))
		}
	})
}
