package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/infra/receiver"
	"github.com/zenvault/zenvault/infra/simulator"
	"github.com/zenvault/zenvault/shared/client"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/signedrequest"
)

// story is the main job with what it has made so far.
type story struct {
	out                    io.Writer
	url, password, secrets string

	admin      adminClient
	program    *client.Client
	workspace  string
	cosigner   string
	connection string
	api        *simulator.API // the provider's, which transfers are ordered at
	provider   *simulator.Fireblocks
	receiver   *receiver.Receiver
	step       int
}

// tell walks through all steps and stops at the first that is not as expected.
func (s *story) tell(ctx context.Context) error {
	defer func() {
		if s.receiver != nil {
			s.receiver.Close()
		}
	}()
	for _, step := range []func(context.Context) error{
		s.logIn, s.makeWorkspace, s.makeKey, s.publishPolicy, s.registerCosigner, s.makeEndpoint, s.signRequest,
		s.insidePolicy, s.overTheCap, s.unknownKind, s.brokenSignature, s.connectProvider, s.moveAssets, s.readTrail, s.readWebhooks,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	fmt.Fprintf(s.out, "\nAll %d steps were as expected.\n", s.step)
	return nil
}

func (s *story) say(format string, args ...any) {
	s.step++
	fmt.Fprintf(s.out, "\n%2d  %s\n", s.step, fmt.Sprintf(format, args...))
}

func (s *story) show(format string, args ...any) {
	fmt.Fprintf(s.out, "    %s\n", fmt.Sprintf(format, args...))
}

func (s *story) logIn(ctx context.Context) error {
	s.say("The owner logs in at %s", s.url)
	var tokens struct {
		Access  string `json:"access_token"`
		Expires int    `json:"expires_in"`
	}
	login := map[string]string{"email": local.OwnerEmail, "password": s.password}
	if err := (adminClient{url: s.url}).call(ctx, "POST", "/v1/auth/login", login, &tokens); err != nil {
		return err
	}
	s.admin = adminClient{s.url, tokens.Access}
	s.show("an access token for %d s, signed by KMS", tokens.Expires)
	return nil
}

func (s *story) makeWorkspace(ctx context.Context) error {
	s.say("A workspace is made")
	var made struct{ ID string }
	if err := s.admin.call(ctx, "POST", "/v1/admin/workspaces", map[string]string{"name": "Treasury"}, &made); err != nil {
		return err
	}
	s.workspace = made.ID
	s.show("%s", made.ID)
	return nil
}

func (s *story) makeKey(ctx context.Context) error {
	s.say("An API key is made for its program, for signed requests only; the token is shown once")
	private, err := newPrivateKey()
	if err != nil {
		return err
	}
	signer, err := signedrequest.NewSigner(private)
	if err != nil {
		return err
	}
	var made struct {
		ID, Prefix string
		Token      secret.Text
		Audience   string `json:"signature_audience"`
	}
	input := map[string]any{"name": "backend", "scopes": []string{"endpoints:read", "endpoints:write", "transfers:read", "transfers:write"},
		"public_key": signer.Public().PEM(), "require_signature": true}
	if err := s.admin.call(ctx, "POST", "/v1/admin/workspaces/"+s.workspace+"/keys", input, &made); err != nil {
		return err
	}
	signer.Key, signer.Vault = made.ID, made.Audience
	s.program = &client.Client{URL: s.url, Token: made.Token, Signer: &signer}
	s.show("%s_… with the scopes of endpoints and transfers; signatures by the key %.16s…", made.Prefix, signer.Public().Fingerprint())
	return nil
}

// policy allows transfers of ETH to whitelisted addresses, at most one at a time.
const policy = `{
  "rules": [{"id": "eth-to-known", "effect": "allow",
             "match": {"operation": "TRANSFER", "asset": "ETH", "destination": {"whitelisted": true}}}],
  "caps":  [{"id": "one-eth", "match": {}, "per": "transaction", "asset": "ETH", "amount": "1"}]
}`

func (s *story) publishPolicy(ctx context.Context) error {
	s.say("A policy is drafted and published: ETH to whitelisted addresses, at most 1 at a time")
	path := "/v1/admin/workspaces/" + s.workspace + "/policy"
	var draft struct {
		Version int64 `json:"draft_version"`
	}
	var published struct{ Version int64 }
	if err := s.admin.call(ctx, "PUT", path+"/draft", json.RawMessage(policy), &draft); err != nil {
		return err
	}
	if err := s.admin.call(ctx, "POST", path+"/publish", map[string]int64{"draft_version": draft.Version}, &published); err != nil {
		return err
	}
	s.show("version %d is in force", published.Version)
	return nil
}

func (s *story) registerCosigner(ctx context.Context) error {
	s.say("The provider's co-signer is registered with its public key")
	var err error
	if s.provider, err = simulator.NewFireblocks(); err != nil {
		return err
	}
	if s.provider.Answers, err = s.answerKey(); err != nil {
		return err
	}
	var made struct {
		ID   string
		Path string `json:"callback_path"`
	}
	input := map[string]any{"name": "Fireblocks production", "provider": "fireblocks", "inbound_keys": []string{s.provider.PublicKeyPEM()},
		"response_key": local.SigningKey, "workspaces": []string{s.workspace}}
	if err := s.admin.call(ctx, "POST", "/v1/admin/cosigners", input, &made); err != nil {
		return err
	}
	s.cosigner, s.provider.BaseURL = made.ID, s.url+made.Path
	s.show("%s, called back at %s", made.ID, made.Path)
	return nil
}

// answerKey is the public half of the key in the secrets directory, as the operator gives it to the provider.
func (s *story) answerKey() (*rsa.PublicKey, error) {
	text, err := os.ReadFile(filepath.Join(s.secrets, local.SigningKey))
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("the signing key is not PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, errors.New("the signing key is not RSA")
	}
	return &private.PublicKey, nil
}

func (s *story) makeEndpoint(ctx context.Context) error {
	s.say("The program makes a webhook endpoint; its secret is shown once")
	var err error
	if s.receiver, err = receiver.Start(); err != nil {
		return err
	}
	var made struct{ ID, Secret string }
	input := map[string]any{"url": s.receiver.URL, "events": []string{"decision.*", "transfer.*"}}
	if err := s.program.Do(ctx, client.Call{Method: "POST", Path: "/v1/webhook-endpoints", Input: input}, &made); err != nil {
		return err
	}
	s.receiver.Trust(made.Secret)
	s.show("%s for decision.* and transfer.*", made.ID)
	return nil
}

const address = "0x5dC69B1Fbb13Bafd09af88a782F0F285772Ad5f8"

func (s *story) transaction(name, amount string) simulator.Transaction {
	return simulator.Transaction{RequestID: name + "-" + rand.Text()[:8], Reference: s.workspace + ":" + name, Asset: "ETH", Amount: amount, Address: address}
}

// send signs and sends a callback and checks the answer.
func (s *story) send(ctx context.Context, t simulator.Transaction, want string) ([]byte, simulator.Answer, error) {
	token, err := s.provider.Sign(t.Payload())
	if err != nil {
		return nil, simulator.Answer{}, err
	}
	answer, err := s.provider.Send(ctx, token)
	if err != nil {
		return nil, answer, err
	}
	s.show("%d, signed: action %s, requestId %s, reason %q", answer.Status, answer.Action, answer.RequestID, answer.Reason)
	if answer.Action != want || answer.RequestID != t.RequestID {
		return nil, answer, fmt.Errorf("want %s for %s, got %d %s", want, t.RequestID, answer.Status, answer.Body)
	}
	return token, answer, nil
}

func (s *story) insidePolicy(ctx context.Context) error {
	s.say("The co-signer asks about 0.25 ETH: inside the policy")
	t := s.transaction("inside", "0.25")
	token, first, err := s.send(ctx, t, "APPROVE")
	if err != nil {
		return err
	}
	s.say("It sends the same request again, as after a lost reply: the same bytes come back")
	again, err := s.provider.Send(ctx, token)
	if err != nil {
		return err
	}
	if !bytes.Equal(first.Body, again.Body) {
		return fmt.Errorf("the answer to the retry differs")
	}
	s.show("%d bytes, equal", len(again.Body))
	s.say("It asks about the signature of the same transaction: a decision of its own")
	t.Signing = true
	_, _, err = s.send(ctx, t, "APPROVE")
	return err
}

func (s *story) overTheCap(ctx context.Context) error {
	s.say("It asks about 1.5 ETH: over the cap")
	_, _, err := s.send(ctx, s.transaction("over", "1.5"), "REJECT")
	return err
}

func (s *story) unknownKind(ctx context.Context) error {
	s.say("It asks about an operation that is not supported: an honest rejection of an authentic request")
	t := s.transaction("mint", "0.1")
	t.Operation = "MINT"
	_, _, err := s.send(ctx, t, "REJECT")
	return err
}

func (s *story) brokenSignature(ctx context.Context) error {
	s.say("Somebody sends a request with a broken signature: no signed answer at all")
	token, err := s.provider.Sign(s.transaction("forged", "0.1").Payload())
	if err != nil {
		return err
	}
	token[len(token)-10] ^= 1
	answer, err := s.provider.Send(ctx, token)
	if err != nil {
		return err
	}
	s.show("%d %s", answer.Status, answer.Body)
	if answer.Status != 401 || answer.Action != "" {
		return fmt.Errorf("want an unsigned 401")
	}
	return nil
}
