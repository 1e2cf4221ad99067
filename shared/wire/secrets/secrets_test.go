package secrets_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/keyref"
	"github.com/zenvault/zenvault/shared/secretdir"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/wire/secrets"
)

// bench is a stack with a secrets directory and a client of its KMS.
type bench struct {
	*testing.T
	*vaulttest.Vault
	dir  string
	kms  *sdk.Client
	keys secrets.Keys
}

func setUp(t *testing.T) *bench {
	t.Helper()
	b := &bench{T: t, Vault: vaulttest.New(t), dir: t.TempDir()}
	b.kms = sdk.NewFromConfig(b.World.Config)
	b.World.Env.SecretsDir = b.dir
	b.open()
	return b
}

func (b *bench) open() {
	b.Helper()
	keys, err := secrets.OpenRSA(b.World, 2048)
	b.must(err)
	b.keys = keys
}

func (b *bench) must(err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// file puts a new key in the directory.
func (b *bench) file(name string) {
	b.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	b.must(err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	b.must(err)
	b.must(os.WriteFile(filepath.Join(b.dir, name), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
}

// service makes a new key in KMS.
func (b *bench) service(spec types.KeySpec) string {
	b.Helper()
	made, err := b.kms.CreateKey(b.Context(), &sdk.CreateKeyInput{KeySpec: spec, KeyUsage: types.KeyUsageTypeSignVerify})
	b.must(err)
	return *made.KeyMetadata.Arn
}

func (b *bench) alias(name, key string) {
	b.Helper()
	_, err := b.kms.CreateAlias(b.Context(), &sdk.CreateAliasInput{AliasName: &name, TargetKeyId: &key})
	if err != nil {
		_, err = b.kms.UpdateAlias(b.Context(), &sdk.UpdateAliasInput{AliasName: &name, TargetKeyId: &key})
	}
	b.must(err)
}

func (b *bench) sign(reference string) (key signing.Key, signature []byte) {
	b.Helper()
	key, err := b.keys(b.Context(), reference)
	b.must(err)
	signature, err = key.Sign(b.Context(), []byte("message"))
	b.must(err)
	return key, signature
}

func (b *bench) fails(reference string, want error) {
	b.Helper()
	if key, err := b.keys(b.Context(), reference); !errors.Is(err, want) {
		b.Errorf("%s: got %v, %v, want %v", reference, key, err, want)
	}
}

// kmsCalls counts the calls of KMS since the last Forget.
func (b *bench) kmsCalls() (names []string) {
	for _, c := range b.AWS.Calls() {
		if name, ok := strings.CutPrefix(c.Operation, "TrentService."); ok {
			names = append(names, name)
		}
	}
	return names
}

// In both homes a key says by which reference it is found again, and is: the same one, with the same signatures, also in
// another process.
func TestReference(t *testing.T) {
	b := setUp(t)
	b.file("fireblocks")
	arn := b.service(types.KeySpecRsa2048)
	b.alias("alias/fireblocks", arn)
	for name, want := range map[string]string{
		"fireblocks": "dir:fireblocks#", "dir:fireblocks": "dir:fireblocks#",
		"kms:alias/fireblocks": "kms:" + arn, "kms:" + arn: "kms:" + arn,
	} {
		key, signature := b.sign(name)
		if reference := key.Reference(); !strings.HasPrefix(reference, want) {
			t.Errorf("%s: the reference is %s, want %s", name, reference, want)
		}
		b.open()
		again, same := b.sign(key.Reference())
		if again.Reference() != key.Reference() || !bytes.Equal(signature, same) {
			t.Errorf("%s: found again: %s", name, again.Reference())
		}
	}
}

// Who uses keys in files calls KMS for nothing, so that it needs neither rights nor network for it; who uses keys in KMS
// needs no directory.
func TestOneHomeAlone(t *testing.T) {
	b := setUp(t)
	b.file("fireblocks")
	b.AWS.Forget()
	b.open()
	b.sign("fireblocks")
	if calls := b.kmsCalls(); calls != nil {
		t.Errorf("KMS was called: %v", calls)
	}
	b.World.Env.SecretsDir = ""
	b.open()
	arn := b.service(types.KeySpecRsa2048)
	b.AWS.Forget()
	b.sign("kms:" + arn)
	b.sign("kms:" + arn)
	if calls := strings.Join(b.kmsCalls(), " "); calls != "GetPublicKey Sign Sign" {
		t.Errorf("calls: %s", calls)
	}
	if _, err := b.keys(t.Context(), "fireblocks"); err == nil || err.Error() != "there is no secrets directory: the environment variable ZENVAULT_SECRETS_DIR is not set" {
		t.Errorf("a file without a directory: %v", err)
	}
}

// An alias is looked at once a minute; where it leads then, it is another key with another reference, and the one before is
// still found by its own. While KMS can't tell, the alias leads where it did.
func TestAliasMoves(t *testing.T) {
	b := setUp(t)
	first, second := b.service(types.KeySpecRsa2048), b.service(types.KeySpecRsa2048)
	b.alias("alias/fireblocks", first)
	_, before := b.sign("kms:alias/fireblocks")
	b.alias("alias/fireblocks", second)
	b.Clock.Step(time.Minute - 1)
	if key, _ := b.sign("kms:alias/fireblocks"); key.Reference() != "kms:"+first {
		t.Errorf("within the minute: %s", key.Reference())
	}
	b.Clock.Step(1)
	b.AWS.Faults().Add(fault.Rule{Operation: "TrentService.GetPublicKey", Effect: fault.LostRequest})
	if key, _ := b.sign("kms:alias/fireblocks"); key.Reference() != "kms:"+first {
		t.Errorf("while KMS can't tell: %s", key.Reference())
	}
	b.AWS.Faults().Clear()
	if key, _ := b.sign("kms:alias/fireblocks"); key.Reference() != "kms:"+second {
		t.Errorf("after it: %s", key.Reference())
	}
	if _, again := b.sign("kms:" + first); !bytes.Equal(before, again) {
		t.Error("the key before signs differently")
	}
}

// A key in KMS that was disabled is retired, for its signatures and for who looks for it, until it is enabled again.
func TestServiceKeyRetired(t *testing.T) {
	b := setUp(t)
	arn := b.service(types.KeySpecRsa2048)
	key, _ := b.sign("kms:" + arn)
	_, err := b.kms.DisableKey(t.Context(), &sdk.DisableKeyInput{KeyId: &arn})
	b.must(err)
	if _, err := key.Sign(t.Context(), []byte("message")); !errors.Is(err, signing.ErrRetired) {
		t.Errorf("signing: %v", err)
	}
	b.fails("kms:"+arn, signing.ErrRetired)
	_, err = b.kms.EnableKey(t.Context(), &sdk.EnableKeyInput{KeyId: &arn})
	b.must(err)
	b.sign("kms:" + arn)
}

// A file that is gone is a retired key; one that breaks a rule is not. The rule is in the error.
func TestFileRetired(t *testing.T) {
	b := setUp(t)
	b.file("fireblocks")
	key, _ := b.sign("fireblocks")
	b.must(os.Chmod(filepath.Join(b.dir, "fireblocks"), 0o644))
	b.open()
	b.fails("fireblocks", secretdir.ErrMode)
	b.fails(key.Reference(), secretdir.ErrMode)
	if _, err := b.keys(t.Context(), key.Reference()); errors.Is(err, signing.ErrRetired) {
		t.Errorf("a file that breaks a rule is retired: %v", err)
	}
	b.must(os.Remove(filepath.Join(b.dir, "fireblocks")))
	b.fails("fireblocks", signing.ErrRetired)
	b.fails(key.Reference(), signing.ErrRetired)
}

// The key that signs access tokens signs nothing for a provider, whatever its kind; nor does anything that refers to no key.
func TestRefuses(t *testing.T) {
	b := setUp(t)
	keys, err := secrets.Open(b.World, keyref.P256)
	b.must(err)
	if key, err := keys(t.Context(), "kms:"+b.World.Env.TokenKey); err == nil || !strings.Contains(err.Error(), "access tokens") {
		t.Errorf("the token key: %v, %v", key, err)
	}
	for _, reference := range []string{"", "../key", "env:KEY", "kms:", "kms:" + b.service(types.KeySpecRsa3072)} {
		if key, err := b.keys(t.Context(), reference); err == nil {
			t.Errorf("%q: got %v", reference, key)
		}
	}
}

// A directory that is not there and a mode that is none stop the start; what is wrong in the directory later is logged, by
// its rule.
func TestOpen(t *testing.T) {
	b := setUp(t)
	var log strings.Builder
	b.World.Log = slog.New(slog.NewJSONHandler(&log, nil))
	for _, c := range []struct{ dir, mode, want string }{
		{b.dir, "k8s", `reading ZENVAULT_SECRETS_MODE: the secrets directory's mode is "k8s"; it can be plain or kubernetes`},
		{b.dir, "kubernetes", `opening the secrets directory: reading the secret "..data": there is no such secret`},
		{filepath.Join(b.dir, "none"), "", "opening the secrets directory: "},
	} {
		b.World.Env.SecretsDir, b.World.Env.SecretsMode = c.dir, c.mode
		if _, err := secrets.OpenRSA(b.World, 2048); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	b.World.Env.SecretsDir, b.World.Env.SecretsMode = b.dir, "plain"
	b.must(os.Symlink("/etc/hostname", filepath.Join(b.dir, ".version")))
	b.open()
	if !strings.Contains(log.String(), `"msg":"secrets directory","error":"reading the secret \".version\": it is not a regular file"`) {
		t.Errorf("log: %s", log.String())
	}
}
