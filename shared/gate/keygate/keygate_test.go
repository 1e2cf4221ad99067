package keygate_test

import (
	"errors"
	"net/http"
	"net/netip"
	"testing"

	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/gate/keygate"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/signedrequest"
	"github.com/zenvault/zenvault/shared/workspace"
)

const private = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n" // RFC 8037, A.1

// gate is one with a key that is bound to a network and takes signed requests only.
func gate(t *testing.T) (*vaulttest.Vault, keygate.Gate, apikey.Created, signedrequest.Signer) {
	t.Helper()
	v, owner := vaulttest.New(t), caller.Caller{Kind: caller.Admin, ID: "adm_1", Role: caller.Owner}
	workspaces := workspace.Service{Ledger: v.Ledger, Region: "eu-central-1"}
	home, err := workspaces.Create(t.Context(), owner, workspace.CreateInput{Name: "Treasury"})
	if err != nil {
		t.Fatal(err)
	}
	signer, err := signedrequest.NewSigner(secret.NewText(private))
	if err != nil {
		t.Fatal(err)
	}
	keys := apikey.Service{Ledger: v.Ledger, Peppers: v.Ring, Workspaces: workspaces.Exists, Marks: v.World.Limits(), Uses: &apikey.Uses{}, Issuer: v.World.Env.Issuer}
	made, err := keys.Create(t.Context(), owner, apikey.CreateInput{Workspace: home.ID, Name: "n", Scopes: []string{caller.EndpointsRead},
		Sources: []string{"192.0.2.0/24"}, PublicKey: signer.Public().PEM(), RequireSignature: true})
	if err != nil {
		t.Fatal(err)
	}
	signer.Key, signer.Vault = made.ID, made.Audience
	return v, keygate.Gate{Keys: keys}, made, signer
}

// The gate proves what was sent: method, path, query and body of the request as it arrived, from the address that the edge
// says, and gives all of it to the trail when it refuses.
func TestAdmit(t *testing.T) {
	v, g, made, signer := gate(t)
	signed, err := signer.Sign(signedrequest.Request{Method: "POST", Path: "/v1/x", Query: "a=%31", Body: []byte("{}")}, v.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	request := func() edge.Request {
		return edge.Request{ID: "req_1", Method: "POST", Path: "/v1/x", Asked: "a=%31", Body: []byte("{}"), Client: netip.MustParseAddr("192.0.2.7"),
			Source: netip.MustParseAddr("198.51.100.1"), Header: http.Header{"Authorization": {"Bearer " + made.Token}, "Zenvault-Signature": {signed}, "User-Agent": {"agent"}}}
	}
	for name, tt := range map[string]struct {
		change func(*edge.Request)
		want   error
	}{
		"method":          {func(r *edge.Request) { r.Method = "PUT" }, signedrequest.ErrInvalid},
		"path":            {func(r *edge.Request) { r.Path = "/v1/y" }, signedrequest.ErrInvalid},
		"query":           {func(r *edge.Request) { r.Asked = "a=1" }, signedrequest.ErrInvalid},
		"body":            {func(r *edge.Request) { r.Body = []byte("{} ") }, signedrequest.ErrInvalid},
		"no signature":    {func(r *edge.Request) { r.Header.Del("Zenvault-Signature") }, apikey.ErrSignatureRequired},
		"client":          {func(r *edge.Request) { r.Client = r.Source }, edge.ErrUnauthenticated},
		"no client":       {func(r *edge.Request) { r.Client = netip.Addr{} }, edge.ErrUnauthenticated},
		"no key":          {func(r *edge.Request) { r.Header.Del("Authorization") }, edge.ErrUnauthenticated},
		"two keys":        {func(r *edge.Request) { r.Header.Add("Authorization", "Bearer x") }, edge.ErrUnauthenticated},
		"a malformed key": {func(r *edge.Request) { r.Header.Set("Authorization", "Bearer zv_live_x") }, edge.ErrUnauthenticated},
	} {
		r := request()
		tt.change(&r)
		if who, err := g.Admit(t.Context(), r); !errors.Is(err, tt.want) || who.Kind != caller.Nobody {
			t.Errorf("another %s: %+v, %v", name, who, err)
		}
	}
	who, err := g.Admit(t.Context(), request())
	if err != nil || who.ID != made.ID || who.Workspace != made.Workspace {
		t.Errorf("got %+v, %v", who, err)
	}
	minute := v.Clock.Now().UTC().Format("20060102T1504Z")
	trail := v.Trail(t, audit.Target{Type: "denial", ID: "apikey.unsigned_denied#apikey/" + made.ID + "#" + minute})
	if len(trail) != 1 || trail[0].IP != "192.0.2.7" || trail[0].UserAgent != "agent" || trail[0].RequestID != "req_1" || trail[0].Workspace != made.Workspace.String() {
		t.Errorf("the trail has %+v", trail)
	}
}
