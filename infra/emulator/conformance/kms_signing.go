package conformance

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

func (c kmsCases) signing(t *testing.T) {
	t.Run("ECDSA", func(t *testing.T) {
		c.signs(t, types.KeySpecEccNistP256, types.SigningAlgorithmSpecEcdsaSha256, func(public any, digest, signature []byte) bool {
			return ecdsa.VerifyASN1(public.(*ecdsa.PublicKey), digest, signature)
		})
	})
	t.Run("PKCS1", func(t *testing.T) {
		c.signs(t, types.KeySpecRsa2048, types.SigningAlgorithmSpecRsassaPkcs1V15Sha256, func(public any, digest, signature []byte) bool {
			return rsa.VerifyPKCS1v15(public.(*rsa.PublicKey), crypto.SHA256, digest, signature) == nil
		})
	})
	t.Run("PSS", func(t *testing.T) {
		c.signs(t, types.KeySpecRsa2048, types.SigningAlgorithmSpecRsassaPssSha256, func(public any, digest, signature []byte) bool {
			exact := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
			return rsa.VerifyPSS(public.(*rsa.PublicKey), crypto.SHA256, digest, signature, exact) == nil
		})
	})
	t.Run("Ed25519", c.ed25519)
	t.Run("MessageLimits", c.messageLimits)
	t.Run("WrongAlgorithmOrKey", c.wrongAlgorithm)
}

// A signature over the message and one over its digest verify outside of KMS by the public key that it publishes, and
// inside by either; nothing else does.
func (c kmsCases) signs(t *testing.T, spec types.KeySpec, algorithm types.SigningAlgorithmSpec, outside func(public any, digest, signature []byte) bool) {
	key := c.create(t, spec, types.KeyUsageTypeSignVerify)
	public := c.publicKey(t, *key.KeyId)
	message := []byte("pay 1 to bob")
	digest := sha256.Sum256(message)
	for _, input := range []struct {
		kind types.MessageType
		data []byte
	}{{"", message}, {types.MessageTypeRaw, message}, {types.MessageTypeDigest, digest[:]}} {
		signed, err := c.client.Sign(t.Context(), &kms.SignInput{KeyId: key.KeyId, Message: input.data, MessageType: input.kind, SigningAlgorithm: algorithm})
		if err != nil {
			t.Fatalf("Sign %s: %v", input.kind, err)
		}
		if *signed.KeyId != *key.Arn || signed.SigningAlgorithm != algorithm {
			t.Errorf("got %s by %s, want %s by %s", *signed.KeyId, signed.SigningAlgorithm, *key.Arn, algorithm)
		}
		if !outside(public, digest[:], signed.Signature) {
			t.Errorf("the signature over %q input does not verify by the public key", input.kind)
		}
		verified, err := c.client.Verify(t.Context(), &kms.VerifyInput{KeyId: key.KeyId, Message: message, Signature: signed.Signature, SigningAlgorithm: algorithm})
		if err != nil || !verified.SignatureValid {
			t.Errorf("Verify: %v", err)
		}
		_, err = c.client.Verify(t.Context(), &kms.VerifyInput{KeyId: key.KeyId, Message: []byte("pay 2 to bob"), Signature: signed.Signature, SigningAlgorithm: algorithm})
		kmsCode(t, "another message", err, "KMSInvalidSignatureException")
		signed.Signature[len(signed.Signature)-1] ^= 1
		_, err = c.client.Verify(t.Context(), &kms.VerifyInput{KeyId: key.KeyId, Message: message, Signature: signed.Signature, SigningAlgorithm: algorithm})
		kmsCode(t, "a changed signature", err, "KMSInvalidSignatureException")
	}
	for _, n := range []int{20, 31, 33, 64} {
		_, err := c.client.Sign(t.Context(), &kms.SignInput{KeyId: key.KeyId, Message: kmsBytes(n), MessageType: types.MessageTypeDigest, SigningAlgorithm: algorithm})
		kmsCode(t, "a digest of another length", err, "ValidationException")
	}
}

func (c kmsCases) publicKey(t *testing.T, id string) any {
	t.Helper()
	out, err := c.client.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: &id})
	if err != nil {
		t.Fatalf("GetPublicKey: %v", err)
	}
	public, err := x509.ParsePKIXPublicKey(out.PublicKey)
	if err != nil {
		t.Fatalf("parse the public key: %v", err)
	}
	return public
}

// ED25519_SHA_512 signs messages and no digests.
func (c kmsCases) ed25519(t *testing.T) {
	key := c.create(t, types.KeySpecEccNistEdwards25519, types.KeyUsageTypeSignVerify)
	public, ok := c.publicKey(t, *key.KeyId).(ed25519.PublicKey)
	if !ok {
		t.Fatal("the public key is not an Ed25519 key")
	}
	in := kms.SignInput{KeyId: key.KeyId, Message: []byte("pay 1 to bob"), MessageType: types.MessageTypeRaw, SigningAlgorithm: types.SigningAlgorithmSpecEd25519Sha512}
	signed, err := c.client.Sign(t.Context(), &in)
	if err != nil {
		t.Fatalf("Sign: %v", err)
	}
	if !ed25519.Verify(public, in.Message, signed.Signature) {
		t.Error("the signature does not verify by the public key")
	}
	check := kms.VerifyInput{KeyId: key.KeyId, Message: in.Message, Signature: signed.Signature, SigningAlgorithm: in.SigningAlgorithm}
	if _, err := c.client.Verify(t.Context(), &check); err != nil {
		t.Errorf("Verify: %v", err)
	}
	check.Message = []byte("pay 2 to bob")
	_, err = c.client.Verify(t.Context(), &check)
	kmsCode(t, "another message", err, "KMSInvalidSignatureException")
	in.Message, in.MessageType = kmsBytes(64), types.MessageTypeDigest
	_, err = c.client.Sign(t.Context(), &in)
	kmsCode(t, "a digest", err, "ValidationException")
}

// Sign takes 1 to 4096 bytes.
func (c kmsCases) messageLimits(t *testing.T) {
	key := c.create(t, types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify)
	for n, want := range map[int]string{0: "ValidationException", 1: "", 4096: "", 4097: "ValidationException"} {
		_, err := c.client.Sign(t.Context(), &kms.SignInput{KeyId: key.KeyId, Message: kmsBytes(n), SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256})
		if want != "" {
			kmsCode(t, "Sign", err, want)
		} else if err != nil {
			t.Errorf("Sign %d bytes: %v", n, err)
		}
	}
}

// An algorithm of another key spec, a key that does not sign, and the public key of a key without one are refused.
func (c kmsCases) wrongAlgorithm(t *testing.T) {
	ec, symmetric := c.create(t, types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify), c.symmetric(t)
	_, err := c.client.Sign(t.Context(), &kms.SignInput{KeyId: ec.KeyId, Message: []byte("m"), SigningAlgorithm: types.SigningAlgorithmSpecRsassaPssSha256})
	kmsCode(t, "PSS by an EC key", err, "InvalidKeyUsageException")
	_, err = c.client.Sign(t.Context(), &kms.SignInput{KeyId: &symmetric, Message: []byte("m"), SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256})
	kmsCode(t, "signing by a symmetric key", err, "InvalidKeyUsageException")
	_, err = c.client.GenerateDataKey(t.Context(), &kms.GenerateDataKeyInput{KeyId: ec.KeyId, KeySpec: types.DataKeySpecAes256})
	kmsCode(t, "a data key by an EC key", err, "InvalidKeyUsageException")
	_, err = c.client.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: &symmetric})
	kmsCode(t, "the public key of a symmetric key", err, "UnsupportedOperationException")
	for _, usage := range []types.KeyUsageType{"", types.KeyUsageTypeGenerateVerifyMac} {
		_, err = c.client.CreateKey(t.Context(), &kms.CreateKeyInput{KeySpec: types.KeySpecEccNistP256, KeyUsage: usage})
		kmsCode(t, "a signing key of usage "+string(usage), err, "ValidationException")
	}
}

// A MAC is the same each time, verifies for its message and key, and for nothing else.
func (c kmsCases) macs(t *testing.T) {
	key := c.create(t, types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac)
	other := c.create(t, types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac)
	in := kms.GenerateMacInput{KeyId: key.KeyId, Message: []byte("token"), MacAlgorithm: types.MacAlgorithmSpecHmacSha256}
	first, err := c.client.GenerateMac(t.Context(), &in)
	if err != nil {
		t.Fatalf("GenerateMac: %v", err)
	}
	second, err := c.client.GenerateMac(t.Context(), &in)
	if err != nil || string(first.Mac) != string(second.Mac) || len(first.Mac) != 32 {
		t.Errorf("got %x and %x, %v, want the same 32 bytes", first.Mac, second.Mac, err)
	}
	verify := func(keyID *string, message string, mac []byte) error {
		_, err := c.client.VerifyMac(t.Context(), &kms.VerifyMacInput{KeyId: keyID, Message: []byte(message), Mac: mac, MacAlgorithm: in.MacAlgorithm})
		return err
	}
	if err := verify(key.KeyId, "token", first.Mac); err != nil {
		t.Errorf("VerifyMac: %v", err)
	}
	kmsCode(t, "another message", verify(key.KeyId, "Token", first.Mac), "KMSInvalidMacException")
	kmsCode(t, "another key", verify(other.KeyId, "token", first.Mac), "KMSInvalidMacException")
	kmsCode(t, "a cut MAC", verify(key.KeyId, "token", first.Mac[:31]), "KMSInvalidMacException")
	in.Message = kmsBytes(4097)
	_, err = c.client.GenerateMac(t.Context(), &in)
	kmsCode(t, "4097 bytes", err, "ValidationException")
	symmetric := c.symmetric(t)
	_, err = c.client.GenerateMac(t.Context(), &kms.GenerateMacInput{KeyId: &symmetric, Message: []byte("m"), MacAlgorithm: in.MacAlgorithm})
	kmsCode(t, "a MAC by a symmetric key", err, "InvalidKeyUsageException")
}
