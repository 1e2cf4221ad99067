package local_test

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/shared/wire"
)

// fleet is one stack over several deployments: gateways with different settings on the same tables, queues and keys. While
// one deployment takes over from another, requests meet both.
type fleet struct {
	first *gateway // brought the embedded AWS and the owner
	ahead atomic.Int64
}

// now is the real time and what the test has let pass.
func (f *fleet) now() time.Time { return time.Now().Add(time.Duration(f.ahead.Load())) }

func newFleet(t testing.TB) *fleet {
	t.Helper()
	f := &fleet{}
	f.first = startGateway(t, local.Options{Now: f.now})
	return f
}

// deploy starts a deployment whose settings differ from the first one's.
func (f *fleet) deploy(t testing.TB, settings func(*wire.Env)) *gateway {
	t.Helper()
	g, err := local.Start(t.Context(), local.Options{Now: f.now, Endpoint: f.first.Emulator.URL(), Settings: func(e *wire.Env) {
		e.MasterKey, e.TokenKey, e.SecretsDir = f.first.World.Env.MasterKey, f.first.World.Env.TokenKey, f.first.SecretsDir
		settings(e)
	}})
	must(t, err)
	t.Cleanup(func() { must(t, g.Close()) })
	return &gateway{Gateway: g, beside: f.first.Emulator, password: f.first.password, owner: f.first.owner}
}

// client is a person and a program that go on through all deployments: with the session and the API key that they have,
// and with new ones that they make.
type client struct {
	number          int
	access, refresh string
	workspace       string
	key             string
}

// enter logs a client in and gives it a workspace and a key of its own.
func (f *fleet) enter(t testing.TB, at *gateway, number int) *client {
	t.Helper()
	c := &client{number: number}
	at.access, at.refresh = at.login(t, local.OwnerEmail)
	c.access, c.refresh = at.access, at.refresh
	c.workspace = at.workspace(t, fmt.Sprint("Client ", number))
	c.key = at.key(t, c.workspace, "endpoints:read", "endpoints:write").Token
	return c
}

// round is one time of all that depends on a key, each step at another deployment than the one before.
func (c *client) round(t testing.TB, deployed []*gateway) (done int, err error) {
	call := func(status int, r request, into any) {
		if err != nil {
			return
		}
		var got reply
		if got, err = deployed[(c.number+done)%len(deployed)].try(t.Context(), r); err == nil && got.status != status {
			err = fmt.Errorf("step %d, %s %s: %d %s", done, r.method, r.path, got.status, got.body)
		}
		if err == nil && into != nil {
			got.decode(t, into)
		}
		done++
	}
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	call(200, request{method: "POST", path: "/v1/auth/refresh", body: marshal(map[string]string{"refresh_token": c.refresh})}, &tokens)
	if err == nil {
		c.access, c.refresh = tokens.Access, tokens.Refresh
	}
	var key apiKey
	call(201, request{method: "POST", path: "/v1/admin/workspaces/" + c.workspace + "/keys", token: c.access,
		body: `{"name":"short","scopes":["endpoints:read"],"valid_for_days":1}`}, &key)
	call(200, request{method: "GET", path: "/v1/webhook-endpoints", token: key.Token}, nil)
	call(200, request{method: "GET", path: "/v1/webhook-endpoints", token: c.key}, nil)
	call(200, request{method: "GET", path: "/v1/admin/workspaces/" + c.workspace, token: c.access}, nil)
	return done, err
}

// traffic lets all clients go round at once, so many times, and gives the first error of each.
func traffic(t testing.TB, clients []*client, rounds int, deployed ...*gateway) error {
	t.Helper()
	errs := make([]error, len(clients))
	var all sync.WaitGroup
	for i, c := range clients {
		all.Go(func() {
			for range rounds {
				if _, errs[i] = c.round(t, deployed); errs[i] != nil {
					return
				}
				c.number++
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

// deliverAt has a deployment's workers send all that is announced.
func deliverAt(t testing.TB, g *gateway) error {
	t.Helper()
	return (&vault{gateway: g}).deliver(t)
}

// taskAt runs a function without a route at a deployment.
func taskAt(t testing.TB, g *gateway, name, input string, into any) {
	t.Helper()
	answer, err := g.Task(t.Context(), name, []byte(input))
	must(t, err)
	(reply{header: http.Header{}, body: answer}).decode(t, into)
}
