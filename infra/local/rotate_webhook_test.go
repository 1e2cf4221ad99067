package local_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/receiver"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/wire"
)

// rotate gives an endpoint a new secret at a deployment.
func (c apiKey) rotate(t testing.TB, at *gateway, endpointID, body string) endpoint {
	t.Helper()
	var made endpoint
	at.want(t, 200, request{method: "POST", path: "/v1/webhook-endpoints/" + endpointID + "/rotate", token: c.Token, body: body}).decode(t, &made)
	return made
}

// feed is a workspace in which something is decided all the time, while the workers of all deployments send webhooks of it.
type feed struct {
	decided atomic.Int64
	stop    chan struct{}
	running sync.WaitGroup
	failed  atomic.Pointer[error]
}

func (f *feed) begin(t testing.TB, v *vault, deployed ...*gateway) {
	f.stop = make(chan struct{})
	loop := func(do func() error) {
		f.running.Go(func() {
			for {
				select {
				case <-f.stop:
					return
				default:
				}
				if err := do(); err != nil {
					f.failed.CompareAndSwap(nil, &err)
					return
				}
			}
		})
	}
	for range 2 {
		loop(func() error {
			token, err := v.provider.Sign(transfer(v.home, "fed").Payload())
			if err != nil {
				return err
			}
			answer, err := v.provider.Send(t.Context(), token)
			if err == nil && answer.Action != "APPROVE" {
				err = errors.New("answered " + answer.Action)
			}
			f.decided.Add(1)
			return err
		})
	}
	for _, at := range deployed {
		loop(func() error { return deliverAt(t, at) })
	}
}

// heard waits until a receiver has verified so many webhooks more, and wants none refused.
func (f *feed) heard(t testing.TB, r *receiver.Receiver, more int) {
	t.Helper()
	for range more {
		select {
		case <-r.Verified:
		case err := <-r.Refused:
			t.Fatalf("a webhook did not verify: %v", err)
		case <-time.After(time.Minute):
			t.Fatal("no webhook for a minute")
		}
		if failed := f.failed.Load(); failed != nil {
			t.Fatal(*failed)
		}
	}
}

// A webhook secret is replaced while webhooks go out all the time, from two deployments, without one that does not verify: the
// receiver knows the old secret until some time within the overlap, then the new one. After the overlap the old one signs
// nothing any more.
func TestClaim_W2_SecretRotatesUnderTraffic(t *testing.T) {
	f := newFleet(t)
	v := newVault(t, f.first)
	other := f.deploy(t, func(*wire.Env) {})
	r, err := receiver.Start()
	must(t, err)
	t.Cleanup(func() { must(t, r.Close()) })
	made := v.endpoint(t, v.homeKey, r.URL)
	r.Trust(made.Secret)
	traffic := &feed{}
	traffic.begin(t, v, v.gateway, other)
	end := sync.OnceFunc(func() { close(traffic.stop); traffic.running.Wait() })
	defer end()
	traffic.heard(t, r, 20)

	lost := v.homeKey.rotate(t, other, made.ID, `{"overlap_hours":1}`)
	traffic.heard(t, r, 20)
	fresh := v.homeKey.rotate(t, v.gateway, made.ID, `{"overlap_hours":1}`) // as if the answer before had not arrived
	traffic.heard(t, r, 20)
	r.Trust(fresh.Secret)
	traffic.heard(t, r, 20)
	over := ledger.Item{"earlier_1_until": f.now().UnixMilli(), "earlier_2_until": f.now().UnixMilli()} // as an hour later
	v.alter(t, ledger.Key{PK: "endpoints#" + v.home, SK: "endpoint#" + made.ID}, audit.Target{Type: "endpoint", ID: made.ID}, over)
	traffic.heard(t, r, 20)
	end()
	if failed := traffic.failed.Load(); failed != nil {
		t.Fatal(*failed)
	}
	must(t, errors.Join(deliverAt(t, v.gateway), deliverAt(t, other)))
	if _, refused := arrived(r); refused != 0 {
		t.Errorf("%d webhooks did not verify", refused)
	}
	for name, secret := range map[string]string{"the first secret": made.Secret, "the one that was lost": lost.Secret} {
		r.Trust(secret)
		ask(t, v.provider, transfer(v.home, "after"))
		must(t, deliverAt(t, other))
		if verified, refused := arrived(r); verified != 0 || refused != 1 {
			t.Errorf("%s: after the overlap %d webhooks verified, %d did not; want one that did not", name, verified, refused)
		}
	}
}

// The secret of a rotation is in its answer and in no other, and nowhere in plain: not in a repeat under the same
// Idempotency-Key, not when reading, not in a list, not in any item, message or call. The same holds for the one before.
func TestClaim_W2_RotatedSecretIsShownOnce(t *testing.T) {
	v := shared(t)
	must(t, drained(v.deliver(t)))
	_, made, r := v.listening(t)
	v.Emulator.Forget()
	good := v.example(t, routeNamed(t, "endpoint-rotate"))
	good.once = "rotate-" + v.Opened.Ledger.NewID("one")
	var first endpoint
	v.want(t, 200, good).decode(t, &first)
	secret := runs{}
	for _, shown := range []string{first.Secret, made.Secret} {
		secret.add(bytesOf(t, shown))
		secret.add([]byte(shown[len("whsec_"):]))
	}
	r.Trust(made.Secret)
	get := request{method: "GET", path: "/v1/webhook-endpoints/" + first.ID, token: v.homeKey.Token}
	list := request{method: "GET", path: "/v1/webhook-endpoints?limit=100", token: v.homeKey.Token}
	for name, again := range map[string]request{"a repeat": good, "another repeat": good, "reading": get, "the list": list} {
		got := v.want(t, 200, again)
		if secret.in(string(got.body)) || strings.Contains(string(got.body), `"secret"`) {
			t.Errorf("%s shows the secret: %s", name, got.body)
		}
	}
	stored := v.dump(t).texts()
	for at, text := range stored {
		if secret.in(text) {
			t.Errorf("a part of a secret is stored: %s", at)
		}
	}
	calls := v.Emulator.Calls()
	for _, call := range calls {
		if secret.in(string(call.Body)) {
			t.Errorf("a part of a secret went to %s", call.Operation)
		}
	}
	if len(calls) < 5 || len(stored) < 100 || !secret.in("x"+first.Secret) {
		t.Errorf("only %d calls and %d texts were looked at", len(calls), len(stored))
	}
}
