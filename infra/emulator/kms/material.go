package kms

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
)

// specification says what a KeySpec is for and how its material is made.
type specification struct {
	usage    string
	encrypts bool // AWS also has it with ENCRYPT_DECRYPT, the emulator has not
	signing  []string
	generate func() ([]byte, error)
}

var rsaSigning = []string{
	"RSASSA_PKCS1_V1_5_SHA_256", "RSASSA_PKCS1_V1_5_SHA_384", "RSASSA_PKCS1_V1_5_SHA_512",
	"RSASSA_PSS_SHA_256", "RSASSA_PSS_SHA_384", "RSASSA_PSS_SHA_512",
}

var specifications = map[string]specification{
	symmetricSpec:           {usage: encryptDecrypt, generate: randomMaterial},
	"HMAC_256":              {usage: macUsage, generate: randomMaterial},
	"ECC_NIST_P256":         {usage: signVerify, signing: []string{"ECDSA_SHA_256"}, generate: p256Material},
	"ECC_NIST_EDWARDS25519": {usage: signVerify, signing: []string{"ED25519_SHA_512", "ED25519_PH_SHA_512"}, generate: ed25519Material},
	"RSA_2048":              {usage: signVerify, encrypts: true, signing: rsaSigning, generate: rsaMaterial(2048)},
	"RSA_3072":              {usage: signVerify, encrypts: true, signing: rsaSigning, generate: rsaMaterial(3072)},
	"RSA_4096":              {usage: signVerify, encrypts: true, signing: rsaSigning, generate: rsaMaterial(4096)},
}

func randomMaterial() ([]byte, error) {
	material := make([]byte, 32)
	rand.Read(material) // never fails: crypto/rand ends the program instead
	return material, nil
}

func p256Material() ([]byte, error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return x509.MarshalPKCS8PrivateKey(private)
}

func ed25519Material() ([]byte, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return x509.MarshalPKCS8PrivateKey(private)
}

func rsaMaterial(bits int) func() ([]byte, error) {
	return func() ([]byte, error) {
		private, err := rsa.GenerateKey(rand.Reader, bits)
		if err != nil {
			return nil, err
		}
		return x509.MarshalPKCS8PrivateKey(private)
	}
}
