package local_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/zenvault/zenvault/infra/emulator"
	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/infra/simulator"
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/aws/dynamo"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
)

// agent is how the tests name themselves to the gateway.
const agent = "zenvault-test/1"

// gateway is a running one with its owner logged in.
type gateway struct {
	*local.Gateway
	beside          *emulator.Emulator // of one that did not bring its own: the one that it is on
	password        string
	access, refresh string // the owner's
	owner           string // id
}

// vault is a gateway with a policy, a co-signer and keys: two workspaces that the co-signer serves, and one that it does
// not.
type vault struct {
	*gateway
	home, other, outside string // workspaces
	homeKey, otherKey    apiKey // with all scopes
	cosigner             string
	connection           string // of home to a provider; made when it is first asked for
	provider             *simulator.Fireblocks
	clock                *stepped // of a common one
}

type apiKey struct{ ID, Token string }

// startGateway starts one that ends with the test.
func startGateway(t testing.TB, o local.Options) *gateway {
	t.Helper()
	g, err := local.Start(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { must(t, g.Close()) })
	return enter(t, g)
}

// enter logs the owner in.
func enter(t testing.TB, started *local.Gateway) *gateway {
	t.Helper()
	g := &gateway{Gateway: started}
	password, err := g.Owner(t.Context())
	must(t, err)
	g.password = password.Expose()
	g.access, g.refresh = g.login(t, local.OwnerEmail)
	email, err := g.Opened.Ledger.GetOne(t.Context(), ledger.Key{PK: admin.EmailKeys + local.OwnerEmail, SK: "email"})
	must(t, err)
	g.owner = email.Read().Text("admin")
	return g
}

func (g *gateway) login(t testing.TB, email string) (access, refresh string) {
	t.Helper()
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	body := marshal(map[string]string{"email": email, "password": g.password})
	g.want(t, 200, request{method: "POST", path: "/v1/auth/login", body: body}).decode(t, &tokens)
	return tokens.Access, tokens.Refresh
}

// The vaults that most tests share, one for each test that runs at the same time: each makes what it needs in it, and
// compares before with after. One that has not been started yet is nil.
var idle chan *vault

// shared lends the test a common vault for as long as it runs, beside other tests. The vault's workers do not run: a test
// that needs one runs it.
func shared(t *testing.T) *vault {
	t.Helper()
	t.Parallel()
	return alone(t)
}

// alone is shared for a test that no other may run beside.
func alone(t *testing.T) *vault {
	t.Helper()
	v := <-idle
	t.Cleanup(func() { idle <- v })
	if v == nil {
		c := &stepped{}
		g, err := local.Start(context.Background(), local.Options{Now: c.now})
		must(t, err)
		hurry(t, g)
		v = newVault(t, enter(t, g))
		v.clock = c
	}
	return v
}

// hurry cuts the SDK's pauses before it repeats a lost call, which are seconds long, and lets it repeat however many were
// lost before. What it repeats, and how often, stays.
func hurry(t testing.TB, g *local.Gateway) {
	t.Helper()
	store, ok := g.Opened.Ledger.Store.(*dynamo.Store)
	if !ok {
		t.Fatal("the ledger is not on DynamoDB")
	}
	store.Client = dynamodb.NewFromConfig(g.World.Config, func(o *dynamodb.Options) {
		o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return time.Millisecond, nil })
			o.RateLimiter = ratelimit.None
		})
	})
}

func TestMain(m *testing.M) {
	flag.Parse()
	atOnce := flag.Lookup("test.parallel").Value.(flag.Getter).Get().(int)
	idle = make(chan *vault, atOnce)
	for range atOnce {
		idle <- nil
	}
	status := m.Run()
	close(idle)
	for v := range idle {
		if v == nil {
			continue
		}
		if err := v.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "closing a common vault:", err)
			status = 1
		}
	}
	os.Exit(status)
}

// newVault gives a gateway everything that a callback needs.
func newVault(t testing.TB, g *gateway) *vault {
	t.Helper()
	v := &vault{gateway: g}
	v.home, v.other, v.outside = v.workspace(t, "Home"), v.workspace(t, "Other"), v.workspace(t, "Outside")
	v.homeKey, v.otherKey = v.key(t, v.home, caller.AllScopes()...), v.key(t, v.other, caller.AllScopes()...)
	for _, workspace := range []string{v.home, v.other, v.outside} {
		v.publish(t, workspace)
	}
	v.cosigner, v.provider = v.register(t, v.home, v.other)
	return v
}

func (g *gateway) workspace(t testing.TB, name string) string {
	t.Helper()
	var made struct{ ID string }
	g.want(t, 201, g.admin("POST", "/v1/admin/workspaces", marshal(map[string]string{"name": name}))).decode(t, &made)
	return made.ID
}

func (g *gateway) key(t testing.TB, workspace string, scopes ...string) apiKey {
	t.Helper()
	var made apiKey
	body := marshal(map[string]any{"name": "program", "scopes": scopes})
	g.want(t, 201, g.admin("POST", "/v1/admin/workspaces/"+workspace+"/keys", body)).decode(t, &made)
	return made
}

// document allows transfers of ETH to whitelisted addresses, at most one at a time.
const document = `{"rules":[{"id":"eth","effect":"allow","match":{"operation":"TRANSFER","asset":"ETH","destination":{"whitelisted":true}}}],` +
	`"caps":[{"id":"one","match":{},"per":"transaction","asset":"ETH","amount":"1"}]}`

// publish drafts the document and puts it in force.
func (g *gateway) publish(t testing.TB, workspace string) {
	t.Helper()
	version := g.draft(t, workspace)
	g.want(t, 200, g.admin("POST", "/v1/admin/workspaces/"+workspace+"/policy/publish", marshal(map[string]int64{"draft_version": version})))
}

func (g *gateway) draft(t testing.TB, workspace string) int64 {
	t.Helper()
	var draft struct {
		Version int64 `json:"draft_version"`
	}
	g.want(t, 200, g.admin("PUT", "/v1/admin/workspaces/"+workspace+"/policy/draft", document)).decode(t, &draft)
	return draft.Version
}

// register makes a co-signer known, with a key pair of its own.
func (g *gateway) register(t testing.TB, workspaces ...string) (string, *simulator.Fireblocks) {
	t.Helper()
	provider, err := simulator.NewFireblocks()
	must(t, err)
	body := marshal(map[string]any{"name": "Production", "provider": "fireblocks", "inbound_keys": []string{provider.PublicKeyPEM()},
		"response_key": local.SigningKey, "workspaces": workspaces})
	var made struct {
		ID   string
		Path string `json:"callback_path"`
	}
	g.want(t, 201, g.admin("POST", "/v1/admin/cosigners", body)).decode(t, &made)
	provider.BaseURL, provider.Answers = g.URL+made.Path, &g.signingKey(t).PublicKey
	return made.ID, provider
}

// signingKey is the key in the secrets directory.
func (g *gateway) signingKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(g.SecretsDir, local.SigningKey))
	must(t, err)
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	must(t, err)
	return key.(*rsa.PrivateKey)
}

const address = "0x5dC69B1Fbb13Bafd09af88a782F0F285772Ad5f8"

// transfer is a request inside the policy.
func transfer(workspace, name string) simulator.Transaction {
	name += "-" + rand.Text()[:8]
	return simulator.Transaction{RequestID: "tx-" + name, Reference: workspace + ":" + name, Asset: "ETH", Amount: "0.25", Address: address}
}

// sign makes the bytes of a callback.
func sign(t testing.TB, by *simulator.Fireblocks, payload map[string]any) []byte {
	t.Helper()
	token, err := by.Sign(payload)
	must(t, err)
	return token
}

// post sends the bytes of a callback; a signed answer is verified.
func post(t testing.TB, by *simulator.Fireblocks, token []byte) simulator.Answer {
	t.Helper()
	answer, err := by.Send(t.Context(), token)
	must(t, err)
	return answer
}

// ask signs and posts a transaction.
func ask(t testing.TB, by *simulator.Fireblocks, tx simulator.Transaction) simulator.Answer {
	t.Helper()
	return post(t, by, sign(t, by, tx.Payload()))
}

// plantAdmin makes an admin of a role beside the owner. No route does it.
func (g *gateway) plantAdmin(t testing.TB, role caller.Role) (adminID string) {
	t.Helper()
	l := g.Opened.Ledger
	item, err := l.GetOne(t.Context(), admin.Key(g.owner))
	must(t, err)
	made := ledger.Item{}
	for name, value := range item {
		made[name] = value
	}
	email := string(role) + "-" + strings.ToLower(rand.Text()) + "@zenvault.localhost"
	made["id"], made["email"], made["role"] = l.NewID("adm"), email, string(role)
	made["dir_sk"] = made["id"]
	delete(made, "pk")
	delete(made, "sk")
	adminID = made["id"].(string)
	claim := ledger.Write{Key: ledger.Key{PK: admin.EmailKeys + email, SK: "email"}, Put: ledger.Item{"admin": adminID}, If: ledger.Absent(), Else: fault.ErrInternal}
	_, err = l.Commit(t.Context(), ledger.Change{By: caller.Worker("test", ""), Action: "test.plant", Target: audit.Target{Type: "admin", ID: adminID},
		Key: admin.Key(adminID), Item: made, Else: fault.ErrInternal, Also: []ledger.Write{claim}})
	must(t, err)
	return adminID
}

// alter changes attributes of a stored item, with an entry; nil removes one.
func (g *gateway) alter(t testing.TB, key ledger.Key, target audit.Target, attributes ledger.Item) {
	t.Helper()
	item, err := g.Opened.Ledger.GetOne(t.Context(), key)
	must(t, err)
	prior := item.Version()
	delete(item, "pk")
	delete(item, "sk")
	for name, value := range attributes {
		if item[name] = value; value == nil {
			delete(item, name)
		}
	}
	_, err = g.Opened.Ledger.Commit(t.Context(), ledger.Change{By: caller.Worker("test", ""), Action: "test.alter", Target: target,
		Key: key, Prior: prior, Item: item, Else: fault.ErrInternal})
	must(t, err)
}

// request is an HTTP request in short.
type request struct {
	method, path, token, body string
	once                      string // Idempotency-Key
	header                    http.Header
}

// reply is the whole answer.
type reply struct {
	status int
	header http.Header
	body   []byte
}

func (g *gateway) admin(method, path, body string) request {
	return request{method: method, path: path, token: g.access, body: body}
}

// send makes the call.
func (g *gateway) send(t testing.TB, r request) reply {
	t.Helper()
	got, err := g.try(t.Context(), r)
	must(t, err)
	return got
}

// try is send where the gateway may not be there.
func (g *gateway) try(ctx context.Context, r request) (reply, error) {
	asked, err := http.NewRequestWithContext(ctx, r.method, g.URL+r.path, strings.NewReader(r.body))
	if err != nil {
		return reply{}, err
	}
	for name, values := range r.header {
		asked.Header[name] = values
	}
	asked.Header.Set("User-Agent", agent)
	if r.token != "" {
		asked.Header.Set("Authorization", "Bearer "+r.token)
	}
	if r.once != "" {
		asked.Header.Set("Idempotency-Key", r.once)
	}
	response, err := http.DefaultClient.Do(asked)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return reply{response.StatusCode, response.Header, body}, err
}

// want makes the call and stops the test at another status.
func (g *gateway) want(t testing.TB, status int, r request) reply {
	t.Helper()
	got := g.send(t, r)
	if got.status != status {
		t.Fatalf("%s %s: got %d %s, want %d", r.method, r.path, got.status, got.body, status)
	}
	return got
}

func (r reply) decode(t testing.TB, into any) {
	t.Helper()
	must(t, json.Unmarshal(r.body, into))
}

// code is the problem's; "" if the answer is none.
func (r reply) code() string {
	var problem struct{ Code string }
	if r.header.Get("Content-Type") != "application/problem+json" || json.Unmarshal(r.body, &problem) != nil {
		return ""
	}
	return problem.Code
}

func marshal(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func same(t testing.TB, what string, a, b []byte) {
	t.Helper()
	if !bytes.Equal(a, b) {
		t.Errorf("%s: the bytes differ:\n%s\n%s", what, a, b)
	}
}
