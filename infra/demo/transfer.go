package main

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/zenvault/zenvault/infra/simulator"
	"github.com/zenvault/zenvault/shared/client"
)

// transfer is a part of what the program is told of one.
type transfer struct {
	ID, Reference, State string
	Provider             struct{ Transaction, Status string }
}

// connectProvider plays the operator: the API user's key goes to the secrets directory, its public half to the provider,
// and only its name to zenvault.
func (s *story) connectProvider(ctx context.Context) error {
	s.say("The provider's API is connected: its API user, and the name of that one's key")
	key, err := rsa.GenerateKey(rand.Reader, 4096)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	name := "fireblocks-api-" + strings.ToLower(rand.Text()[:8])
	if err := os.WriteFile(filepath.Join(s.secrets, name), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		return err
	}
	user := "demo-" + strings.ToLower(rand.Text()[:8])
	s.api.Admit(user, &key.PublicKey, s.provider)
	var made struct{ ID, Environment string }
	input := map[string]string{"name": "Fireblocks", "provider": "fireblocks", "environment": "local", "api_key": user, "signing_key": name}
	if err := s.admin.call(ctx, "POST", "/v1/admin/workspaces/"+s.workspace+"/connections", input, &made); err != nil {
		return err
	}
	s.connection = made.ID
	s.show("%s to the environment %q, as %s, by the key %s", made.ID, made.Environment, user, name)
	return nil
}

// moveAssets is the program's whole part in moving assets: one request, which it may send again.
func (s *story) moveAssets(ctx context.Context) error {
	s.say("The program moves 0.5 ETH with one request, and sends it again as after a lost reply: one transfer")
	call := client.Call{Method: "POST", Path: "/v1/transfers", Once: "rent-2026-11", Input: map[string]any{
		"connection": s.connection, "asset": "ETH", "amount": "0.5", "source": map[string]string{"type": "VAULT", "id": "0"},
		"destination": map[string]string{"type": "EXTERNAL_WALLET", "id": "b5ee9e5b-7d3f-4e2c-9a50-3c5a4c9a7e11"}, "note": "rent"}}
	var first, again transfer
	if err := s.program.Do(ctx, call, &first); err != nil {
		return err
	}
	if err := s.program.Do(ctx, call, &again); err != nil {
		return err
	}
	if first.ID != again.ID || first.State != "created" {
		return fmt.Errorf("want one new transfer, got %+v and %+v", first, again)
	}
	s.show("%s, %s, at the provider %s", first.ID, first.State, first.Reference)
	return s.follow(ctx, first)
}

func (s *story) follow(ctx context.Context, t transfer) error {
	s.say("The provider makes one transaction of it; its co-signer asks for approval and signature; the transfer completes")
	for told := ""; ; {
		if err := s.program.Do(ctx, client.Call{Method: "GET", Path: "/v1/transfers/" + t.ID}, &t); err != nil {
			return err
		}
		if t.State != told {
			told = t.State
			s.show("%s %s", t.State, t.Provider.Status)
		}
		if t.State == "completed" {
			break
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("the transfer is still %s: %w", t.State, ctx.Err())
		}
	}
	orders := s.api.Orders(t.Reference)
	if len(orders) != 1 || orders[0].ID != t.Provider.Transaction || len(orders[0].Approvals) != 2 {
		return fmt.Errorf("want one transaction that was approved twice, got %+v", orders)
	}
	for _, a := range orders[0].Approvals {
		s.show("the co-signer was answered %s for %s", a.Action, a.RequestID)
	}
	return s.believed()
}

// believed wants every call to have had a token that the provider took.
func (s *story) believed() error {
	if refused := s.api.Refused(); len(refused) > 0 {
		return fmt.Errorf("the provider did not believe %q", refused)
	}
	s.show("every call was signed for its path, its body and its moment; each nonce came once: %d calls", s.api.Calls(simulator.OpSubmit)+s.api.Calls(simulator.OpStatus)+s.api.Calls(simulator.OpFind))
	return nil
}
