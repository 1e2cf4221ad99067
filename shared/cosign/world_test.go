package cosign_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/zenvault/zenvault/infra/emulator"
	"github.com/zenvault/zenvault/infra/stack"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/cosign"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/keyref"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/limit"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/provider/fireblocks"
	"github.com/zenvault/zenvault/shared/strict"
	"github.com/zenvault/zenvault/shared/tenant"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/queues"
	"github.com/zenvault/zenvault/shared/wire/secrets"
	"github.com/zenvault/zenvault/shared/workspace"
)

// The keys of all tests: making RSA keys is slow.
var (
	theirs   = sync.OnceValue(newKey) // the co-signer's
	stranger = sync.OnceValue(newKey)
	ours     = sync.OnceValue(newKey) // the response key
)

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

var (
	admin     = caller.Caller{Kind: caller.Admin, ID: "adm_1", Role: caller.Owner}
	publisher = caller.Caller{Kind: caller.Admin, ID: "adm_2", Role: caller.Owner}
)

// stage is a stack with a workspace that has a policy, and a cosigner that is bound to it.
type stage struct {
	t         *testing.T
	aws       *emulator.Emulator
	world     *wire.World
	ledger    *ledger.Ledger
	workspace tenant.ID
	cosigner  string
	secrets   string
	handler   edge.Handler
	log       *bytes.Buffer
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, secrets: t.TempDir(), log: &bytes.Buffer{}}
	var err error
	s.aws, err = emulator.Start(emulator.Options{Region: "eu-central-1"})
	must(t, err)
	t.Cleanup(func() { s.aws.Close() })
	env := wire.Env{Region: "eu-central-1", Stack: "test", Endpoint: s.aws.URL(), SecretsDir: s.secrets, Rates: limit.DefaultRates()}
	env.Rates[limit.Unauthenticated] = limit.Rate{Count: 1_000_000, Period: time.Second} // forgeries are the point here
	s.world = wire.New(env, slog.New(slog.NewJSONHandler(s.log, nil)))
	template, err := os.ReadFile("../../template.yaml")
	must(t, err)
	described, err := stack.Read(template, stack.Deployment{Name: "test", Region: "eu-central-1"})
	must(t, err)
	c := s.world.Config
	made, err := stack.Create(t.Context(), stack.Clients{DynamoDB: dynamodb.NewFromConfig(c), KMS: kms.NewFromConfig(c),
		SQS: sqs.NewFromConfig(c)}, described)
	must(t, err)
	e := &s.world.Env
	e.VaultTable, e.AuditTable, e.EventQueue = made.Tables["VaultTable"], made.Tables["AuditTable"], made.Queues["EventQueue"]
	s.putKey("fireblocks-response", ours())
	announcer, err := queues.OpenAnnouncer(s.world)
	must(t, err)
	s.ledger = s.world.Ledger(announcer)
	s.workspace = s.newWorkspace()
	s.publish(s.workspace, everyday)
	s.cosigner = s.register(s.workspace)
	s.restart()
	return s
}

// everyday allows transfers of ETH from vault 0 to whitelisted addresses, but not to vault 13, up to 1 ETH each.
const everyday = `{"rules": [
	{"id": "pay", "effect": "allow", "match": {"operation": "TRANSFER", "asset": "ETH", "source": {"type": "VAULT", "id": "0"}, "destination": {"whitelisted": true}}},
	{"id": "not-13", "effect": "deny", "match": {"destination": {"id": "13"}}}
], "caps": [{"id": "one-eth", "match": {}, "per": "transaction", "asset": "ETH", "amount": "1"}]}`

func (s *stage) putKey(name string, key *rsa.PrivateKey) {
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	must(s.t, os.WriteFile(filepath.Join(s.secrets, name), text, 0o600))
}

func (s *stage) workspaces() workspace.Service {
	return workspace.Service{Ledger: s.ledger, Region: "eu-central-1"}
}

func (s *stage) newWorkspace() tenant.ID {
	s.t.Helper()
	made, err := s.workspaces().Create(s.t.Context(), admin, workspace.CreateInput{Name: "Acme"})
	must(s.t, err)
	return made.ID
}

func (s *stage) policies() policy.Service {
	return policy.Service{Ledger: s.ledger, Workspaces: s.workspaces().Exists}
}

func (s *stage) publish(of tenant.ID, document string) {
	s.t.Helper()
	in := policy.DraftInput{Workspace: of}
	var d policy.Document
	must(s.t, strict.Decode([]byte(document), &d))
	in.Rules, in.Caps = d.Rules, d.Caps
	draft, err := s.policies().Draft(s.t.Context(), admin, in)
	must(s.t, err)
	_, err = s.policies().Publish(s.t.Context(), publisher, policy.PublishInput{Workspace: of, Draft: draft.Version})
	must(s.t, err)
}

func public(key *rsa.PrivateKey) string {
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		panic(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func (s *stage) cosigners() cosign.Service {
	return cosign.Service{Ledger: s.ledger, Workspaces: s.workspaces().Exists, ValidKey: keyref.Valid}
}

func (s *stage) register(of ...tenant.ID) string {
	s.t.Helper()
	made, err := s.cosigners().Register(s.t.Context(), admin, cosign.RegisterInput{Name: "Line", Provider: "fireblocks",
		InboundKeys: []string{public(theirs())}, ResponseKey: "fireblocks-response", Workspaces: of})
	must(s.t, err)
	return made.ID
}

// restart forgets all that a process remembers.
func (s *stage) restart() {
	s.t.Helper()
	keys, err := secrets.OpenRSA(s.world, fireblocks.KeyBits)
	must(s.t, err)
	s.handler = edge.Bind(s.world.Edge(nil, nil), cosign.RouteFireblocks, cosign.NewDecider(cosign.Parts{
		Ledger: s.ledger, Name: fireblocks.Name, Provider: fireblocks.Codec{}, ContentType: fireblocks.ContentType,
		Policies: policy.NewJudge(s.ledger), Keys: keys,
	}))
}

type object = map[string]any

// request is a callback that the everyday policy allows, with changes; a nil value takes a member out.
func (s *stage) request(changes object) object {
	r := object{
		"txId": "tx-1", "requestId": "req-1", "externalTxId": s.workspace.String() + ":order-1", "operation": "TRANSFER",
		"sourceType": "VAULT", "sourceId": "0", "destType": "VAULT", "destId": "1", "asset": "ETH",
		"amount": 0.01, "amountStr": "0.010000000000000000", "requestedAmount": 0.01, "requestedAmountStr": "0.01",
		"destAddressType": "WHITELISTED", "destAddress": "0x5dC69B1Fbb13Bafd09af88a782F0F285772Ad5f8", "note": "",
		"destinations": []object{{"amountNative": 0.01, "amountNativeStr": "0.01", "amountUSD": 18.7, "dstAddressType": "WHITELISTED",
			"dstId": "1", "dstWalletId": "", "dstName": "Deposits", "dstType": "VAULT",
			"displayDstAddress": "0x5dC69B1Fbb13Bafd09af88a782F0F285772Ad5f8", "action": "ALLOW"}},
		"signerId": "signer-1",
	}
	maps.Copy(r, changes)
	maps.DeleteFunc(r, func(_ string, v any) bool { return v == nil })
	return r
}

func b64(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// sign makes a co-signer's token of a payload.
func sign(key *rsa.PrivateKey, payload any) []byte {
	raw, _ := json.Marshal(payload)
	return signRaw(key, `{"typ":"JWT","alg":"RS256"}`, raw)
}

func signRaw(key *rsa.PrivateKey, header string, payload []byte) []byte {
	signed := b64([]byte(header)) + "." + b64(payload)
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return []byte(signed + "." + b64(signature))
}

// post sends a body to the callback's route.
func (s *stage) post(body []byte) edge.Response { return s.postTo(s.cosigner, body) }

func (s *stage) postTo(cosigner string, body []byte) edge.Response {
	return s.handler(context.Background(), edge.Request{
		ID: "request-1", Method: http.MethodPost, Path: "/cosigner/fireblocks/" + cosigner + "/v2/tx_sign_request",
		Params: map[string]string{"cosigner": cosigner}, Header: http.Header{"User-Agent": {"cosigner"}}, Body: body,
		Source: netip.MustParseAddr("203.0.113.7"), Time: time.Now(),
	})
}

// ask sends an authentic callback with changes and gives the answer's claims.
func (s *stage) ask(changes object) object {
	s.t.Helper()
	return s.claims(s.post(sign(theirs(), s.request(changes))))
}

// claims checks an answer's signature and gives what it says.
func (s *stage) claims(r edge.Response) object {
	s.t.Helper()
	parts := strings.Split(string(r.Body), ".")
	if r.Status != http.StatusOK || len(parts) != 3 || r.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		s.t.Fatalf("answer: %d %s %s", r.Status, r.Header, r.Body)
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	must(s.t, err)
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	must(s.t, rsa.VerifyPKCS1v15(&ours().PublicKey, crypto.SHA256, sum[:], signature))
	header, err := base64.RawURLEncoding.DecodeString(parts[0])
	must(s.t, err)
	if string(header) != `{"typ":"JWT","alg":"RS256"}` {
		s.t.Errorf("the answer's header is %s", header)
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	must(s.t, err)
	var claims object
	must(s.t, json.Unmarshal(payload, &claims))
	return claims
}

// decision reads a stored decision, without the parts that change from run to run.
func (s *stage) decision(requestID, kind string) ledger.Item {
	s.t.Helper()
	item, err := s.ledger.GetOne(s.t.Context(), ledger.Key{PK: "decision#" + s.cosigner + "#" + requestID, SK: kind})
	must(s.t, err)
	return item
}

// trail reads the entries of a decision.
func (s *stage) trail(requestID, kind string) []audit.Entry {
	s.t.Helper()
	page, err := s.ledger.Query(s.t.Context(), ledger.Query{Table: ledger.Audit,
		Partition: "decision/" + s.cosigner + "/" + kind + "/" + requestID})
	must(s.t, err)
	return s.entries(page)
}

// denials reads the entries of denied attempts in the month's index.
func (s *stage) denials(action string) []audit.Entry {
	s.t.Helper()
	var all []audit.Entry
	for shard := range ledger.TrailShards {
		page, err := s.ledger.Query(s.t.Context(), ledger.Query{Table: ledger.Audit, Index: ledger.IndexByAction,
			Partition: ledger.ActionShard(action, time.Now(), shard)})
		must(s.t, err)
		all = append(all, s.entries(page)...)
	}
	return all
}

func (s *stage) entries(page ledger.Page) []audit.Entry {
	s.t.Helper()
	entries := make([]audit.Entry, len(page.Items))
	for i, item := range page.Items {
		var err error
		entries[i], err = ledger.ParseEntry(item)
		must(s.t, err)
	}
	return entries
}

// announced is how many events were announced since the last Forget.
func (s *stage) announced() int {
	n := 0
	for _, c := range s.aws.Calls() {
		if strings.HasSuffix(c.Operation, ".SendMessageBatch") {
			n++
		}
	}
	return n
}
