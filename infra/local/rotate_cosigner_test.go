package local_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/zenvault/zenvault/infra/simulator"
	"github.com/zenvault/zenvault/shared/wire"
)

// freshKey puts a new response key into the secrets directory.
func (g *gateway) freshKey(t testing.TB, name string) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(g.SecretsDir, name), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	return key
}

// answeredWith tells which of the keys signed an answer, and the action that it says.
func answeredWith(body []byte, keys ...*rsa.PublicKey) (signer int, action string, err error) {
	parts := strings.Split(string(body), ".")
	if len(parts) != 3 {
		return 0, "", fmt.Errorf("the answer %.80q is no token", body)
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return 0, "", err
	}
	content, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct{ Action string }
	if err = errors.Join(err, json.Unmarshal(content, &claims)); err != nil {
		return 0, "", err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	for i, key := range keys {
		if rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil {
			return i, claims.Action, nil
		}
	}
	return 0, "", errors.New("no key verifies the answer")
}

// asking is a co-signer that never stops: several callers at once, at every deployment in turn, about transactions and about
// changes of configuration. It signs with the key that it has at the moment and believes answers of several keys.
type asking struct {
	path      string
	workspace string
	key       atomic.Pointer[simulator.Fireblocks]
	believed  []*rsa.PublicKey

	stop    chan struct{}
	workers sync.WaitGroup
	rounds  []atomic.Int64 // of each caller
	signers []atomic.Int64 // how many answers each believed key has signed
	config  sync.Map       // the actions that changes of configuration were answered
	failed  atomic.Pointer[error]
}

func (a *asking) begin(t testing.TB, deployed ...*gateway) {
	a.stop, a.rounds, a.signers = make(chan struct{}), make([]atomic.Int64, 4), make([]atomic.Int64, len(a.believed))
	for caller := range a.rounds {
		a.workers.Go(func() {
			for i := caller; ; i++ {
				select {
				case <-a.stop:
					return
				default:
				}
				if err := a.ask(t, deployed[i%len(deployed)], i%5 == 0); err != nil {
					a.failed.CompareAndSwap(nil, &err)
					return
				}
				a.rounds[caller].Add(1)
			}
		})
	}
}

func (a *asking) ask(t testing.TB, at *gateway, config bool) error {
	payload, route := transfer(a.workspace, "traffic").Payload(), "/v2/tx_sign_request"
	if config {
		payload, route = map[string]any{"requestId": rand.Text(), "type": "EXCHANGE"}, "/v2/config_change_sign_request"
	}
	token, err := a.key.Load().Sign(payload)
	if err != nil {
		return err
	}
	got, err := at.try(t.Context(), request{method: "POST", path: a.path + route, body: string(token)})
	if err != nil {
		return err
	}
	if got.status != 200 {
		return fmt.Errorf("%s: %d %s", route, got.status, got.body)
	}
	signer, action, err := answeredWith(got.body, a.believed...)
	if err != nil {
		return err
	}
	if a.signers[signer].Add(1); config {
		a.config.Store(action, true)
	} else if action != "APPROVE" {
		return fmt.Errorf("answered %s", action)
	}
	return nil
}

// settle asks on, too, until each caller has begun and ended some requests more.
func (a *asking) settle(t testing.TB, at *gateway) {
	t.Helper()
	for caller := range a.rounds {
		for goal := a.rounds[caller].Load() + 6; a.rounds[caller].Load() < goal; {
			must(t, a.ask(t, at, false))
			if failed := a.failed.Load(); failed != nil {
				t.Fatal(*failed)
			}
		}
	}
}

// A co-signer's inbound key, the key that answers it and its settings change while it asks on, at two deployments that both have
// it in memory: no request fails and every answer verifies. Once the old inbound key is taken away, a message signed by it gets
// a 401 everywhere, at once.
func TestCosignerRotates(t *testing.T) {
	f := newFleet(t)
	v := newVault(t, f.first)
	other := f.deploy(t, func(*wire.Env) {})
	oldAnswers, newAnswers := v.signingKey(t), v.freshKey(t, "second-response")
	old := v.provider
	fresh, err := simulator.NewFireblocks()
	must(t, err)
	patch := func(changes map[string]any) {
		t.Helper()
		v.want(t, 200, v.admin("PATCH", "/v1/admin/cosigners/"+v.cosigner, marshal(changes)))
	}
	_, path, _ := strings.Cut(strings.TrimPrefix(old.BaseURL, "http://"), "/")
	a := &asking{path: "/" + path, workspace: v.home, believed: []*rsa.PublicKey{&oldAnswers.PublicKey, &newAnswers.PublicKey}}
	a.key.Store(old)
	a.begin(t, v.gateway, other)
	defer func() { close(a.stop); a.workers.Wait() }()
	a.settle(t, other)

	patch(map[string]any{"inbound_keys": []string{old.PublicKeyPEM(), fresh.PublicKeyPEM()}})
	a.settle(t, other)
	a.key.Store(fresh) // the co-signer changes over
	a.settle(t, other)
	patch(map[string]any{"inbound_keys": []string{fresh.PublicKeyPEM()}})
	for _, at := range []*gateway{v.gateway, other, v.gateway, other} {
		token := sign(t, old, transfer(v.home, "stolen").Payload())
		if got := at.send(t, request{method: "POST", path: a.path + "/v2/tx_sign_request", body: string(token)}); got.status != 401 || got.code() != "callback_not_authentic" {
			t.Errorf("by the key that was taken away: %d %s", got.status, got.body)
		}
	}
	a.settle(t, other)
	if a.signers[1].Load() != 0 {
		t.Errorf("%d answers are signed by a key that is not in use yet", a.signers[1].Load())
	}

	patch(map[string]any{"response_key": "second-response"})
	a.settle(t, other)
	before := a.signers[0].Load()
	a.settle(t, other)
	if after := a.signers[0].Load(); after != before || a.signers[1].Load() == 0 {
		t.Errorf("the key before still signs: %d answers, then %d; the new one signed %d", before, after, a.signers[1].Load())
	}

	if _, ignored := a.config.Load("IGNORE"); ignored {
		t.Error("ignored before anybody said so")
	}
	patch(map[string]any{"config_changes": "ignore", "name": "Renamed"})
	a.settle(t, other)
	if _, ignored := a.config.Load("IGNORE"); !ignored {
		t.Error("the setting is not followed")
	}
	if failed := a.failed.Load(); failed != nil {
		t.Error(*failed)
	}
}
