package local_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/infra/simulator"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/cosign"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secretdir"
)

// After everything that all routes and workers do, no run of bytes of the provider signing key is stored: not of its
// file, its DER form, or any of its secret numbers, in whatever encoding; nor was any sent to AWS.
func TestClaim_K1_NoByteOfASigningKeyIsStored(t *testing.T) {
	v := shared(t)
	v.Emulator.Forget()
	for _, row := range rows() {
		v.want(t, success(row.Spec), v.example(t, row.Spec))
	}
	tx := transfer(v.home, "k1")
	for _, signing := range []bool{false, true} {
		if tx.Signing = signing; ask(t, v.provider, tx).Action != "APPROVE" {
			t.Fatal("the key was not used")
		}
	}
	must(t, drained(v.deliver(t)))
	key, secret := v.signingKey(t), runs{}
	for _, number := range [][]byte{key.D.Bytes(), key.Primes[0].Bytes(), key.Primes[1].Bytes(), key.Precomputed.Dp.Bytes(),
		key.Precomputed.Dq.Bytes(), key.Precomputed.Qinv.Bytes()} {
		secret.add(number)
	}
	// The modulus is public; what follows the public exponent in the DER form is not.
	public := len(x509.MarshalPKCS1PublicKey(&key.PublicKey))
	secret.add(x509.MarshalPKCS1PrivateKey(key)[public+16:])
	file, err := os.ReadFile(filepath.Join(v.SecretsDir, local.SigningKey))
	must(t, err)
	if !secret.in(string(file)) {
		t.Error("the search does not find the key in its own file")
	}
	stored := v.dump(t).texts()
	for where, text := range stored {
		if secret.in(text) {
			t.Errorf("a part of the key is stored: %s", where)
		}
	}
	calls := v.Emulator.Calls()
	for _, call := range calls {
		if secret.in(string(call.Body)) {
			t.Errorf("a part of the key went to %s", call.Operation)
		}
	}
	if len(stored) < 200 || len(calls) < 50 {
		t.Errorf("only %d texts and %d calls were looked at", len(stored), len(calls))
	}
}

// answeredBy registers a co-signer that is answered with the referred key; its answers must verify with the public one.
func (v *vault) answeredBy(t testing.TB, reference string, public *rsa.PublicKey) *simulator.Fireblocks {
	t.Helper()
	provider, err := simulator.NewFireblocks()
	must(t, err)
	var made struct {
		Path string `json:"callback_path"`
	}
	v.want(t, 201, v.admin("POST", "/v1/admin/cosigners", marshal(map[string]any{"name": "K", "provider": "fireblocks",
		"inbound_keys": []string{provider.PublicKeyPEM()}, "response_key": reference, "workspaces": []string{v.home}}))).decode(t, &made)
	provider.BaseURL, provider.Answers = v.URL+made.Path, public
	return provider
}

// A provider's key in KMS answers callbacks by RS256, byte for byte also the second time, and never leaves: KMS is asked for
// the public half and for signatures, and what is stored is the key's ARN.
func TestClaim_K1_KeyInKMSAnswersAndStaysThere(t *testing.T) {
	v := shared(t)
	client, alias := kms.NewFromConfig(v.World.Config), "alias/k1-"+strings.ToLower(rand.Text())
	made, err := client.CreateKey(t.Context(), &kms.CreateKeyInput{KeySpec: types.KeySpecRsa2048, KeyUsage: types.KeyUsageTypeSignVerify})
	must(t, err)
	arn := *made.KeyMetadata.Arn
	_, err = client.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: &arn})
	must(t, err)
	half, err := client.GetPublicKey(t.Context(), &kms.GetPublicKeyInput{KeyId: &arn})
	must(t, err)
	public, err := x509.ParsePKIXPublicKey(half.PublicKey)
	must(t, err)
	provider := v.answeredBy(t, "kms:"+alias, public.(*rsa.PublicKey))
	v.Emulator.Forget()
	tx := transfer(v.home, "k1-kms")
	for _, tx.Signing = range []bool{false, true} {
		token := sign(t, provider, tx.Payload())
		first := post(t, provider, token)
		if first.Action != "APPROVE" {
			t.Fatalf("got %+v", first)
		}
		same(t, "the second answer", first.Body, post(t, provider, token).Body)
	}
	for _, call := range v.Emulator.Calls() {
		operation, ofKMS := strings.CutPrefix(call.Operation, "TrentService.")
		if ofKMS && operation != "GetPublicKey" && operation != "Sign" {
			t.Errorf("KMS was asked to %s", operation)
		}
	}
	for kind, decision := range v.decisions(t, tx.RequestID) {
		if decision["response_key"] != "kms:"+arn {
			t.Errorf("%s: stored: %v", kind, decision["response_key"])
		}
	}
}

// outsider is a good key outside of the secrets directory, which nothing may ever use or show.
type outsider struct {
	path   string
	secret runs
}

func newOutsider(t testing.TB) outsider {
	t.Helper()
	key, text := newKey(t)
	o := outsider{filepath.Join(t.TempDir(), "outside.pem"), runs{}}
	must(t, os.WriteFile(o.path, text, 0o600))
	for _, number := range [][]byte{key.D.Bytes(), key.Primes[0].Bytes(), key.Primes[1].Bytes(), key.N.Bytes()} {
		o.secret.add(number)
	}
	if !o.secret.in(string(text)) {
		t.Fatal("the search does not find the key in its own file")
	}
	return o
}

func newKey(t testing.TB) (*rsa.PrivateKey, []byte) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	return key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// refused wants the problem of a key that can't be used, and that nothing was decided.
func (v *vault) refused(t testing.TB, about string, answer simulator.Answer, requestID string) {
	t.Helper()
	var problem struct{ Code string }
	if err := json.Unmarshal(answer.Body, &problem); err != nil || answer.Status != 503 || problem.Code != "response_key_unavailable" {
		t.Errorf("%s: got %d %s, want 503", about, answer.Status, answer.Body)
	}
	if stored := v.decisions(t, requestID); len(stored) > 0 {
		t.Errorf("%s: decided: %v", about, stored)
	}
}

// silent wants nothing of the outsider in what was answered, logged, stored, or sent to AWS, and not its path either.
func (v *vault) silent(t testing.TB, o outsider, log string, answers []string) {
	t.Helper()
	texts := append([]string{log}, answers...)
	for _, text := range v.dump(t).texts() {
		texts = append(texts, text)
	}
	for _, call := range v.Emulator.Calls() {
		texts = append(texts, string(call.Body))
	}
	for _, text := range texts {
		if o.secret.in(text) || strings.Contains(text, o.path) || strings.Contains(text, filepath.Base(o.path)) {
			t.Errorf("it shows: %.300s", text)
		}
	}
	if len(texts) < 100 {
		t.Errorf("only %d texts were looked at", len(texts))
	}
}

// quiet is a vault of its own with what it logs.
func quiet(t testing.TB, now func() time.Time) (*vault, *bytes.Buffer) {
	t.Helper()
	log := &bytes.Buffer{}
	return newVault(t, startGateway(t, local.Options{Log: slog.New(slog.NewJSONHandler(log, nil)), Now: now})), log
}

// A response key that is a link of either kind, no regular file, open to others, another user's, empty or too large is never
// used: the callback gets a 503, nothing is decided, and nothing of what a link leads to shows anywhere. With a good key in
// its place the same callback is answered.
func TestClaim_K2_LinksEscapesAndLooseFilesAreNeverUsed(t *testing.T) {
	t.Parallel()
	v, log := quiet(t, nil)
	o := newOutsider(t)
	good, text := newKey(t)
	beside := filepath.Join(v.SecretsDir, "beside")
	must(t, os.WriteFile(beside, text, 0o600))
	file := func(content []byte, mode fs.FileMode) func(string) error {
		return func(at string) error { return errors.Join(os.WriteFile(at, content, 0o600), os.Chmod(at, mode)) }
	}
	cases := map[string]func(at string) error{
		"a link to a file outside":        func(at string) error { return os.Symlink(o.path, at) },
		"a link that climbs out":          func(at string) error { return os.Symlink(strings.Repeat("../", 20)+o.path, at) },
		"a link through proc":             func(at string) error { return os.Symlink("/proc/self/root"+o.path, at) },
		"a link to a file beside it":      func(at string) error { return os.Symlink("beside", at) },
		"a link to nothing":               func(at string) error { return os.Symlink("nothing", at) },
		"a hard link to a file outside":   func(at string) error { return os.Link(o.path, at) },
		"a hard link to a file beside it": func(at string) error { return os.Link(beside, at) },
		"a directory":                     func(at string) error { return os.Mkdir(at, 0o700) },
		"a FIFO":                          func(at string) error { return syscall.Mkfifo(at, 0o600) },
		"a file that the group reads":     file(text, 0o640),
		"a file that all read":            file(text, 0o604),
		"an empty file":                   file(nil, 0o600),
		"a file that is too large":        file(append(slices.Clone(text), bytes.Repeat([]byte{'\n'}, 64<<10)...), 0o600),
		"a file with two keys":            file(append(slices.Clone(text), text...), 0o600),
		"nothing":                         func(string) error { return nil },
	}
	if os.Geteuid() == 0 {
		cases["another user's file"] = func(at string) error { return errors.Join(os.WriteFile(at, text, 0o600), os.Chown(at, 12345, 12345)) }
	}
	var answers []string
	for about, put := range cases {
		name := "k2-" + strings.ToLower(rand.Text()[:8])
		at, provider, tx := filepath.Join(v.SecretsDir, name), v.answeredBy(t, name, &good.PublicKey), transfer(v.home, "k2")
		must(t, put(at))
		token := sign(t, provider, tx.Payload())
		answer := post(t, provider, token)
		v.refused(t, about, answer, tx.RequestID)
		answers = append(answers, string(answer.Body))
		must(t, os.RemoveAll(at))
		must(t, os.WriteFile(at, text, 0o600))
		if answer := post(t, provider, token); answer.Action != "APPROVE" {
			t.Errorf("%s: with a good key: %+v", about, answer)
		}
	}
	v.silent(t, o, log.String(), answers)
}

// No name leads out of the directory: not through the admin route, which stores nothing of the kind, and not where somebody
// wrote one into the database.
func TestClaim_K2_NamesThatLeadOutAreRefused(t *testing.T) {
	t.Parallel()
	v, log := quiet(t, nil)
	o := newOutsider(t)
	up, err := filepath.Rel(v.SecretsDir, o.path)
	must(t, err)
	names := []string{up, "../" + filepath.Base(o.path), o.path, "dir:" + o.path, "sub/key", ".hidden", "..", ".", "..data", "key\x00.pem", "", "file:" + o.path}
	before := v.dump(t)
	for _, name := range names {
		got := v.send(t, v.admin("POST", "/v1/admin/cosigners", marshal(map[string]any{"name": "K", "provider": "fireblocks",
			"inbound_keys": []string{v.provider.PublicKeyPEM()}, "response_key": name, "workspaces": []string{v.home}})))
		if got.status != 422 || got.code() != "response_key_invalid" {
			t.Errorf("%q: got %d %s", name, got.status, got.body)
		}
	}
	unchanged(t, "refused names", before, v.dump(t))
	var answers []string
	for _, name := range names {
		v.alter(t, cosign.Key(v.cosigner), audit.Target{Type: "cosigner", ID: v.cosigner}, ledger.Item{"response_key": name})
		tx := transfer(v.home, "k2")
		answer := post(t, v.provider, sign(t, v.provider, tx.Payload()))
		v.refused(t, fmt.Sprintf("%q in the database", name), answer, tx.RequestID)
		answers = append(answers, string(answer.Body))
	}
	for _, text := range answers {
		if o.secret.in(text) {
			t.Errorf("it shows: %s", text)
		}
	}
	if o.secret.in(log.String()) {
		t.Error("it shows in the log")
	}
}

// While the response key's file, links to another key and a FIFO take each other's place all the time, and every callback
// reads it again, each answer is signed by the key or is a 503.
func TestClaim_K2_SwapRaceNeverSignsWithWhatALinkLeadsTo(t *testing.T) {
	t.Parallel()
	var ahead atomic.Int64
	v, log := quiet(t, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
	o := newOutsider(t)
	good, text := newKey(t)
	file := filepath.Join(v.SecretsDir, "k2-race")
	provider := v.answeredBy(t, "k2-race", &good.PublicKey)
	start, stop := time.Now(), make(chan struct{})
	var racing sync.WaitGroup
	racing.Go(func() {
		for turn := 0; ; turn++ {
			select {
			case <-stop:
				return
			default:
			}
			fresh := file + ".fresh"
			os.Remove(fresh)
			switch turn % 6 {
			case 1:
				os.Symlink(o.path, fresh)
			case 3:
				os.Link(o.path, fresh)
			case 5:
				syscall.Mkfifo(fresh, 0o600)
			default:
				os.WriteFile(fresh, text, 0o600)
			}
			os.Rename(fresh, file)
			os.WriteFile(fresh, []byte(fmt.Sprint(turn)), 0o600)
			os.Rename(fresh, filepath.Join(v.SecretsDir, ".version"))
		}
	})
	counts := map[int]int{}
	for passed := time.Duration(0); passed < 2*time.Second || counts[200]+counts[503] < 100 && passed < time.Minute; passed = time.Since(start) {
		ahead.Add(int64(secretdir.LookEvery))
		answer, err := provider.Send(t.Context(), sign(t, provider, transfer(v.home, "k2").Payload()))
		if err != nil {
			t.Errorf("not signed by the key: %v", err)
			break
		}
		counts[answer.Status]++
	}
	close(stop)
	racing.Wait()
	if counts[200] < 20 || counts[200]+counts[503] < 100 || len(counts) > 2 {
		t.Errorf("answers by status: %v", counts)
	}
	v.silent(t, o, log.String(), nil)
}
