package local_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/infra/runtimeapi"
	"github.com/zenvault/zenvault/shared/keyset"
	"github.com/zenvault/zenvault/shared/routes"
	"github.com/zenvault/zenvault/shared/wire"
)

// canary is 32 bytes like random ones, made anew from a name.
func canary(name string) []byte {
	sum := sha256.Sum256([]byte("canary " + name))
	return sum[:]
}

// wrap encrypts bytes as a stack's master key is.
func wrap(t testing.TB, e wire.Env, plain []byte, context map[string]string) string {
	t.Helper()
	client := kms.NewFromConfig(wire.New(e, slog.New(slog.DiscardHandler)).Config)
	out, err := client.Encrypt(t.Context(), &kms.EncryptInput{KeyId: &e.MasterWrapKey, Plaintext: plain, EncryptionContext: context})
	must(t, err)
	return base64.StdEncoding.EncodeToString(out.CiphertextBlob)
}

// build makes a function as it is deployed, for this machine.
func build(t testing.TB, name string) string {
	t.Helper()
	bootstrap := filepath.Join(t.TempDir(), "bootstrap")
	command := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-tags", "lambda.norpc",
		"-o", bootstrap, "../../functions/"+name)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", name, err, out)
	}
	return bootstrap
}

// variables are the settings as a function's process gets them.
func variables(e wire.Env) []string {
	return []string{"AWS_REGION=" + e.Region, "ZENVAULT_STACK=" + e.Stack, "ZENVAULT_VAULT_TABLE=" + e.VaultTable,
		"ZENVAULT_AUDIT_TABLE=" + e.AuditTable, "ZENVAULT_LIMITS_TABLE=" + e.LimitsTable, "ZENVAULT_EVENT_QUEUE=" + e.EventQueue, "ZENVAULT_TRANSFER_QUEUE=" + e.TransferQueue,
		"ZENVAULT_TOKEN_KEY=" + e.TokenKey, "ZENVAULT_MASTER_KEY=" + e.MasterKey, "ZENVAULT_MASTER_WRAP_KEY=" + e.MasterWrapKey,
		"ZENVAULT_ISSUER=" + e.Issuer, "ZENVAULT_AWS_ENDPOINT=" + e.Endpoint}
}

// badKey is a setting that no start survives, and the one line that is said of it.
type badKey struct{ setting, want string }

const foreign = "unwrapping: the ciphertext does not open: it is damaged, or was wrapped for another stack or purpose, or by another key"

func badKeys(t testing.TB, e wire.Env) map[string]badKey {
	context := keyset.Context(e.Stack)
	with := func(name, value string) map[string]string {
		other := maps.Clone(context)
		other[name] = value
		return other
	}
	good, sequence := wrap(t, e, canary("good"), context), make([]byte, 32)
	for i := range sequence {
		sequence[i] = byte(i)
	}
	blob, err := base64.StdEncoding.DecodeString(good)
	must(t, err)
	cut := base64.StdEncoding.EncodeToString(blob[:len(blob)-1])
	blob[len(blob)-1] ^= 1
	flipped := base64.StdEncoding.EncodeToString(blob)
	published, err := hex.DecodeString("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4") // NIST SP 800-38A, appendix F
	must(t, err)
	return map[string]badKey{
		"none":              {"", "the environment variable ZENVAULT_MASTER_KEY is not set"},
		"31 bytes":          {wrap(t, e, canary("31")[:31], context), "master key 1 of 1: the key has 31 bytes, not 32"},
		"33 bytes":          {wrap(t, e, append(canary("33"), 'x'), context), "master key 1 of 1: the key has 33 bytes, not 32"},
		"1 byte":            {wrap(t, e, []byte("x"), context), "master key 1 of 1: the key has 1 bytes, not 32"},
		"all zero":          {wrap(t, e, make([]byte, 32), context), "master key 1 of 1: the key is a plain sequence, as keys of tests are"},
		"all equal":         {wrap(t, e, bytes.Repeat([]byte{0xa7}, 32), context), "master key 1 of 1: the key is a plain sequence, as keys of tests are"},
		"a sequence":        {wrap(t, e, sequence, context), "master key 1 of 1: the key is a plain sequence, as keys of tests are"},
		"16 bytes, twice":   {wrap(t, e, bytes.Repeat(canary("twice")[:16], 2), context), "master key 1 of 1: the key repeats itself"},
		"text":              {wrap(t, e, []byte("correct horse battery staple 123"), context), "master key 1 of 1: the key is text, not random bytes"},
		"a published key":   {wrap(t, e, published, context), "master key 1 of 1: the key is a published test key"},
		"another stack's":   {wrap(t, e, canary("stack"), with("stack", "other")), "master key 1 of 1: " + foreign},
		"another purpose's": {wrap(t, e, canary("purpose"), with("purpose", "token")), "master key 1 of 1: " + foreign},
		"no context":        {wrap(t, e, canary("context"), nil), "master key 1 of 1: " + foreign},
		"cut":               {cut, "master key 1 of 1: " + foreign},
		"a bit flipped":     {flipped, "master key 1 of 1: " + foreign},
		"no base64":         {"=" + good, "master key 1 of 1: the ciphertext is not base64"},
		"a line break":      {good[:8] + "\n" + good[8:], "master key 1 of 1: the ciphertext is not base64"},
		"an empty entry":    {good + ",", "master key 2 of 2: the ciphertext is not base64"},
		"a blank":           {good + ", " + good, "master key 2 of 2: the ciphertext is not base64"},
		"one twice":         {good + "," + wrap(t, e, canary("good"), context), "master key 2 of 2: the same key is given twice"},
		"an old one is bad": {good + "," + wrap(t, e, canary("old")[:31], context), "master key 2 of 2: the key has 31 bytes, not 32"},
	}
}

// canaries are the runs of bytes of every key that these tests wrap.
func canaries() runs {
	all := runs{}
	for _, name := range []string{"good", "31", "33", "twice", "stack", "purpose", "context", "old", "served", "older"} {
		all.add(canary(name)[:16])
		all.add(canary(name)[15:])
		for _, form := range printed(canary(name)) {
			for ; len(form) >= run; form = form[1:] {
				if len(strings.ReplaceAll(form[:run], `\ufffd`, "")) > run/2 {
					all[form[:run]] = true
				}
			}
		}
	}
	return all
}

// printed are the forms that bytes have if somebody prints them: as a list of numbers, quoted, in Go's syntax, in hex with
// blanks, as a text whose bytes are no characters; each as it is and as it stands in a line of JSON.
func printed(key []byte) (all []string) {
	for _, form := range []string{strings.Trim(fmt.Sprint(key), "[]"), fmt.Sprintf("%q", key), fmt.Sprintf("%+q", key),
		strings.Trim(fmt.Sprintf("%#v", key), "[]byte{}"), fmt.Sprintf("% x", key), fmt.Sprintf("% X", key), fmt.Sprintf("%# x", key), string(key)} {
		line, err := json.Marshal(form)
		if err != nil {
			panic(err)
		}
		all = append(all, form, string(line))
	}
	return all
}

// A master key that is not 32 random bytes, or does not unwrap for this stack and purpose, stops the start: of the deployed
// process, with one line on its log and nothing served, and of the gateway, with the same words. No byte of a key is said.
func TestClaim_K3_BadMasterKeyStopsTheStart(t *testing.T) {
	e, bootstrap, secret := shared(t).World.Env, build(t, "endpoint-create"), canaries()
	for name, bad := range badKeys(t, e) {
		t.Run(name, func(t *testing.T) {
			e := e
			e.MasterKey = bad.setting
			var output bytes.Buffer
			running, err := runtimeapi.Start(t.Context(), runtimeapi.Options{Bootstrap: bootstrap, Env: variables(e), Output: &output})
			if err == nil {
				running.Stop()
				t.Fatal("the function started")
			}
			line := map[string]any{}
			if !errors.Is(err, runtimeapi.ErrExited) || strings.Count(output.String(), "\n") != 1 || json.Unmarshal(output.Bytes(), &line) != nil {
				t.Fatalf("%v, with the output %q; want one line of JSON and the end", err, output.String())
			}
			delete(line, "time")
			if diff := cmp.Diff(map[string]any{"level": "ERROR", "msg": "cannot start", "error": bad.want}, line); diff != "" {
				t.Errorf("line (-want +got):\n%s", diff)
			}

			var log bytes.Buffer
			g, err := local.Start(t.Context(), local.Options{Endpoint: e.Endpoint, Log: slog.New(slog.NewJSONHandler(&log, nil)),
				Settings: func(e *wire.Env) { e.MasterKey = bad.setting }})
			if err == nil {
				g.Close()
				t.Fatal("the gateway started")
			}
			if err.Error() != bad.want || log.Len() > 0 {
				t.Errorf("the gateway: %q, want %q; its log: %s", err, bad.want, log.String())
			}
			if secret.in(output.String()) || secret.in(err.Error()) {
				t.Errorf("a part of the key is said: %s, %v", output.String(), err)
			}
		})
	}
	if !secret.in(hex.EncodeToString(canary("31")[:31])) {
		t.Error("the search does not find a key where it is")
	}
}

// A KMS that does not answer stops the start as well, with one line.
func TestClaim_K3_NoAnswerOfKMSStopsTheStart(t *testing.T) {
	v, bootstrap := shared(t), build(t, "endpoint-create")
	v.Emulator.Faults().Add(fault.Rule{Operation: "TrentService.Decrypt", Effect: fault.LostRequest})
	defer v.Emulator.Faults().Clear()
	var output bytes.Buffer
	_, err := runtimeapi.Start(t.Context(), runtimeapi.Options{Bootstrap: bootstrap, Env: variables(v.World.Env), Output: &output})
	if !errors.Is(err, runtimeapi.ErrExited) || strings.Count(output.String(), "\n") != 1 ||
		!strings.Contains(output.String(), `"error":"master key 1 of 1: unwrapping: keys_unavailable: `) {
		t.Errorf("%v, with the output %q", err, output.String())
	}
}

// A function that neither seals nor opens does not ask for the master key: it starts, and serves, with one that is of no
// use, and KMS is never asked to unwrap it.
func TestClaim_K3_OnlyWhoNeedsItPullsIt(t *testing.T) {
	v := shared(t)
	e := v.World.Env
	e.MasterKey = "of no use"
	v.Emulator.Forget()
	for _, name := range []string{"workspace-list", "key-generate"} {
		var output bytes.Buffer
		running, err := runtimeapi.Start(t.Context(), runtimeapi.Options{Bootstrap: build(t, name), Env: variables(e), Output: &output})
		if err != nil {
			t.Fatalf("%s: %v %s", name, err, output.String())
		}
		_, err = running.Invoke(t.Context(), []byte(`{}`))
		running.Stop()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, call := range v.Emulator.Calls() {
		if call.Operation == "TrentService.Decrypt" {
			t.Error("KMS was asked to decrypt")
		}
	}
}

// The log holds the ids of the master keys and no byte of one, whatever is asked of the gateway and of the deployed
// process: all routes, all functions without a route, and requests that fail. Nor does any answer, anything stored, or
// anything that is sent to AWS.
func TestClaim_K3_MasterKeyIsNeverLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	g := startGateway(t, local.Options{
		Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Settings: func(e *wire.Env) {
			context := keyset.Context(e.Stack)
			e.MasterKey = wrap(t, *e, canary("served"), context) + "," + wrap(t, *e, canary("older"), context)
		},
	})
	wraps := g.Emulator.Calls() // which hold the keys
	g.Emulator.Forget()
	v, secret, answers := newVault(t, g), canaries(), map[string]string{}
	for _, row := range rows() {
		answers[row.Spec.Name] = string(v.want(t, success(row.Spec), v.example(t, row.Spec)).body)
		broken := v.example(t, row.Spec)
		broken.token, broken.body = broken.token+"x", broken.body+"{"
		answers[row.Spec.Name+", broken"] = string(v.send(t, broken).body)
	}
	must(t, drained(v.deliver(t)))
	for _, row := range routes.Table() {
		if row.Task != nil {
			answer, err := row.Task(v.Opened)(t.Context(), "req_1", nil)
			if answers[row.Spec.Name] = string(answer); err != nil {
				answers[row.Spec.Name] = err.Error()
			}
		}
	}

	var output bytes.Buffer
	running, err := runtimeapi.Start(t.Context(), runtimeapi.Options{Bootstrap: build(t, "endpoint-list"), Env: variables(v.World.Env), Output: &output})
	must(t, err)
	for _, event := range []string{`{"rawPath":"/v1/webhook-endpoints","headers":{"authorization":"Bearer ` + v.homeKey.Token +
		`"},"requestContext":{"http":{"method":"GET","path":"/v1/webhook-endpoints"}}}`, `{}`} {
		answer, err := running.Invoke(t.Context(), []byte(event))
		if answers["process "+event] = string(answer); err != nil {
			answers["process "+event] = err.Error()
		}
	}
	running.Stop()

	ids := `"msg":"master keys","ids":["` + g.Opened.Ring.IDs()[0] + `","` + g.Opened.Ring.IDs()[1] + `"]}`
	for name, text := range map[string]string{"the gateway": log.String(), "the process": output.String()} {
		if strings.Count(text, ids) != 1 || secret.in(text) {
			t.Errorf("the log of %s does not hold the ids once, or holds a part of a key:\n%s", name, text)
		}
	}
	for name, answer := range answers {
		if secret.in(answer) {
			t.Errorf("the answer of %s holds a part of a key: %s", name, answer)
		}
	}
	stored, calls := v.dump(t).texts(), v.Emulator.Calls()
	for at, text := range stored {
		if secret.in(text) {
			t.Errorf("a part of a key is stored: %s", at)
		}
	}
	for _, call := range calls {
		if secret.in(string(call.Body)) {
			t.Errorf("a part of a key went to %s", call.Operation)
		}
	}
	found := 0
	for _, call := range wraps {
		if secret.in(string(call.Body)) {
			found++
		}
	}
	if found != 2 || len(answers) < 40 || len(calls) < 100 || len(stored) < 200 {
		t.Errorf("the search finds a key in %d calls that hold one; it saw %d answers, %d calls, %d texts", found, len(answers), len(calls), len(stored))
	}
}
