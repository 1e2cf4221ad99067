package secretdir_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/zenvault/zenvault/shared/keyref"
	"github.com/zenvault/zenvault/shared/secretdir"
)

var rsa2048 = keyref.RSA(2048)

// Making RSA keys is slow.
var (
	firstKey  = sync.OnceValue(func() *rsa.PrivateKey { return newRSA(2048) })
	secondKey = sync.OnceValue(func() *rsa.PrivateKey { return newRSA(2048) })
	largeKey  = sync.OnceValue(func() *rsa.PrivateKey { return newRSA(3072) })
)

func newRSA(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err)
	}
	return key
}

func newEC() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}

func versionOf(key crypto.Signer) string {
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		panic(err)
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

func block(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func pkcs8(t testing.TB, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return block("PRIVATE KEY", der)
}

func pkcs1(key *rsa.PrivateKey) []byte {
	return block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(key))
}

func sec1(t testing.TB, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return block("EC PRIVATE KEY", der)
}

// longer gives a block one byte more behind its value.
func longer(text []byte) []byte {
	b, _ := pem.Decode(text)
	return block(b.Type, append(b.Bytes, 0))
}

// A key is one private key of the kind that the provider takes, in one PEM block, with nothing around it or behind it.
func TestParse(t *testing.T) {
	good, ec := firstKey(), newEC()
	encrypted := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(good),
		Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"}})
	header := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(good),
		Headers: map[string]string{"Comment": "ours"}})
	public := block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&good.PublicKey))
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	must(t, err)
	mixed := *good
	mixed.Primes = []*big.Int{secondKey().Primes[0], secondKey().Primes[1]}
	for _, c := range []struct {
		about string
		text  []byte
		kind  keyref.Kind
		want  error
	}{
		{"RSA in PKCS #8", pkcs8(t, good), rsa2048, nil},
		{"RSA in PKCS #1", pkcs1(good), rsa2048, nil},
		{"EC in PKCS #8", pkcs8(t, ec), keyref.P256, nil},
		{"EC in SEC 1", sec1(t, ec), keyref.P256, nil},
		{"white space around it", []byte("\n\n" + string(pkcs1(good)) + " \n"), rsa2048, nil},
		{"lines that end in CR LF", bytes.ReplaceAll(pkcs1(good), []byte("\n"), []byte("\r\n")), rsa2048, nil},

		{"3072 bits for a provider of 2048", pkcs8(t, largeKey()), rsa2048, secretdir.ErrUnfit},
		{"2048 bits for a provider of 3072", pkcs8(t, good), keyref.RSA(3072), secretdir.ErrUnfit},
		{"EC for a provider of RSA", pkcs8(t, ec), rsa2048, secretdir.ErrUnfit},
		{"RSA for a provider of EC", pkcs8(t, good), keyref.P256, secretdir.ErrUnfit},
		{"RSA by another scheme", pkcs8(t, good), keyref.PSS(2048), nil},
		{"3072 bits for a provider of 2048 by another scheme", pkcs8(t, largeKey()), keyref.PSS(2048), secretdir.ErrUnfit},
		{"EC for a provider of RSA by another scheme", pkcs8(t, ec), keyref.PSS(2048), secretdir.ErrUnfit},
		{"EC on P-384", pkcs8(t, p384), keyref.P256, secretdir.ErrUnfit},
		{"no kind", pkcs8(t, good), keyref.Kind{}, secretdir.ErrUnfit},

		{"an encrypted key in PKCS #8", block("ENCRYPTED PRIVATE KEY", []byte{0x30, 0}), rsa2048, secretdir.ErrEncrypted},
		{"an encrypted key in PKCS #1", encrypted, rsa2048, secretdir.ErrEncrypted},
		{"another header", header, rsa2048, secretdir.ErrKey},
		{"two keys", append(pkcs8(t, good), pkcs8(t, secondKey())...), rsa2048, secretdir.ErrKey},
		{"a malformed block before it", append([]byte("-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----\n"), pkcs1(good)...), rsa2048, secretdir.ErrKey},
		{"the begin of a block before it", append([]byte("-----BEGIN PRIVATE KEY-----\n"), pkcs1(good)...), rsa2048, secretdir.ErrKey},
		{"text before it", append([]byte("hello\n"), pkcs1(good)...), rsa2048, secretdir.ErrKey},
		{"text after it", append(pkcs1(good), "hello"...), rsa2048, secretdir.ErrKey},
		{"a certificate after it", append(pkcs1(good), block("CERTIFICATE", []byte{0x30, 0})...), rsa2048, secretdir.ErrKey},
		{"a public key", public, rsa2048, secretdir.ErrKey},
		{"a label that lies", block("RSA PRIVATE KEY", mustBlock(pkcs8(t, good))), rsa2048, secretdir.ErrKey},
		{"bytes after PKCS #8", longer(pkcs8(t, good)), rsa2048, secretdir.ErrKey},
		{"bytes after PKCS #1", longer(pkcs1(good)), rsa2048, secretdir.ErrKey},
		{"bytes after EC in PKCS #8", longer(pkcs8(t, ec)), keyref.P256, secretdir.ErrKey},
		{"bytes after SEC 1", longer(sec1(t, ec)), keyref.P256, secretdir.ErrKey},
		{"no PEM", []byte(content), rsa2048, secretdir.ErrKey},
		{"nothing", nil, rsa2048, secretdir.ErrKey},
		{"cut short", pkcs1(good)[:500], rsa2048, secretdir.ErrKey},
	} {
		t.Run(c.about, func(t *testing.T) {
			key, err := secretdir.Parse(c.text, c.kind)
			if !errors.Is(err, c.want) || (err == nil) != (key.Version() != "") {
				t.Fatalf("got %v, want %v", err, c.want)
			}
		})
	}
}

func mustBlock(text []byte) []byte {
	b, _ := pem.Decode(text)
	return b.Bytes
}

// An RSA key signs by RS256 or PS256, as the provider asks, and an EC key by ES256, each the same bytes for the same message.
func TestSign(t *testing.T) {
	message := []byte("message")
	sum := sha256.Sum256(message)
	sign := func(text []byte, kind keyref.Kind) []byte {
		key, err := secretdir.Parse(text, kind)
		must(t, err)
		first, err := key.Sign(t.Context(), message)
		must(t, err)
		second, err := key.Sign(t.Context(), message)
		must(t, err)
		if !bytes.Equal(first, second) {
			t.Errorf("%v: two signatures of one message differ", kind)
		}
		return first
	}
	must(t, rsa.VerifyPKCS1v15(&firstKey().PublicKey, crypto.SHA256, sum[:], sign(pkcs8(t, firstKey()), rsa2048)))
	salted := sign(pkcs8(t, firstKey()), keyref.PSS(2048))
	must(t, rsa.VerifyPSS(&firstKey().PublicKey, crypto.SHA256, sum[:], salted, &rsa.PSSOptions{SaltLength: 32}))
	for range 50 { // often enough that a short r or s occurs, more likely than not
		ec := newEC()
		signature := sign(sec1(t, ec), keyref.P256)
		if len(signature) != 64 ||
			!ecdsa.Verify(&ec.PublicKey, sum[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])) {
			t.Fatalf("the signature %x does not verify", signature)
		}
	}
	if _, err := (secretdir.Key{}).Sign(t.Context(), message); err == nil {
		t.Error("no key signs")
	}
}

// Nothing prints a key, or the directory that holds one.
func TestKeyIsNotPrinted(t *testing.T) {
	path, d := open(t, secretdir.Options{})
	write(t, filepath.Join(path, "key.pem"), string(pkcs8(t, firstKey())))
	key, err := d.Key("key.pem", "", rsa2048)
	must(t, err)
	shown := fmt.Sprintf("%v %+v %#v %v %+v %#v", key, key, key, d, d, d)
	for _, number := range []*big.Int{firstKey().D, firstKey().Primes[0]} {
		if strings.Contains(shown, number.String()[:20]) || strings.Contains(shown, number.Text(16)[:16]) {
			t.Error("the key can be printed")
		}
	}
}

// FuzzParse: nothing panics; what is taken holds one block, and is a key that signs.
func FuzzParse(f *testing.F) {
	ec := newEC()
	for _, seed := range [][]byte{
		pkcs8(f, firstKey()), pkcs1(firstKey()), pkcs8(f, ec), sec1(f, ec), longer(pkcs8(f, ec)), append(sec1(f, ec), sec1(f, ec)...),
		block("ENCRYPTED PRIVATE KEY", []byte{0x30, 0}), []byte("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n"), {},
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, kind := range []keyref.Kind{rsa2048, keyref.PSS(2048), keyref.P256} {
			key, err := secretdir.Parse(text, kind)
			if err != nil {
				continue
			}
			if n := bytes.Count(text, []byte("-----BEGIN")); n != 1 || len(key.Version()) != 64 {
				t.Errorf("%d blocks give the key %q", n, key.Version())
			}
			if _, err := key.Sign(t.Context(), []byte("message")); err != nil {
				t.Errorf("a key that was taken does not sign: %v", err)
			}
		}
	})
}
