package kms

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes that signingAlgorithms names
	_ "crypto/sha512"
	"crypto/x509"
	"slices"
	"strings"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

const (
	maxMessage   = 4096 // bytes (AWS KMS API Reference, Sign and GenerateMac)
	maxSignature = 6144 // bytes (AWS KMS API Reference, Verify)
)

type signInput struct {
	KeyId            string
	Message          []byte
	MessageType      string
	SigningAlgorithm string
}

type signOutput struct {
	KeyId            string
	Signature        []byte
	SigningAlgorithm string
}

func (s *Service) sign(in signInput) (signOutput, error) {
	k, input, err := s.signingKey(in, "Sign")
	if err != nil {
		return signOutput{}, err
	}
	signature, err := k.private.Sign(rand.Reader, input, signerOptions(in.SigningAlgorithm))
	if err != nil {
		return signOutput{}, err
	}
	return signOutput{s.keyARN(k.ID), signature, in.SigningAlgorithm}, nil
}

type verifyInput struct {
	signInput
	Signature []byte
}

type verifyOutput struct {
	KeyId            string
	SignatureValid   bool
	SigningAlgorithm string
}

func (s *Service) verify(in verifyInput) (verifyOutput, error) {
	if err := checkLength("signature", len(in.Signature), maxSignature); err != nil {
		return verifyOutput{}, err
	}
	k, input, err := s.signingKey(in.signInput, "Verify")
	if err != nil {
		return verifyOutput{}, err
	}
	if !verified(k.private.Public(), in.SigningAlgorithm, input, in.Signature) {
		return verifyOutput{}, protocol.Refuse("KMSInvalidSignatureException", "")
	}
	return verifyOutput{s.keyARN(k.ID), true, in.SigningAlgorithm}, nil
}

// signingKey returns the key and what its primitive signs: the digest, or for plain Ed25519 the message itself.
func (s *Service) signingKey(in signInput, operation string) (*key, []byte, error) {
	if err := checkLength("message", len(in.Message), maxMessage); err != nil {
		return nil, nil, err
	}
	k, err := s.find(in.KeyId)
	if err != nil {
		return nil, nil, err
	}
	if err := s.usable(k, signVerify, operation); err != nil {
		return nil, nil, err
	}
	if !slices.Contains(specifications[k.Spec].signing, in.SigningAlgorithm) {
		return nil, nil, protocol.Refuse("InvalidKeyUsageException", "Algorithm %s is incompatible with key spec %s.", in.SigningAlgorithm, k.Spec)
	}
	input, err := signingInput(in)
	return k, input, err
}

func signingInput(in signInput) ([]byte, error) {
	raw := in.MessageType == "" || in.MessageType == "RAW"
	if !raw && in.MessageType != "DIGEST" {
		return nil, protocol.Unsupported("MessageType " + in.MessageType)
	}
	hash := algorithmHash(in.SigningAlgorithm)
	if !raw && len(in.Message) != hash.Size() {
		return nil, validation("Digest is invalid length for algorithm %s.", in.SigningAlgorithm)
	}
	switch {
	case in.SigningAlgorithm == "ED25519_SHA_512" && !raw, in.SigningAlgorithm == "ED25519_PH_SHA_512" && raw:
		return nil, validation("MessageType %s is not valid for algorithm %s.", in.MessageType, in.SigningAlgorithm)
	case in.SigningAlgorithm == "ED25519_SHA_512":
		return in.Message, nil
	case in.SigningAlgorithm == "ED25519_PH_SHA_512":
		// "KMS still performs the SHA-512 prehash: the input is hashed twice" (AWS KMS API Reference, Sign).
		return digest(hash, in.Message), nil
	case raw:
		return digest(hash, in.Message), nil
	}
	return in.Message, nil
}

func digest(hash crypto.Hash, message []byte) []byte {
	h := hash.New()
	h.Write(message)
	return h.Sum(nil)
}

func algorithmHash(algorithm string) crypto.Hash {
	switch {
	case strings.HasSuffix(algorithm, "_SHA_384"):
		return crypto.SHA384
	case strings.HasSuffix(algorithm, "_SHA_512"):
		return crypto.SHA512
	}
	return crypto.SHA256
}

func signerOptions(algorithm string) crypto.SignerOpts {
	hash := algorithmHash(algorithm)
	switch {
	case algorithm == "ED25519_SHA_512":
		return crypto.Hash(0)
	case strings.HasPrefix(algorithm, "RSASSA_PSS_"):
		return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: hash}
	}
	return hash
}

func verified(public crypto.PublicKey, algorithm string, input, signature []byte) bool {
	hash := algorithmHash(algorithm)
	switch p := public.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(p, input, signature)
	case ed25519.PublicKey:
		if algorithm == "ED25519_SHA_512" {
			hash = 0
		}
		return ed25519.VerifyWithOptions(p, input, signature, &ed25519.Options{Hash: hash}) == nil
	case *rsa.PublicKey:
		if strings.HasPrefix(algorithm, "RSASSA_PSS_") {
			return rsa.VerifyPSS(p, hash, input, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil
		}
		return rsa.VerifyPKCS1v15(p, hash, input, signature) == nil
	}
	return false
}

type publicKeyOutput struct {
	CustomerMasterKeySpec string
	KeyId                 string
	KeySpec               string
	KeyUsage              string
	PublicKey             []byte
	SigningAlgorithms     []string
}

// getPublicKey answers the DER of a SubjectPublicKeyInfo (RFC 5280 §4.1).
func (s *Service) getPublicKey(in keyReference) (publicKeyOutput, error) {
	k, err := s.find(in.KeyId)
	if err != nil {
		return publicKeyOutput{}, err
	}
	if k.Usage != signVerify {
		return publicKeyOutput{}, protocol.Refuse("UnsupportedOperationException", "%s is not an asymmetric key.", s.keyARN(k.ID))
	}
	if err := s.usable(k, signVerify, "GetPublicKey"); err != nil {
		return publicKeyOutput{}, err
	}
	der, err := x509.MarshalPKIXPublicKey(k.private.Public())
	if err != nil {
		return publicKeyOutput{}, err
	}
	return publicKeyOutput{k.Spec, s.keyARN(k.ID), k.Spec, k.Usage, der, slices.Clone(specifications[k.Spec].signing)}, nil
}
