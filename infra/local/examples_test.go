package local_test

import (
	"cmp"
	"crypto/rand"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/infra/simulator"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/routes"
)

// examples is one good request for each route; each call of one prepares what its request needs. A route without an
// example fails every test that goes over the table.
var examples = map[string]func(testing.TB, *vault) request{
	"health-check": func(testing.TB, *vault) request { return request{method: "GET", path: "/healthz"} },
	"session-jwks": func(testing.TB, *vault) request { return request{method: "GET", path: "/.well-known/jwks.json"} },
	"session-login": func(_ testing.TB, v *vault) request {
		body := marshal(map[string]string{"email": local.OwnerEmail, "password": v.password})
		return request{method: "POST", path: "/v1/auth/login", body: body}
	},
	"session-refresh": func(t testing.TB, v *vault) request {
		_, refresh := v.login(t, local.OwnerEmail)
		return request{method: "POST", path: "/v1/auth/refresh", body: marshal(map[string]string{"refresh_token": refresh})}
	},
	"session-second": func(t testing.TB, v *vault) request {
		p := v.enrolled(t, caller.Auditor)
		return second(v.challenge(t, p), "recovery_code", p.codes[0])
	},
	"session-logout": func(t testing.TB, v *vault) request {
		return v.person(t, caller.Auditor).asks("POST", "/v1/auth/logout", "")
	},
	"session-logoutall": func(t testing.TB, v *vault) request {
		return v.person(t, caller.Auditor).asks("POST", "/v1/auth/logout-all", "")
	},
	"session-list": func(t testing.TB, v *vault) request {
		return v.person(t, caller.Auditor).asks("GET", "/v1/auth/sessions", "")
	},
	"session-end": func(t testing.TB, v *vault) request {
		p := v.person(t, caller.Auditor)
		_, other := v.enterAs(t, p.id)
		return p.asks("DELETE", "/v1/auth/sessions/"+other, "")
	},
	"session-listof": func(t testing.TB, v *vault) request {
		return v.admin("GET", "/v1/admin/admins/"+v.person(t, caller.Auditor).id+"/sessions", "")
	},
	"session-endof": func(t testing.TB, v *vault) request {
		return v.admin("DELETE", "/v1/admin/admins/"+v.person(t, caller.Auditor).id+"/sessions", "")
	},
	"admin-me": func(_ testing.TB, v *vault) request { return v.admin("GET", "/v1/auth/me", "") },
	"factor-enrol": func(t testing.TB, v *vault) request {
		return v.person(t, caller.Auditor).asks("POST", "/v1/auth/factor", marshal(map[string]string{"password": v.password}))
	},
	"factor-confirm": func(t testing.TB, v *vault) request {
		p := v.person(t, caller.Auditor)
		v.enrol(t, p)
		return p.asks("POST", "/v1/auth/factor/confirm", marshal(map[string]string{"code": v.code(p, 0)}))
	},
	"factor-disable": func(t testing.TB, v *vault) request {
		p := v.enrolled(t, caller.Auditor)
		return p.asks("POST", "/v1/auth/factor/disable", marshal(map[string]string{"password": v.password, "recovery_code": p.codes[0]}))
	},
	"factor-resetof": func(t testing.TB, v *vault) request {
		return v.admin("POST", "/v1/admin/admins/"+v.enrolled(t, caller.Auditor).id+"/factor/reset", "")
	},
	"factor-count": func(_ testing.TB, v *vault) request { return v.admin("GET", "/v1/auth/recovery-codes", "") },
	"factor-renew": func(t testing.TB, v *vault) request {
		p := v.enrolled(t, caller.Auditor)
		return p.asks("POST", "/v1/auth/recovery-codes", marshal(map[string]string{"password": v.password, "recovery_code": p.codes[0]}))
	},
	"admin-invite": func(_ testing.TB, v *vault) request {
		return v.admin("POST", "/v1/admin/admins", marshal(map[string]string{"email": newAddress(), "role": "operator", "name": "Another"}))
	},
	"admin-reinvite": func(t testing.TB, v *vault) request {
		return v.admin("POST", "/v1/admin/admins/"+v.invited(t, caller.Auditor)+"/invite", "")
	},
	"admin-accept": func(t testing.TB, v *vault) request {
		return request{method: "POST", path: "/v1/auth/accept", body: marshal(map[string]string{"token": v.invitation(t, v.invited(t, caller.Auditor)),
			"password": newPassword, "name": "Invited"})}
	},
	"admin-list": func(_ testing.TB, v *vault) request { return v.admin("GET", "/v1/admin/admins?limit=2", "") },
	"admin-get":  func(_ testing.TB, v *vault) request { return v.admin("GET", "/v1/admin/admins/"+v.owner, "") },
	"admin-appoint": func(t testing.TB, v *vault) request {
		return v.admin("PUT", "/v1/admin/admins/"+v.plantAdmin(t, caller.Auditor)+"/role", `{"role":"operator"}`)
	},
	"admin-disable": func(t testing.TB, v *vault) request {
		return v.admin("POST", "/v1/admin/admins/"+v.plantAdmin(t, caller.Auditor)+"/disable", "")
	},
	"admin-enable": func(t testing.TB, v *vault) request {
		id := v.plantAdmin(t, caller.Auditor)
		v.want(t, 200, v.admin("POST", "/v1/admin/admins/"+id+"/disable", ""))
		return v.admin("POST", "/v1/admin/admins/"+id+"/enable", "")
	},
	"password-change": func(t testing.TB, v *vault) request {
		body := marshal(map[string]string{"current_password": v.password, "new_password": newPassword})
		return v.person(t, caller.Auditor).asks("POST", "/v1/auth/password", body)
	},
	"password-forgot": func(_ testing.TB, v *vault) request {
		return request{method: "POST", path: "/v1/auth/forgot", body: marshal(map[string]string{"email": newAddress()})}
	},
	"password-reset": func(t testing.TB, v *vault) request {
		body := marshal(map[string]string{"token": v.resetToken(t, v.person(t, caller.Auditor).email), "password": newPassword})
		return request{method: "POST", path: "/v1/auth/reset", body: body}
	},
	"workspace-create": func(_ testing.TB, v *vault) request {
		return v.admin("POST", "/v1/admin/workspaces", `{"name":"Another"}`)
	},
	"workspace-list": func(_ testing.TB, v *vault) request { return v.admin("GET", "/v1/admin/workspaces", "") },
	"workspace-get":  func(_ testing.TB, v *vault) request { return v.admin("GET", "/v1/admin/workspaces/"+v.home, "") },
	"apikey-create": func(_ testing.TB, v *vault) request {
		return v.admin("POST", "/v1/admin/workspaces/"+v.home+"/keys", `{"name":"another","scopes":["endpoints:read"]}`)
	},
	"apikey-list": func(_ testing.TB, v *vault) request {
		return v.admin("GET", "/v1/admin/workspaces/"+v.home+"/keys", "")
	},
	"apikey-get": func(_ testing.TB, v *vault) request {
		return v.admin("GET", "/v1/admin/workspaces/"+v.home+"/keys/"+v.homeKey.ID, "")
	},
	"apikey-update": func(t testing.TB, v *vault) request {
		return v.admin("PATCH", "/v1/admin/workspaces/"+v.home+"/keys/"+v.key(t, v.home, caller.EndpointsRead).ID,
			marshal(map[string]any{"name": "renamed", "allowed_sources": []string{"192.0.2.0/24"}, "public_key": publicKey, "require_signature": true}))
	},
	"apikey-rotate": func(t testing.TB, v *vault) request {
		return v.admin("POST", "/v1/admin/workspaces/"+v.home+"/keys/"+v.key(t, v.home, caller.EndpointsRead).ID+"/rotate", `{"overlap_hours":1}`)
	},
	"apikey-revoke": func(t testing.TB, v *vault) request {
		return v.admin("DELETE", "/v1/admin/workspaces/"+v.home+"/keys/"+v.key(t, v.home, caller.EndpointsRead).ID, "")
	},
	"policy-draft": func(t testing.TB, v *vault) request {
		v.draft(t, v.home)
		return v.admin("PUT", "/v1/admin/workspaces/"+v.home+"/policy/draft", strings.Replace(document, `"amount":"1"`, `"amount":"2"`, 1))
	},
	"policy-publish": func(t testing.TB, v *vault) request {
		body := marshal(map[string]int64{"draft_version": v.draft(t, v.home)})
		return v.admin("POST", "/v1/admin/workspaces/"+v.home+"/policy/publish", body)
	},
	"policy-get": func(_ testing.TB, v *vault) request {
		return v.admin("GET", "/v1/admin/workspaces/"+v.home+"/policy", "")
	},
	"policy-usage": func(t testing.TB, v *vault) request {
		return v.admin("GET", "/v1/admin/workspaces/"+v.capped(t)+"/policy/usage", "")
	},
	"policy-ownusage": func(t testing.TB, v *vault) request {
		return request{method: "GET", path: "/v1/policy/usage", token: v.key(t, v.capped(t), caller.PoliciesRead).Token}
	},
	"cosigner-register": func(_ testing.TB, v *vault) request {
		return v.admin("POST", "/v1/admin/cosigners", marshal(map[string]any{"name": "Second", "provider": "fireblocks",
			"inbound_keys": []string{v.provider.PublicKeyPEM()}, "response_key": local.SigningKey, "workspaces": []string{v.home}}))
	},
	"cosigner-list": func(_ testing.TB, v *vault) request { return v.admin("GET", "/v1/admin/cosigners", "") },
	"cosigner-get":  func(_ testing.TB, v *vault) request { return v.admin("GET", "/v1/admin/cosigners/"+v.cosigner, "") },
	"cosigner-update": func(t testing.TB, v *vault) request {
		id, provider := v.register(t, v.home)
		another, err := simulator.NewFireblocks()
		must(t, err)
		return v.admin("PATCH", "/v1/admin/cosigners/"+id, marshal(map[string]any{"name": "Renamed", "version": 1,
			"inbound_keys": []string{provider.PublicKeyPEM(), another.PublicKeyPEM()}, "workspaces": []string{v.home, v.other}, "config_changes": "ignore"}))
	},
	"connection-register": func(t testing.TB, v *vault) request {
		v.room(t)
		return v.admin("POST", "/v1/admin/workspaces/"+v.home+"/connections", connectionBody(local.ProviderKey))
	},
	"connection-list": func(_ testing.TB, v *vault) request {
		return v.admin("GET", "/v1/admin/workspaces/"+v.home+"/connections", "")
	},
	"connection-get": func(t testing.TB, v *vault) request {
		return v.admin("GET", "/v1/admin/workspaces/"+v.home+"/connections/"+v.connected(t), "")
	},
	"connection-update": func(t testing.TB, v *vault) request {
		return v.admin("PATCH", "/v1/admin/workspaces/"+v.home+"/connections/"+v.newConnection(t), marshal(map[string]string{"name": "Renamed", "api_key": newName("example"), "signing_key": local.ProviderKey}))
	},
	"trail-list": func(_ testing.TB, v *vault) request { return v.admin("GET", "/v1/admin/audit?limit=2", "") },
	"cosign-fireblocks": func(t testing.TB, v *vault) request {
		token := sign(t, v.provider, transfer(v.home, "example").Payload())
		return request{method: "POST", path: "/cosigner/fireblocks/" + v.cosigner + "/v2/tx_sign_request", body: string(token)}
	},
	"cosign-fireblocksconfig": func(t testing.TB, v *vault) request {
		token := sign(t, v.provider, map[string]any{"requestId": "example-" + rand.Text()[:8], "type": "EXCHANGE", "extraInfo": map[string]any{"apiKey": "x"}})
		return request{method: "POST", path: "/cosigner/fireblocks/" + v.cosigner + "/v2/config_change_sign_request", body: string(token)}
	},
	"cosign-safeheron": func(t testing.TB, v *vault) request {
		workspace, lines := v.lined(t)
		return request{method: "POST", path: lines["safeheron"].path, body: string(lines["safeheron"].message(t, want(workspace, "example")))}
	},
	"cosign-cobo": func(t testing.TB, v *vault) request {
		workspace, lines := v.lined(t)
		return request{method: "POST", path: lines["cobo"].path, body: string(lines["cobo"].message(t, want(workspace, "example")))}
	},
	"transfer-create": func(t testing.TB, v *vault) request { return v.order(t, newName("example")) },
	"transfer-list": func(_ testing.TB, v *vault) request {
		return request{method: "GET", path: "/v1/transfers", token: v.homeKey.Token}
	},
	"transfer-get": func(t testing.TB, v *vault) request {
		return request{method: "GET", path: "/v1/transfers/" + v.ordered(t, newName("example")).ID, token: v.homeKey.Token}
	},
	"transfer-cancel": func(t testing.TB, v *vault) request {
		return request{method: "POST", path: "/v1/transfers/" + v.ordered(t, newName("example")).ID + "/cancel", token: v.homeKey.Token}
	},
	"endpoint-create": func(t testing.TB, v *vault) request {
		v.room(t)
		return request{method: "POST", path: "/v1/webhook-endpoints", token: v.homeKey.Token,
			body: `{"url":"http://127.0.0.1:9/hooks","events":["*"]}`}
	},
	"endpoint-list": func(_ testing.TB, v *vault) request {
		return request{method: "GET", path: "/v1/webhook-endpoints", token: v.homeKey.Token}
	},
	"endpoint-rotate": func(t testing.TB, v *vault) request {
		return request{method: "POST", path: "/v1/webhook-endpoints/" + v.endpoint(t, v.homeKey, "http://127.0.0.1:9/hooks").ID + "/rotate",
			token: v.homeKey.Token, body: `{"overlap_hours":1}`}
	},
	"endpoint-get": func(t testing.TB, v *vault) request {
		return request{method: "GET", path: "/v1/webhook-endpoints/" + v.endpoint(t, v.homeKey, "http://127.0.0.1:9/hooks").ID, token: v.homeKey.Token}
	},
}

// capped is a workspace that has used up some of a cap over time.
func (v *vault) capped(t testing.TB) (workspace string) {
	t.Helper()
	workspace = v.workspace(t, "Capped")
	v.enact(t, workspace, dailyETH)
	_, provider := v.register(t, workspace)
	ask(t, provider, transfer(workspace, "capped"))
	return workspace
}

// room counts the endpoints and connections of the shared workspaces anew: all tests together make more than a workspace may have.
func (v *vault) room(t testing.TB) {
	t.Helper()
	for _, workspace := range []string{v.home, v.other} {
		for _, counted := range []string{"endpoints#", "connections#"} {
			key := map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: counted + workspace}, "sk": &types.AttributeValueMemberS{Value: "count"}}
			_, err := v.database().DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: &v.World.Env.VaultTable, Key: key})
			must(t, err)
		}
	}
}

// endpoint is a webhook endpoint as its making shows it.
type endpoint struct{ ID, Secret string }

func (v *vault) endpoint(t testing.TB, by apiKey, url string) endpoint {
	t.Helper()
	v.room(t)
	var made endpoint
	body := marshal(map[string]any{"url": url, "events": []string{"*"}})
	v.want(t, 201, request{method: "POST", path: "/v1/webhook-endpoints", token: by.Token, body: body}).decode(t, &made)
	return made
}

// example is the good request of a route.
func (v *vault) example(t testing.TB, s edge.Spec) request {
	t.Helper()
	prepare := examples[s.Name]
	if prepare == nil {
		t.Fatalf("the route %s has no example: add one to the table of examples", s.Name)
	}
	return prepare(t, v)
}

// success is the status of a good request.
func success(s edge.Spec) int {
	if s.Status == 0 {
		return 200
	}
	return s.Status
}

// rows are the table's routes.
func rows() []routes.Row {
	var all []routes.Row
	for _, row := range routes.Table() {
		if row.Spec.HTTP() {
			all = append(all, row)
		}
	}
	return all
}

// mutates reports whether a route may write a domain's items.
func mutates(s edge.Spec) bool { return len(s.Needs.Writes) > 0 }

// Every route has an example that works, whose answer is of the media type that the OpenAPI document says, and no example is
// left over.
func TestExamples(t *testing.T) {
	v, known := shared(t), map[string]bool{}
	for _, row := range rows() {
		known[row.Spec.Name] = true
		got := v.want(t, success(row.Spec), v.example(t, row.Spec))
		media, _, _ := strings.Cut(got.header.Get("Content-Type"), ";")
		if want := cmp.Or(row.Spec.Gives, "application/json"); media != want {
			t.Errorf("%s answers %q, want %s", row.Spec.Name, media, want)
		}
	}
	for name := range examples {
		if !known[name] {
			t.Errorf("the example %s is of no route", name)
		}
	}
	v.dump(t).verify(t)
}
