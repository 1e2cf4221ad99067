package kms_test

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/infra/emulator/kms"
)

// publicKey is what GetPublicKey answers.
type publicKey struct {
	KeyId, KeySpec, KeyUsage string
	PublicKey                []byte
	SigningAlgorithms        []string
}

func getPublicKey(t *testing.T, s *kms.Service, id string) publicKey {
	t.Helper()
	out, err := s.Call(t.Context(), "GetPublicKey", []byte(`{"KeyId":"`+id+`"}`))
	if err != nil {
		t.Fatalf("GetPublicKey: %v", err)
	}
	encoded, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	var got publicKey
	if err := json.Unmarshal(encoded, &got); err != nil {
		t.Fatal(err)
	}
	return got
}

// An RSA_2048 key signs digests and messages by PKCS #1 v1.5: the same bytes for both, and each time; the public half, which
// is answered with the key's ARN also to an alias, verifies them.
func TestSignRSA(t *testing.T) {
	s := open(t, "")
	m := must(t, s, "CreateKey", fields{"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}).KeyMetadata
	must(t, s, "CreateAlias", fields{"AliasName": "alias/provider", "TargetKeyId": m.KeyId})
	half := getPublicKey(t, s, "alias/provider")
	parsed, err := x509.ParsePKIXPublicKey(half.PublicKey)
	public, isRSA := parsed.(*rsa.PublicKey)
	if err != nil || !isRSA || public.N.BitLen() != 2048 || public.E != 65537 {
		t.Fatalf("the public half is %T, %v", parsed, err)
	}
	if half.KeyId != m.Arn || half.KeySpec != "RSA_2048" || half.KeyUsage != "SIGN_VERIFY" ||
		!strings.Contains(strings.Join(half.SigningAlgorithms, " "), "RSASSA_PKCS1_V1_5_SHA_256") {
		t.Errorf("got %+v", half)
	}
	message := []byte("message")
	sum := sha256.Sum256(message)
	in := fields{"KeyId": m.Arn, "Message": sum[:], "MessageType": "DIGEST", "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}
	first := must(t, s, "Sign", in).Signature
	if err := rsa.VerifyPKCS1v15(public, crypto.SHA256, sum[:], first); err != nil {
		t.Errorf("the signature does not verify: %v", err)
	}
	again := must(t, s, "Sign", in).Signature
	raw := must(t, s, "Sign", fields{"KeyId": m.Arn, "Message": message, "MessageType": "RAW", "SigningAlgorithm": "RSASSA_PKCS1_V1_5_SHA_256"}).Signature
	if !bytes.Equal(first, again) || !bytes.Equal(first, raw) {
		t.Error("signatures of one message differ")
	}
}

// A digest of another length, an algorithm of another kind of key, and a key that is not for signing are refused.
func TestSignRSARefuses(t *testing.T) {
	s := open(t, "")
	id := must(t, s, "CreateKey", fields{"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}).KeyMetadata.KeyId
	symmetric := must(t, s, "CreateKey", fields{}).KeyMetadata.KeyId
	const pkcs1 = "RSASSA_PKCS1_V1_5_SHA_256"
	for _, c := range []struct {
		about string
		in    fields
		want  string
	}{
		{"a short digest", fields{"KeyId": id, "Message": make([]byte, 31), "MessageType": "DIGEST", "SigningAlgorithm": pkcs1}, "ValidationException"},
		{"a long digest", fields{"KeyId": id, "Message": make([]byte, 33), "MessageType": "DIGEST", "SigningAlgorithm": pkcs1}, "ValidationException"},
		{"no message", fields{"KeyId": id, "Message": []byte{}, "MessageType": "DIGEST", "SigningAlgorithm": pkcs1}, "ValidationException"},
		{"an algorithm of EC", fields{"KeyId": id, "Message": make([]byte, 32), "MessageType": "DIGEST", "SigningAlgorithm": "ECDSA_SHA_256"}, "InvalidKeyUsageException"},
		{"a symmetric key", fields{"KeyId": symmetric, "Message": make([]byte, 32), "MessageType": "DIGEST", "SigningAlgorithm": pkcs1}, "InvalidKeyUsageException"},
		{"no such key", fields{"KeyId": "alias/none", "Message": make([]byte, 32), "MessageType": "DIGEST", "SigningAlgorithm": pkcs1}, "NotFoundException"},
	} {
		t.Run(c.about, func(t *testing.T) {
			_, err := call(t, s, "Sign", c.in)
			wantRefusal(t, err, c.want)
		})
	}
	_, err := call(t, s, "GetPublicKey", fields{"KeyId": symmetric})
	wantRefusal(t, err, "UnsupportedOperationException")
}
