package cosign_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/cosign"
	"github.com/zenvault/zenvault/shared/edge"
)

// asAdmin lets an owner in, whoever asks: what the gate does is tested with the gate.
type asAdmin struct{}

func (asAdmin) Admit(context.Context, edge.Request) (caller.Caller, error) { return admin, nil }

func (s *stage) route(method, body string, params map[string]string, h edge.Handler) edge.Response {
	return h(context.Background(), edge.Request{ID: "request-1", Method: method, Params: params, Header: http.Header{}, Body: []byte(body)})
}

func (s *stage) registration(changes object) string {
	in := object{"name": "Line", "provider": "fireblocks", "inbound_keys": []string{public(theirs())},
		"response_key": "fireblocks-response", "workspaces": []string{s.workspace.String()}}
	for name, value := range changes {
		if in[name] = value; value == nil {
			delete(in, name)
		}
	}
	raw, _ := json.Marshal(in)
	return string(raw)
}

// A registered cosigner is shown with the ids of its keys and the path for the provider; it is found by id and in the list,
// and leaves one entry.
func TestRegister(t *testing.T) {
	s := newStage(t)
	register := edge.Bind(s.world.Edge(asAdmin{}, nil), cosign.RouteRegister, s.cosigners())
	answer := s.route(http.MethodPost, s.registration(nil), nil, register)
	var got cosign.View
	must(t, json.Unmarshal(answer.Body, &got))
	der, _ := x509.MarshalPKIXPublicKey(&theirs().PublicKey)
	sum := sha256.Sum256(der)
	want := cosign.View{ID: got.ID, Provider: "fireblocks", Name: "Line", InboundKeys: []cosign.KeyView{{ID: hex.EncodeToString(sum[:]),
		PEM: public(theirs())}}, ResponseKey: "fireblocks-response", Workspaces: got.Workspaces, Unreferenced: "reject", ConfigChanges: "reject",
		CallbackPath: "/cosigner/fireblocks/" + got.ID, CreatedAt: got.CreatedAt, Version: 1}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b interface{ IsZero() bool }) bool { return a == b })); diff != "" || answer.Status != http.StatusCreated {
		t.Errorf("%d (-want +got):\n%s", answer.Status, diff)
	}
	get := edge.Bind(s.world.Edge(asAdmin{}, nil), cosign.RouteGet, s.cosigners())
	if again := s.route(http.MethodGet, "", map[string]string{"cosigner": got.ID}, get); string(again.Body) != string(answer.Body) {
		t.Errorf("read: %s, want %s", again.Body, answer.Body)
	}
	for _, unknown := range []string{"cos_01jdaaaaaaaaaaaaaaaaaaaaaa", "x", "", "../" + got.ID} {
		if none := s.route(http.MethodGet, "", map[string]string{"cosigner": unknown}, get); none.Status != http.StatusNotFound {
			t.Errorf("%q: %d %s", unknown, none.Status, none.Body)
		}
	}
	list := edge.Bind(s.world.Edge(asAdmin{}, nil), cosign.RouteList, s.cosigners())
	var page edge.Page[cosign.View]
	must(t, json.Unmarshal(s.route(http.MethodGet, "", nil, list).Body, &page))
	both := []string{s.cosigner, got.ID}
	slices.Sort(both) // of one millisecond they may be either way round
	if len(page.Items) != 2 || page.Items[0].ID != both[0] || page.Items[1].ID != both[1] {
		t.Errorf("list: %+v", page)
	}
}

// badSetting is what no cosigner may have, and the member that is named.
type badSetting struct {
	about   string
	changes object
	status  int
	code    string
	field   string
}

func badSettings(t *testing.T, s *stage) []badSetting {
	t.Helper()
	block := func(kind string, der []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	must(t, err)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	curveDER, err := x509.MarshalPKIXPublicKey(&curve.PublicKey)
	must(t, err)
	three := theirs().PublicKey
	three.E = 3
	huge := rsa.PublicKey{N: new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 4100), big.NewInt(1)), E: 65537}
	private := block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(ours()))
	key := public(theirs())
	many := make([]string, 51)
	for i := range many {
		many[i] = strings.Replace(s.workspace.String(), "ws_", "ws_", 1)[:len(s.workspace.String())-2] + string("0123456789abcdefghjkmnpqrstvwxyz"[i%32]) + string("0123"[i/32])
	}
	missing := many[0][:len(many[0])-2] + "zz"
	return []badSetting{
		{"no name", object{"name": nil}, 400, "malformed_request", "/name"},
		{"an empty name", object{"name": ""}, 422, "cosigner_name_invalid", "/name"},
		{"another provider", object{"provider": "bitgo"}, 422, "provider_unsupported", "/provider"},
		{"a provider in another case", object{"provider": "Safeheron"}, 422, "provider_unsupported", "/provider"},
		{"no provider", object{"provider": ""}, 422, "provider_unsupported", "/provider"},
		{"a small key for Safeheron", object{"provider": "safeheron"}, 422, "inbound_key_size", "/inbound_keys/0"},
		{"a small second key for Safeheron", object{"provider": "safeheron", "inbound_keys": []string{public(large()), key}}, 422, "inbound_key_size", "/inbound_keys/1"},
		{"a large key for Cobo", object{"provider": "cobo", "inbound_keys": []string{public(large())}}, 422, "inbound_key_size", "/inbound_keys/0"},
		{"a key in KMS for Safeheron", object{"provider": "safeheron", "inbound_keys": []string{public(large())}, "response_key": "kms:alias/safeheron"}, 422, "response_key_home", "/response_key"},
		{"no keys", object{"inbound_keys": []string{}}, 422, "inbound_keys_count", "/inbound_keys"},
		{"six keys", object{"inbound_keys": []string{key, key, key, key, key, key}}, 422, "inbound_keys_count", "/inbound_keys"},
		{"a key twice", object{"inbound_keys": []string{key, key}}, 422, "inbound_key_repeated", "/inbound_keys/1"},
		{"a small key", object{"inbound_keys": []string{key, public(small)}}, 422, "inbound_key_invalid", "/inbound_keys/1"},
		{"a huge key", object{"inbound_keys": []string{public(&rsa.PrivateKey{PublicKey: huge})}}, 422, "inbound_key_invalid", "/inbound_keys/0"},
		{"the exponent 3", object{"inbound_keys": []string{public(&rsa.PrivateKey{PublicKey: three})}}, 422, "inbound_key_invalid", "/inbound_keys/0"},
		{"a curve", object{"inbound_keys": []string{block("PUBLIC KEY", curveDER)}}, 422, "inbound_key_invalid", "/inbound_keys/0"},
		{"PKCS #1", object{"inbound_keys": []string{block("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&theirs().PublicKey))}}, 422, "inbound_key_invalid", "/inbound_keys/0"},
		{"a private key", object{"inbound_keys": []string{private}}, 422, "inbound_key_invalid", "/inbound_keys/0"},
		{"a private key behind it", object{"inbound_keys": []string{key + private}}, 422, "inbound_key_invalid", "/inbound_keys/0"},
		{"no PEM", object{"inbound_keys": []string{"AAAA"}}, 422, "inbound_key_invalid", "/inbound_keys/0"},
		{"a path", object{"response_key": "../key"}, 422, "response_key_invalid", "/response_key"},
		{"another home", object{"response_key": "env:KEY"}, 422, "response_key_invalid", "/response_key"},
		{"a version of a key", object{"response_key": "key.previous"}, 422, "response_key_invalid", "/response_key"},
		{"no workspaces", object{"workspaces": []string{}}, 422, "workspaces_count", "/workspaces"},
		{"51 workspaces", object{"workspaces": many}, 422, "workspaces_count", "/workspaces"},
		{"an unknown workspace", object{"workspaces": []string{s.workspace.String(), missing}}, 422, "workspace_unknown", "/workspaces/1"},
		{"a workspace twice", object{"workspaces": []string{s.workspace.String(), s.workspace.String()}}, 422, "workspace_repeated", "/workspaces/1"},
		{"a malformed workspace", object{"workspaces": []string{"x"}}, 400, "malformed_request", "/workspaces/0"},
		{"another setting", object{"unreferenced": "approve"}, 422, "unreferenced_unsupported", "/unreferenced"},
		{"another answer to configuration changes", object{"config_changes": "approve"}, 422, "config_changes_unsupported", "/config_changes"},
		{"one in another case", object{"config_changes": "IGNORE"}, 422, "config_changes_unsupported", "/config_changes"},
		{"Safeheron ignoring", object{"provider": "safeheron", "inbound_keys": []string{public(large())}, "config_changes": "ignore"}, 422, "config_changes_unsupported", "/config_changes"},
		{"Cobo ignoring", object{"provider": "cobo", "config_changes": "ignore"}, 422, "config_changes_unsupported", "/config_changes"},
		{"an unknown member", object{"private_key": "x"}, 400, "malformed_request", "/private_key"},
	}
}

// Each rule about a registration names the member that breaks it.
func TestRegisterRules(t *testing.T) {
	s := newStage(t)
	register := edge.Bind(s.world.Edge(asAdmin{}, nil), cosign.RouteRegister, s.cosigners())
	cases := badSettings(t, s)
	s.aws.Forget()
	for _, c := range cases {
		answer := s.route(http.MethodPost, s.registration(c.changes), nil, register)
		if p := problem(t, answer); p.Status != c.status || p.Code != c.code || p.Field != c.field {
			t.Errorf("%s: got %d %s at %q, want %d %s at %q", c.about, p.Status, p.Code, p.Field, c.status, c.code, c.field)
		}
	}
	for _, call := range s.aws.Calls() {
		if call.Operation == writes {
			t.Errorf("something was written: %s", call.Body)
		}
	}
}

// large is a key of the size that Safeheron's co-signer has.
var large = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 4096)
	if err != nil {
		panic(err)
	}
	return key
})

// Each provider's cosigners are registered with keys of their size, and are told the path under which they are answered.
// Keys in KMS answer where the signature is the same each time.
func TestRegisterProviders(t *testing.T) {
	s := newStage(t)
	register := edge.Bind(s.world.Edge(asAdmin{}, nil), cosign.RouteRegister, s.cosigners())
	for _, c := range []struct {
		provider, key, response string
	}{
		{"fireblocks", public(theirs()), "kms:alias/fireblocks"},
		{"fireblocks", public(large()), "fireblocks-response"},
		{"cobo", public(theirs()), "kms:alias/cobo"},
		{"cobo", public(theirs()), "cobo-response"},
		{"safeheron", public(large()), "safeheron-response"},
		{"safeheron", public(large()), "dir:safeheron-response"},
	} {
		answer := s.route(http.MethodPost, s.registration(object{"provider": c.provider, "inbound_keys": []string{c.key}, "response_key": c.response}), nil, register)
		var got cosign.View
		if err := json.Unmarshal(answer.Body, &got); err != nil || answer.Status != http.StatusCreated || got.CallbackPath != "/cosigner/"+c.provider+"/"+got.ID {
			t.Errorf("%+v: %d %s", c, answer.Status, answer.Body)
		}
	}
}
