package kms_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/zenvault/zenvault/infra/emulator/kms"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

type fields map[string]any

func open(t testing.TB, dir string) *kms.Service {
	t.Helper()
	s, err := kms.Open(kms.Options{Dir: dir, Region: "eu-central-1"})
	if err != nil {
		t.Fatalf("open kms: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// answer is what the tests look at in any operation's answer.
type answer struct {
	CiphertextBlob []byte
	Plaintext      []byte
	Signature      []byte
	Mac            []byte
	KeyMaterialId  string
	KeyMetadata    struct{ Arn, KeyId, KeyState, CurrentKeyMaterialId string }
}

func call(t testing.TB, s *kms.Service, operation string, in fields) (answer, error) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatalf("encode the request: %v", err)
	}
	out, err := s.Call(t.Context(), operation, body)
	if err != nil {
		return answer{}, err
	}
	encoded, err := json.Marshal(out)
	if err != nil {
		t.Fatalf("encode the answer: %v", err)
	}
	var a answer
	if err := json.Unmarshal(encoded, &a); err != nil {
		t.Fatalf("decode the answer: %v", err)
	}
	return a, nil
}

func must(t testing.TB, s *kms.Service, operation string, in fields) answer {
	t.Helper()
	a, err := call(t, s, operation, in)
	if err != nil {
		t.Fatalf("%s(%v): %v", operation, in, err)
	}
	return a
}

func wantRefusal(t testing.TB, err error, kind string) {
	t.Helper()
	var refused *protocol.Error
	if !errors.As(err, &refused) || refused.Type != kind {
		t.Errorf("got %v, want %s", err, kind)
	}
}

// Everything that was answered is there after a crash, which leaves behind the files as they are at that moment.
func TestStateSurvivesACrash(t *testing.T) {
	dir, crashed := t.TempDir(), t.TempDir()
	s := open(t, dir)
	create := func(spec, usage string) string {
		return must(t, s, "CreateKey", fields{"KeySpec": spec, "KeyUsage": usage}).KeyMetadata.KeyId
	}
	symmetric, hmac := create("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), create("HMAC_256", "GENERATE_VERIFY_MAC")
	disabled, pending := create("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT"), create("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
	must(t, s, "CreateAlias", fields{"AliasName": "alias/master", "TargetKeyId": disabled})
	must(t, s, "UpdateAlias", fields{"AliasName": "alias/master", "TargetKeyId": symmetric})
	before := must(t, s, "Encrypt", fields{"KeyId": symmetric, "Plaintext": []byte("old")})
	must(t, s, "RotateKeyOnDemand", fields{"KeyId": symmetric})
	after := must(t, s, "Encrypt", fields{"KeyId": "alias/master", "Plaintext": []byte("new")})
	mac := must(t, s, "GenerateMac", fields{"KeyId": hmac, "Message": []byte("m"), "MacAlgorithm": "HMAC_SHA_256"})
	must(t, s, "DisableKey", fields{"KeyId": disabled})
	must(t, s, "ScheduleKeyDeletion", fields{"KeyId": pending})
	signatures := map[string]fields{}
	for spec, algorithm := range map[string]string{"ECC_NIST_P256": "ECDSA_SHA_256", "RSA_2048": "RSASSA_PSS_SHA_256", "ECC_NIST_EDWARDS25519": "ED25519_SHA_512"} {
		in := fields{"KeyId": create(spec, "SIGN_VERIFY"), "Message": []byte("m"), "SigningAlgorithm": algorithm}
		signature := must(t, s, "Sign", in).Signature
		in["Signature"] = signature
		signatures[spec] = in
	}
	if err := os.CopyFS(crashed, os.DirFS(dir)); err != nil {
		t.Fatalf("copy the state: %v", err)
	}

	again := open(t, crashed)
	for blob, want := range map[string]string{string(before.CiphertextBlob): "old", string(after.CiphertextBlob): "new"} {
		if got := must(t, again, "Decrypt", fields{"KeyId": "alias/master", "CiphertextBlob": []byte(blob)}); string(got.Plaintext) != want {
			t.Errorf("got plaintext %q, want %q", got.Plaintext, want)
		}
	}
	must(t, again, "VerifyMac", fields{"KeyId": hmac, "Message": []byte("m"), "MacAlgorithm": "HMAC_SHA_256", "Mac": mac.Mac})
	for spec, in := range signatures {
		if _, err := call(t, again, "Verify", in); err != nil {
			t.Errorf("%s: %v", spec, err)
		}
	}
	for id, want := range map[string]string{symmetric: "Enabled", disabled: "Disabled", pending: "PendingDeletion"} {
		if got := must(t, again, "DescribeKey", fields{"KeyId": id}).KeyMetadata.KeyState; got != want {
			t.Errorf("got state %s, want %s", got, want)
		}
	}
}

// What the emulator lacks is refused by name: operations, members, key specs and usages.
func TestRefusesWhatItDoesNotImplement(t *testing.T) {
	s := open(t, "")
	id := must(t, s, "CreateKey", fields{}).KeyMetadata.KeyId
	for operation, in := range map[string]fields{
		"ReEncrypt":   {},
		"Encrypt":     {"KeyId": id, "Plaintext": []byte("x"), "GrantTokens": []string{"x"}},
		"DescribeKey": {"KeyId": id, "DryRun": true},
		"ListAliases": {"Limit": 1},
		"CreateKey":   {"KeySpec": "ECC_NIST_P384", "KeyUsage": "SIGN_VERIFY"},
	} {
		_, err := call(t, s, operation, in)
		wantRefusal(t, err, "EmulatorUnsupported")
	}
	_, err := call(t, s, "CreateKey", fields{"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"})
	wantRefusal(t, err, "EmulatorUnsupported")
}

// The references of another region or account name no key here.
func TestForeignReferences(t *testing.T) {
	s := open(t, "")
	m := must(t, s, "CreateKey", fields{}).KeyMetadata
	if want := "arn:aws:kms:eu-central-1:000000000000:key/" + m.KeyId; m.Arn != want {
		t.Errorf("got ARN %s, want %s", m.Arn, want)
	}
	must(t, s, "CreateAlias", fields{"AliasName": "alias/a", "TargetKeyId": m.KeyId})
	for reference, want := range map[string]string{
		"arn:aws:kms:us-east-1:000000000000:key/" + m.KeyId:    "NotFoundException",
		"arn:aws:kms:eu-central-1:000000000001:key/" + m.KeyId: "NotFoundException",
		"arn:aws:kms:eu-central-1:000000000000:" + m.KeyId:     "InvalidArnException",
		"key/" + m.KeyId: "NotFoundException",
		"":               "ValidationException",
	} {
		_, err := call(t, s, "DescribeKey", fields{"KeyId": reference})
		wantRefusal(t, err, want)
	}
	for reference, want := range map[string]string{"alias/a": "NotFoundException", "arn:aws:kms:eu-central-1:000000000000:alias/a": "InvalidArnException"} {
		_, err := call(t, s, "DisableKey", fields{"KeyId": reference})
		wantRefusal(t, err, want)
	}
	_, err := call(t, s, "CreateAlias", fields{"AliasName": "alias/b", "TargetKeyId": "alias/a"})
	wantRefusal(t, err, "ValidationException")
	mac := must(t, s, "CreateKey", fields{"KeySpec": "HMAC_256", "KeyUsage": "GENERATE_VERIFY_MAC"}).KeyMetadata.KeyId
	_, err = call(t, s, "UpdateAlias", fields{"AliasName": "alias/a", "TargetKeyId": mac})
	wantRefusal(t, err, "ValidationException")
}

// A key may be rotated 25 times, and each ciphertext says which material sealed it.
func TestRotationLimit(t *testing.T) {
	s := open(t, "")
	id := must(t, s, "CreateKey", fields{}).KeyMetadata.KeyId
	first := must(t, s, "GenerateDataKey", fields{"KeyId": id, "KeySpec": "AES_256"})
	for range 25 {
		must(t, s, "RotateKeyOnDemand", fields{"KeyId": id})
	}
	_, err := call(t, s, "RotateKeyOnDemand", fields{"KeyId": id})
	wantRefusal(t, err, "LimitExceededException")
	last := must(t, s, "GenerateDataKey", fields{"KeyId": id, "KeySpec": "AES_256"})
	if last.KeyMaterialId == first.KeyMaterialId {
		t.Error("a rotation left the material as it was")
	}
	if got := must(t, s, "DescribeKey", fields{"KeyId": id}).KeyMetadata.CurrentKeyMaterialId; got != last.KeyMaterialId {
		t.Errorf("got CurrentKeyMaterialId %s, want %s", got, last.KeyMaterialId)
	}
	if got := must(t, s, "Decrypt", fields{"CiphertextBlob": first.CiphertextBlob}); got.KeyMaterialId != first.KeyMaterialId {
		t.Errorf("the old ciphertext opens by material %s, want %s", got.KeyMaterialId, first.KeyMaterialId)
	}
}

// What is sealed while the key rotates opens afterwards.
func TestSealingDuringRotations(t *testing.T) {
	s := open(t, t.TempDir())
	id := must(t, s, "CreateKey", fields{}).KeyMetadata.KeyId
	var wg sync.WaitGroup
	var mu sync.Mutex
	sealed := map[string][]byte{}
	for worker := range 4 {
		wg.Go(func() {
			for i := range 50 {
				text := fmt.Sprint(worker, "-", i)
				a, err := call(t, s, "Encrypt", fields{"KeyId": id, "Plaintext": []byte(text)})
				if err != nil {
					t.Errorf("Encrypt: %v", err)
					return
				}
				mu.Lock()
				sealed[text] = a.CiphertextBlob
				mu.Unlock()
			}
		})
	}
	for range 20 {
		must(t, s, "RotateKeyOnDemand", fields{"KeyId": id})
	}
	wg.Wait()
	for text, blob := range sealed {
		if got := must(t, s, "Decrypt", fields{"CiphertextBlob": blob}); string(got.Plaintext) != text {
			t.Errorf("got plaintext %q, want %q", got.Plaintext, text)
		}
	}
}

// Two services have nothing in common, and a closed one changes nothing.
func TestInstancesAreIsolated(t *testing.T) {
	a, b := open(t, ""), open(t, "")
	id := must(t, a, "CreateKey", fields{}).KeyMetadata.KeyId
	sealed := must(t, a, "Encrypt", fields{"KeyId": id, "Plaintext": []byte("x")})
	_, err := call(t, b, "DescribeKey", fields{"KeyId": id})
	wantRefusal(t, err, "NotFoundException")
	_, err = call(t, b, "Decrypt", fields{"CiphertextBlob": sealed.CiphertextBlob})
	wantRefusal(t, err, "InvalidCiphertextException")
	if err := a.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
	_, err = call(t, a, "CreateKey", fields{})
	wantRefusal(t, err, "KMSInternalException")
}

// No blob opens but the one that was sealed, and a bad one never does more than be refused.
func FuzzDecrypt(f *testing.F) {
	s := open(f, "")
	id := must(f, s, "CreateKey", fields{}).KeyMetadata.KeyId
	sealed := must(f, s, "Encrypt", fields{"KeyId": id, "Plaintext": []byte("secret")}).CiphertextBlob
	f.Add(sealed)
	for _, n := range []int{0, 1, 37, 39, 51, len(sealed) - 1} {
		f.Add(sealed[:n])
	}
	f.Add(append([]byte("\x01"+id+"\xff\xff"), sealed[39:]...)) // material that does not exist
	f.Add(append([]byte("\x02"), sealed[1:]...))
	f.Add(make([]byte, 6145))
	f.Fuzz(func(t *testing.T, blob []byte) {
		got, err := call(t, s, "Decrypt", fields{"CiphertextBlob": blob})
		var refused *protocol.Error
		switch {
		case string(blob) == string(sealed):
			if err != nil || string(got.Plaintext) != "secret" {
				t.Errorf("got %q, %v, want the plaintext", got.Plaintext, err)
			}
		case !errors.As(err, &refused):
			t.Errorf("got %q, %v, want a refusal", got.Plaintext, err)
		case len(blob) == 0 || len(blob) > 6144:
			wantRefusal(t, err, "ValidationException")
		default:
			wantRefusal(t, err, "InvalidCiphertextException")
		}
	})
}
