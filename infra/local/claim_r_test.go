package local_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
)

// With another workspace's key, or another workspace's object, every workspace route answers "not found" or an empty
// list, and writes nothing.
func TestClaim_R2_AnotherWorkspacesObjectIsNotFound(t *testing.T) {
	v := shared(t)
	own := v.endpoint(t, v.homeKey, "http://127.0.0.1:9/hooks")
	for _, row := range rows() {
		s := row.Spec
		if s.Guard.Kind != edge.KeyGuard {
			continue
		}
		good := v.example(t, s)
		lone := v.workspace(t, "Lone")
		good.token = v.key(t, lone, caller.AllScopes()...).Token
		before := v.dump(t)
		switch {
		case strings.Contains(s.Path, "{"):
			_, name, _ := strings.Cut(s.Path, "{")
			name, _, _ = strings.Cut(name, "}")
			if got := v.send(t, good); got.status != 404 || got.code() != strangers[name].unknown {
				t.Errorf("%s: got %d %s", s.Name, got.status, got.body)
			}
			unchanged(t, s.Name, before, v.dump(t))
		case s.Name == "policy-ownusage": // no list: the workspace's own, whoever else has some
			if got := v.want(t, 200, good); !strings.Contains(string(got.body), `{"workspace":"`+lone+`"`) || !strings.Contains(string(got.body), `"caps":[]`) {
				t.Errorf("%s: got %s", s.Name, got.body)
			}
			unchanged(t, s.Name, before, v.dump(t))
		case s.Method == http.MethodGet:
			for _, query := range []string{"", "?limit=100", "?cursor=" + base64.RawURLEncoding.EncodeToString([]byte(own.ID[:10])),
				"?cursor=" + base64.RawURLEncoding.EncodeToString([]byte("../"+v.home))} {
				asked := good
				asked.path += query
				got := v.want(t, 200, asked)
				if diff := cmp.Diff(`{"items":[]}`, string(got.body)); diff != "" {
					t.Errorf("%s%s (-want +got):\n%s", s.Name, query, diff)
				}
			}
			unchanged(t, s.Name, before, v.dump(t))
		case s.Name == "transfer-create": // through another workspace's connection
			if got := v.send(t, good); got.status != 422 || got.code() != "connection_unknown" {
				t.Errorf("%s: got %d %s", s.Name, got.status, got.body)
			}
			unchanged(t, s.Name, before, v.dump(t))
		default: // what it makes is its own
			v.want(t, success(s), good)
			items, _ := before.changes(v.dump(t))
			for _, key := range items {
				if strings.Contains(key.PK, v.home) || strings.Contains(key.PK, v.homeKey.ID) {
					t.Errorf("%s wrote %v of another workspace", s.Name, key)
				}
			}
		}
	}
	// The same for an admin who names one workspace in the path and an object of another.
	before := v.dump(t)
	got := v.send(t, v.admin("DELETE", "/v1/admin/workspaces/"+v.other+"/keys/"+v.homeKey.ID, ""))
	if got.status != 404 || got.code() != "api_key_not_found" {
		t.Errorf("revoking another workspace's key: got %d %s", got.status, got.body)
	}
	unchanged(t, "revoking another workspace's key", before, v.dump(t))
}

// keyTarget names an API key in the trail.
func keyTarget(id string) audit.Target { return audit.Target{Type: "apikey", ID: id} }

// A key that was revoked, or has expired, fails on the very next call of every workspace route.
func TestClaim_R2_RevokedAndExpiredKeysFailOnTheNextCall(t *testing.T) {
	v := shared(t)
	for name, end := range map[string]func(apiKey){
		"revoked": func(k apiKey) {
			v.want(t, 200, v.admin("DELETE", "/v1/admin/workspaces/"+v.home+"/keys/"+k.ID, ""))
		},
		"expired": func(k apiKey) {
			v.alter(t, apikey.At(k.ID), keyTarget(k.ID), ledger.Item{"valid_until": time.Now().UnixMilli()})
		},
		"of no workspace": func(k apiKey) { v.alter(t, apikey.At(k.ID), keyTarget(k.ID), ledger.Item{"workspace": ""}) },
	} {
		for _, row := range rows() {
			if row.Spec.Guard.Kind != edge.KeyGuard {
				continue
			}
			k := v.key(t, v.home, caller.AllScopes()...)
			good := v.example(t, row.Spec)
			good.token = k.Token
			v.want(t, success(row.Spec), good)
			end(k)
			before := v.dump(t)
			if got := v.send(t, good); got.status != 401 || got.code() != "unauthenticated" {
				t.Errorf("%s, %s: got %d %s", row.Spec.Name, name, got.status, got.body)
			}
			unchanged(t, name+" "+row.Spec.Name, before, v.dump(t))
			if name == "of no workspace" { // a list of keys stops at one that can't be read
				v.alter(t, apikey.At(k.ID), keyTarget(k.ID), ledger.Item{"workspace": v.home})
			}
		}
	}
}

// A key can't be made without scopes, or with one that there is none of, and nothing is written.
func TestClaim_R3_EmptyListIsRefusedAtCreation(t *testing.T) {
	v := shared(t)
	before := v.dump(t)
	for body, code := range map[string]string{
		`{"name":"k","scopes":[]}`:                                  "scopes_required",
		`{"name":"k","scopes":["*"]}`:                               "scope_unknown",
		`{"name":"k","scopes":[""]}`:                                "scope_unknown",
		`{"name":"k","scopes":["endpoints:read","endpoints:read"]}`: "scope_repeated",
		`{"name":"k"}`:                                              "malformed_request",
		`{"name":"k","scopes":null}`:                                "malformed_request",
		`{"name":"k","scopes":"endpoints:read"}`:                    "malformed_request",
		`{"name":"k","scopes":[null]}`:                              "malformed_request",
		`{"name":"k","scopes":["endpoints:read"],"scope_mode":"x"}`: "malformed_request",
		`{"name":"k","scopes":[],"scope_mode":"legacy_all"}`:        "malformed_request",
		`{"name":"k","scopes":["endpoints:read"],"legacy":true}`:    "malformed_request",
		`{"name":"k","scopes":{"0":"endpoints:read"}}`:              "malformed_request",
		`{"name":"k","scopes":["endpoints:read"],"Scopes":["x"]}`:   "malformed_request",
		`{"name":"k","scopes":["endpoints:read"],"scopes":[]}`:      "malformed_request",
	} {
		if got := v.send(t, v.admin("POST", "/v1/admin/workspaces/"+v.home+"/keys", body)); got.code() != code {
			t.Errorf("%s: got %d %s, want %s", body, got.status, got.body, code)
		}
	}
	unchanged(t, "a key without scopes", before, v.dump(t))
}

func texts(values ...string) types.AttributeValue {
	list := &types.AttributeValueMemberL{Value: []types.AttributeValue{}}
	for _, value := range values {
		list.Value = append(list.Value, &types.AttributeValueMemberS{Value: value})
	}
	return list
}

// Whatever stands in the database in place of a list of scopes denies, except an empty list under the explicit legacy
// mark, and a list with the required scope.
func TestClaim_R3_OnlyTheLegacyMarkMakesAnEmptyListAWildcard(t *testing.T) {
	v := shared(t)
	legacy := &types.AttributeValueMemberS{Value: "legacy_all"}
	null := &types.AttributeValueMemberNULL{Value: true}
	tests := []struct {
		name         string
		scopes, mode types.AttributeValue // nil: the attribute is removed
		read, write  int                  // status
	}{
		{"missing", nil, nil, 401, 401},
		{"missing, marked", nil, legacy, 401, 401},
		{"null", null, nil, 401, 401},
		{"null, marked", null, legacy, 401, 401},
		{"a text", &types.AttributeValueMemberS{Value: "endpoints:read"}, nil, 401, 401},
		{"a number", &types.AttributeValueMemberN{Value: "1"}, legacy, 401, 401},
		{"true", &types.AttributeValueMemberBOOL{Value: true}, legacy, 401, 401},
		{"a map", &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{"endpoints:read": null}}, nil, 401, 401},
		{"a set", &types.AttributeValueMemberSS{Value: []string{"endpoints:read", "endpoints:write"}}, nil, 401, 401},
		{"bytes", &types.AttributeValueMemberB{Value: []byte("endpoints:read")}, nil, 401, 401},
		{"a list of null", &types.AttributeValueMemberL{Value: []types.AttributeValue{null}}, legacy, 401, 401},
		{"a mixed list", &types.AttributeValueMemberL{Value: []types.AttributeValue{&types.AttributeValueMemberS{Value: "endpoints:read"}, null}}, nil, 401, 401},
		{"empty", texts(), nil, 403, 403},
		{"empty, mark in another case", texts(), &types.AttributeValueMemberS{Value: "LEGACY_ALL"}, 403, 403},
		{"empty, mark of another type", texts(), &types.AttributeValueMemberBOOL{Value: true}, 401, 401},
		{"empty, empty mark", texts(), &types.AttributeValueMemberS{Value: ""}, 403, 403},
		{"empty, marked", texts(), legacy, 200, 400},
		{"one, marked", texts("endpoints:read"), legacy, 200, 403},
		{"a part", texts("endpoints:read"), nil, 200, 403},
		{"the other part", texts("endpoints:write"), nil, 403, 400},
		{"all", texts("endpoints:write", "endpoints:read"), nil, 200, 400},
		{"another case", texts("Endpoints:Read", "ENDPOINTS:WRITE"), nil, 403, 403},
		{"a wildcard", texts("*", "endpoints:*"), nil, 403, 403},
		{"a prefix", texts("endpoints", "endpoints:", "endpoints:rea"), nil, 403, 403},
	}
	k := v.key(t, v.home, caller.EndpointsRead)
	before := v.dump(t)
	for _, tt := range tests {
		v.plant(t, k.ID, "scopes", tt.scopes)
		v.plant(t, k.ID, "scope_mode", tt.mode)
		read := v.send(t, request{method: "GET", path: "/v1/webhook-endpoints", token: k.Token})
		write := v.send(t, request{method: "POST", path: "/v1/webhook-endpoints", token: k.Token, body: `{}`}) // 400: let in, and then refused for its body
		if read.status != tt.read || write.status != tt.write {
			t.Errorf("%s: got %d to read and %d to write, want %d and %d", tt.name, read.status, write.status, tt.read, tt.write)
		}
	}
	v.plant(t, k.ID, "scopes", texts(caller.EndpointsRead))
	v.plant(t, k.ID, "scope_mode", nil)
	unchanged(t, "a refused or idle key", before, v.dump(t))
}

// plant puts anything into a stored key, past the program.
func (v *vault) plant(t testing.TB, keyID, attribute string, value types.AttributeValue) {
	t.Helper()
	in := &dynamodb.UpdateItemInput{TableName: &v.World.Env.VaultTable, Key: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "apikey#" + keyID}, "sk": &types.AttributeValueMemberS{Value: "apikey"}},
		UpdateExpression: aws.String("REMOVE #a"), ExpressionAttributeNames: map[string]string{"#a": attribute}}
	if value != nil {
		in.UpdateExpression, in.ExpressionAttributeValues = aws.String("SET #a = :v"), map[string]types.AttributeValue{":v": value}
	}
	_, err := v.database().UpdateItem(t.Context(), in)
	must(t, err)
}

// A route that asks for two scopes is open to a key that has both, and to no key that has one: through the gate and the
// edge that all routes have.
func TestClaim_R3_EveryRequiredScopeIsNeeded(t *testing.T) {
	v := shared(t)
	type nothing struct{}
	both := edge.Bind(v.Opened.APIs, edge.Route[nothing, nothing, nothing]{
		Spec: edge.Spec{Name: "test-both", Method: "GET", Path: "/test", Guard: edge.APIKey(caller.EndpointsRead, caller.EndpointsWrite)},
		Do:   func(nothing, context.Context, caller.Caller, nothing) (nothing, error) { return nothing{}, nil },
	}, nothing{})
	for _, tt := range []struct {
		scopes []string
		want   int
	}{
		{[]string{caller.EndpointsRead}, 403},
		{[]string{caller.EndpointsWrite}, 403},
		{[]string{caller.EndpointsRead, caller.EndpointsWrite}, 200},
	} {
		header := http.Header{"Authorization": {"Bearer " + v.key(t, v.home, tt.scopes...).Token}}
		got := both(t.Context(), edge.Request{ID: "req_test", Method: "GET", Path: "/test", Header: header})
		if got.Status != tt.want || !json.Valid(got.Body) {
			t.Errorf("%v: got %d %s, want %d", tt.scopes, got.Status, got.Body, tt.want)
		}
	}
}
