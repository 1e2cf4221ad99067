package apikey_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	awsfault "github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/signedrequest"
)

// private is the half of public that signs (RFC 8037, A.1).
const private = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n"

var asked = signedrequest.Request{Method: "GET", Path: "/v1/webhook-endpoints", Query: "limit=2"}

// signed is a key with a public key, and what signs for it.
func (s shop) signed(t *testing.T, required bool) (apikey.Attempt, signedrequest.Signer) {
	t.Helper()
	made, err := s.Create(t.Context(), owner, apikey.CreateInput{Workspace: s.one, Name: "n", Scopes: []string{caller.EndpointsRead},
		PublicKey: public, RequireSignature: required})
	if err != nil {
		t.Fatal(err)
	}
	token, err := apikey.ParseToken(made.Token)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := signedrequest.NewSigner(secret.NewText(private))
	if err != nil {
		t.Fatal(err)
	}
	signer.Vault, signer.Key = made.Audience, made.ID
	return apikey.Attempt{Token: token, Request: asked}, signer
}

func (s shop) sign(t *testing.T, with signedrequest.Signer) string {
	t.Helper()
	token, err := with.Sign(asked, s.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// Which signatures are asked for, and which are taken, by the key's mode; and what each refusal leaves in the trail.
func TestSignatureModes(t *testing.T) {
	s := open(t)
	plain := s.create(t, caller.EndpointsRead)
	plainToken, err := apikey.ParseToken(plain.Token)
	if err != nil {
		t.Fatal(err)
	}
	optional, signer := s.signed(t, false)
	required, otherSigner := s.signed(t, true)
	good, bad := s.sign(t, signer), s.sign(t, otherSigner)
	for _, tt := range []struct {
		name       string
		attempt    apikey.Attempt
		signatures []string
		want       *fault.Fault
		action     string
	}{
		{"no key, none sent", apikey.Attempt{Token: plainToken}, nil, nil, ""},
		{"no key, one sent", apikey.Attempt{Token: plainToken}, []string{good}, signedrequest.ErrInvalid, "apikey.signature_denied"},
		{"optional, none sent", optional, nil, nil, ""},
		{"optional, for another key", optional, []string{bad}, signedrequest.ErrInvalid, "apikey.signature_denied"},
		{"optional, empty", optional, []string{""}, signedrequest.ErrInvalid, "apikey.signature_denied"},
		{"optional, two", optional, []string{good, good}, signedrequest.ErrInvalid, "apikey.signature_denied"},
		{"optional, good", optional, []string{good}, nil, ""},
		{"optional, again", optional, []string{good}, apikey.ErrReplayed, "apikey.replay_denied"},
		{"required, none sent", required, nil, apikey.ErrSignatureRequired, "apikey.unsigned_denied"},
		{"required, good", required, []string{bad}, nil, ""},
	} {
		s.Clock.Step(time.Minute / 60)
		tt.attempt.Signatures = tt.signatures
		who, err := s.Admit(t.Context(), tt.attempt)
		if tt.want == nil && (err != nil || who.Kind != caller.APIKey) || tt.want != nil && (!errors.Is(err, tt.want) || who.Kind != caller.Nobody) {
			t.Errorf("%s: %+v, %v", tt.name, who, err)
		}
		if tt.want == nil {
			continue
		}
		if got := s.denials(t, tt.action, tt.attempt.Token.KeyID); len(got) != 1 || got[0].After["why"] != tt.want.Code || got[0].Severity != audit.Warning {
			t.Errorf("%s: the trail has %+v", tt.name, got)
		}
	}
	// With a wrong secret, nothing of it is told or noted.
	wrong := required
	wrong.Token.Secret = plainToken.Secret
	_, err = s.Admit(t.Context(), wrong)
	if f := (*fault.Fault)(nil); err == nil || errors.As(err, &f) {
		t.Errorf("a wrong secret: %v", err)
	}
}

// Of twenty requests with one nonce one passes; a lost answer to the nonce's write is no replay; and where the table does
// not answer nobody passes.
func TestNonces(t *testing.T) {
	s := open(t)
	attempt, signer := s.signed(t, true)
	attempt.Signatures = []string{s.sign(t, signer)}
	var passed, replayed atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			switch _, err := s.Admit(t.Context(), attempt); {
			case err == nil:
				passed.Add(1)
			case errors.Is(err, apikey.ErrReplayed):
				replayed.Add(1)
			}
		})
	}
	all.Wait()
	if passed.Load() != 1 || replayed.Load() != 19 {
		t.Errorf("%d passed, %d were replays", passed.Load(), replayed.Load())
	}
	nonces := func(c awsfault.Call) bool { return strings.Contains(string(c.Body), apikey.NonceMarks) }
	lost := s.AWS.Faults().Add(awsfault.Rule{Match: nonces, Effect: awsfault.LostReply, Count: 1})
	attempt.Signatures = []string{s.sign(t, signer)}
	if _, err := s.Admit(t.Context(), attempt); err != nil || lost.Hits() != 1 {
		t.Errorf("after a lost answer: %v, %d lost", err, lost.Hits())
	}
	s.AWS.Faults().Clear()
	if _, err := s.Admit(t.Context(), attempt); !errors.Is(err, apikey.ErrReplayed) {
		t.Errorf("and once more: %v", err)
	}
	s.AWS.Faults().Add(awsfault.Rule{Match: nonces, Effect: awsfault.LostRequest})
	attempt.Signatures = []string{s.sign(t, signer)}
	if who, err := s.Admit(t.Context(), attempt); fault.From(err).Kind != fault.Unavailable || who.Kind != caller.Nobody {
		t.Errorf("without the table: %+v, %v", who, err)
	}
}

// A nonce is remembered for longer than its token could be used.
func TestNonceOutlivesToken(t *testing.T) {
	s := open(t)
	attempt, signer := s.signed(t, true)
	attempt.Signatures = []string{s.sign(t, signer)}
	if _, err := s.Admit(t.Context(), attempt); err != nil {
		t.Fatal(err)
	}
	claims, err := (signedrequest.Verifier{Vault: signer.Vault, Key: signer.Key, With: signer.Public()}).Verify(attempt.Signatures[0], asked, s.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	records, err := s.World.Limits().Get(t.Context(), apikey.NonceMarks+signer.Key+"#"+claims.Nonce)
	if err != nil || records[0] == nil {
		t.Fatalf("%v, %v", records, err)
	}
	if end := records[0].Read().Int("expires_at"); end != s.Clock.Now().Add(40*time.Second+time.Hour).Unix() {
		t.Errorf("it ends at %d", end)
	}
	s.Clock.Step(39 * time.Second)
	if _, err := s.Admit(t.Context(), attempt); !errors.Is(err, apikey.ErrReplayed) {
		t.Errorf("as late as can be: %v", err)
	}
	s.Clock.Step(time.Second)
	if _, err := s.Admit(t.Context(), attempt); !errors.Is(err, signedrequest.ErrInvalid) {
		t.Errorf("later: %v", err)
	}
}

// Noting a use never fails a request, nor does a note that can't be read fail a list.
func TestUseIsNoCondition(t *testing.T) {
	s := open(t)
	made := s.create(t, caller.EndpointsRead)
	limits := func(c awsfault.Call) bool { return strings.Contains(string(c.Body), apikey.UseMarks) }
	lost := s.AWS.Faults().Add(awsfault.Rule{Match: limits, Effect: awsfault.LostRequest})
	if _, err := s.admit(t, made.Token); err != nil || lost.Hits() == 0 {
		t.Errorf("%v, %d lost", err, lost.Hits())
	}
	page, err := s.List(t.Context(), owner, apikey.ListInput{Workspace: s.one})
	if err != nil || len(page.Items) != 1 || page.Items[0].LastUsedAt != 0 {
		t.Errorf("the list: %+v, %v", page, err)
	}
	s.AWS.Faults().Clear()
	s.Clock.Step(time.Minute) // a note that failed is tried again
	if _, err := s.admit(t, made.Token); err != nil {
		t.Fatal(err)
	}
	got, err := s.Get(t.Context(), owner, apikey.GetInput{Workspace: s.one, Key: made.ID})
	if err != nil || got.LastUsedAt != s.Clock.Now().UnixMilli() {
		t.Errorf("%+v, %v", got, err)
	}
}

// A stored public key or mode that is missing or of another form lets nobody in; both have to be gone for a key without
// signatures.
func TestStoredSigning(t *testing.T) {
	s := open(t)
	attempt, _ := s.signed(t, true)
	id := attempt.Token.KeyID
	for name, change := range map[string]func(ledger.Item){
		"no key":            func(i ledger.Item) { delete(i, "public_key") },
		"empty key":         func(i ledger.Item) { i["public_key"] = "" },
		"no mode":           func(i ledger.Item) { delete(i, "signature_mode") },
		"unknown mode":      func(i ledger.Item) { i["signature_mode"] = "none" },
		"mode as a boolean": func(i ledger.Item) { i["signature_mode"] = false },
		"key as bytes":      func(i ledger.Item) { i["public_key"] = []byte(public) },
		"another key type":  func(i ledger.Item) { i["public_key"] = private },
	} {
		s.plant(t, id, change)
		if _, err := s.Admit(t.Context(), attempt); err == nil {
			t.Errorf("%s: admitted", name)
		}
		s.plant(t, id, func(i ledger.Item) { i["public_key"], i["signature_mode"] = public, "required" })
	}
	if _, err := s.Admit(t.Context(), attempt); !errors.Is(err, apikey.ErrSignatureRequired) {
		t.Errorf("as it was: %v", err)
	}
}
