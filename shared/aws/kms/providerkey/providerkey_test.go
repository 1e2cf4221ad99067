package providerkey_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"math/big"
	"strings"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/aws/kms/providerkey"
	vaultfault "github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/keyref"
)

// bench is a stack's KMS, by the way that is tested and by the SDK's client.
type bench struct {
	providerkey.Service
	Client *sdk.Client
	vault  *vaulttest.Vault
}

func open(t *testing.T) *bench {
	t.Helper()
	v := vaulttest.New(t)
	return &bench{providerkey.Service{Config: v.World.Config}, sdk.NewFromConfig(v.World.Config), v}
}

func create(t *testing.T, k *bench, spec types.KeySpec, usage types.KeyUsageType) string {
	t.Helper()
	made, err := k.Client.CreateKey(t.Context(), &sdk.CreateKeyInput{KeySpec: spec, KeyUsage: usage})
	if err != nil {
		t.Fatal(err)
	}
	return *made.KeyMetadata.Arn
}

func alias(t *testing.T, k *bench, name, key string) {
	t.Helper()
	_, err := k.Client.CreateAlias(t.Context(), &sdk.CreateAliasInput{AliasName: &name, TargetKeyId: &key})
	if err != nil {
		t.Fatal(err)
	}
}

func public(t *testing.T, k *bench, key string) any {
	t.Helper()
	out, err := k.Client.GetPublicKey(t.Context(), &sdk.GetPublicKeyInput{KeyId: &key})
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParsePKIXPublicKey(out.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// An RSA key in KMS signs by RS256, with the same bytes each time; an EC key by ES256, in 64 bytes. Each is found by its ARN
// and by an alias, and knows its ARN.
func TestProviderKey(t *testing.T) {
	k, message := open(t), []byte("message")
	sum := sha256.Sum256(message)
	for _, c := range []struct {
		spec types.KeySpec
		kind keyref.Kind
	}{
		{types.KeySpecRsa2048, keyref.RSA(2048)}, {types.KeySpecRsa3072, keyref.RSA(3072)}, {types.KeySpecEccNistP256, keyref.P256},
	} {
		arn := create(t, k, c.spec, types.KeyUsageTypeSignVerify)
		name := "alias/" + string(c.spec)
		alias(t, k, name, arn)
		var signatures [][]byte
		for _, handle := range []string{arn, name} {
			key, err := k.Find(t.Context(), handle, c.kind)
			if err != nil || key.ARN() != arn {
				t.Fatalf("%s: the key %q, %v", handle, key.ARN(), err)
			}
			signature, err := key.Sign(t.Context(), message)
			if err != nil {
				t.Fatal(err)
			}
			signatures = append(signatures, signature)
		}
		switch key := public(t, k, arn).(type) {
		case *rsa.PublicKey:
			if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signatures[0]); err != nil || !bytes.Equal(signatures[0], signatures[1]) {
				t.Errorf("%s: %v, the second signature is the same: %v", c.spec, err, bytes.Equal(signatures[0], signatures[1]))
			}
		case *ecdsa.PublicKey:
			r, s := new(big.Int).SetBytes(signatures[0][:32]), new(big.Int).SetBytes(signatures[0][32:])
			if len(signatures[0]) != 64 || !ecdsa.Verify(key, sum[:], r, s) {
				t.Errorf("%s: the signature %x does not verify", c.spec, signatures[0])
			}
		}
	}
}

// A key that was found stays itself when its alias is moved to another one.
func TestProviderKeyIsNotItsAlias(t *testing.T) {
	k, name := open(t), "alias/moving"
	first := create(t, k, types.KeySpecRsa2048, types.KeyUsageTypeSignVerify)
	second := create(t, k, types.KeySpecRsa2048, types.KeyUsageTypeSignVerify)
	alias(t, k, name, first)
	found, err := k.Find(t.Context(), name, keyref.RSA(2048))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := k.Client.UpdateAlias(t.Context(), &sdk.UpdateAliasInput{AliasName: &name, TargetKeyId: &second}); err != nil {
		t.Fatal(err)
	}
	signature, err := found.Sign(t.Context(), []byte("message"))
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("message"))
	if err := rsa.VerifyPKCS1v15(public(t, k, first).(*rsa.PublicKey), crypto.SHA256, sum[:], signature); err != nil || found.ARN() != first {
		t.Errorf("%s signs, %v", found.ARN(), err)
	}
}

// Keys of another kind, size or use are refused, and ones that are not there, disabled or about to be deleted are gone.
func TestProviderKeyRefuses(t *testing.T) {
	k := open(t)
	rsa2048 := create(t, k, types.KeySpecRsa2048, types.KeyUsageTypeSignVerify)
	disabled := create(t, k, types.KeySpecRsa2048, types.KeyUsageTypeSignVerify)
	pending := create(t, k, types.KeySpecRsa2048, types.KeyUsageTypeSignVerify)
	for name, c := range map[string]struct {
		handle string
		kind   keyref.Kind
		want   error
	}{
		"a smaller RSA key": {rsa2048, keyref.RSA(3072), providerkey.ErrUnfit},
		"a larger RSA key":  {create(t, k, types.KeySpecRsa3072, types.KeyUsageTypeSignVerify), keyref.RSA(2048), providerkey.ErrUnfit},
		"EC instead of RSA": {create(t, k, types.KeySpecEccNistP256, types.KeyUsageTypeSignVerify), keyref.RSA(2048), providerkey.ErrUnfit},
		"RSA instead of EC": {rsa2048, keyref.P256, providerkey.ErrUnfit},
		"another scheme":    {rsa2048, keyref.PSS(2048), providerkey.ErrUnfit}, // KMS draws the salt: no answer could be repeated
		"Ed25519":           {create(t, k, types.KeySpecEccNistEdwards25519, types.KeyUsageTypeSignVerify), keyref.P256, providerkey.ErrUnfit},
		"a symmetric key":   {create(t, k, types.KeySpecSymmetricDefault, types.KeyUsageTypeEncryptDecrypt), keyref.RSA(2048), providerkey.ErrUnfit},
		"an HMAC key":       {create(t, k, types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac), keyref.RSA(2048), providerkey.ErrUnfit},
		"a size of no key":  {rsa2048, keyref.RSA(1024), providerkey.ErrUnfit},
		"no kind":           {rsa2048, keyref.Kind{}, providerkey.ErrUnfit},
		"no key":            {strings.Replace(rsa2048, rsa2048[len(rsa2048)-12:], "000000000000", 1), keyref.RSA(2048), providerkey.ErrGone},
		"no alias":          {"alias/none", keyref.RSA(2048), providerkey.ErrGone},
	} {
		if key, err := k.Find(t.Context(), c.handle, c.kind); !errors.Is(err, c.want) {
			t.Errorf("%s: got %q, %v, want %v", name, key.ARN(), err, c.want)
		}
	}
	for name, c := range map[string]struct {
		arn string
		end func(arn string) error
	}{
		"disabled": {disabled, func(arn string) error {
			_, err := k.Client.DisableKey(t.Context(), &sdk.DisableKeyInput{KeyId: &arn})
			return err
		}},
		"about to be deleted": {pending, func(arn string) error {
			_, err := k.Client.ScheduleKeyDeletion(t.Context(), &sdk.ScheduleKeyDeletionInput{KeyId: &arn})
			return err
		}},
	} {
		found, err := k.Find(t.Context(), c.arn, keyref.RSA(2048))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.end(c.arn); err != nil {
			t.Fatal(err)
		}
		if _, err := found.Sign(t.Context(), []byte("message")); !errors.Is(err, providerkey.ErrGone) {
			t.Errorf("%s: signing: %v, want %v", name, err, providerkey.ErrGone)
		}
		if _, err := k.Find(t.Context(), c.arn, keyref.RSA(2048)); !errors.Is(err, providerkey.ErrGone) {
			t.Errorf("%s: finding: %v, want %v", name, err, providerkey.ErrGone)
		}
	}
}

// A key service that does not answer says nothing about the key, and is asked three times at most.
func TestUnavailable(t *testing.T) {
	k := open(t)
	arn := create(t, k, types.KeySpecRsa2048, types.KeyUsageTypeSignVerify)
	found, err := k.Find(t.Context(), arn, keyref.RSA(2048))
	if err != nil {
		t.Fatal(err)
	}
	k.vault.AWS.Faults().Add(fault.Rule{Operation: "TrentService.Sign", Effect: fault.LostRequest})
	_, errSign := found.Sign(t.Context(), []byte("message"))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, errFind := k.Find(gone, arn, keyref.RSA(2048))
	for _, err := range []error{errSign, errFind} {
		if vaultfault.From(err).Kind != vaultfault.Unavailable || errors.Is(err, providerkey.ErrGone) {
			t.Errorf("%v, want a fault of kind Unavailable", err)
		}
	}
	k.vault.AWS.Faults().Clear()
	k.vault.AWS.Faults().Add(fault.Rule{Operation: "TrentService.Sign", Count: 2, Effect: fault.LostRequest})
	if _, err := found.Sign(t.Context(), []byte("message")); err != nil {
		t.Errorf("the third try: %v", err)
	}
}
