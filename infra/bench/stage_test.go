package bench_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/zenvault/zenvault/infra/emulator"
	"github.com/zenvault/zenvault/infra/stack"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/cosign"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/keyref"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/provider/fireblocks"
	"github.com/zenvault/zenvault/shared/strict"
	"github.com/zenvault/zenvault/shared/tenant"
	"github.com/zenvault/zenvault/shared/transfer"
	"github.com/zenvault/zenvault/shared/wire"
	"github.com/zenvault/zenvault/shared/wire/queues"
	"github.com/zenvault/zenvault/shared/wire/secrets"
	"github.com/zenvault/zenvault/shared/workspace"
)

const responseKey = "fireblocks-response"

// stage is a warm callback function whose AWS is the no-op server, and what its floor is made of.
type stage struct {
	handler  edge.Handler
	cosigner string
	request  edge.Request
	theirs   *rsa.PrivateKey // signs the callback
	ours     *rsa.PrivateKey // signs the answer
	server   string
	read     []byte // the body of the batch of reads
	write    []byte // the body of the transaction
}

var (
	admin     = caller.Caller{Kind: caller.Admin, ID: "adm_bench", Role: caller.Owner}
	publisher = caller.Caller{Kind: caller.Admin, ID: "adm_other", Role: caller.Owner}
)

// switched sends every request to another host, and keeps the last body and answer of each operation.
type switched struct {
	next          http.RoundTripper
	host          string
	bodies, reply map[string][]byte // nil when no longer kept
}

func (s *switched) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.bodies == nil {
		r.URL.Host = s.host
		return s.next.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	operation := r.Header.Get("X-Amz-Target")
	operation = operation[strings.LastIndex(operation, ".")+1:]
	r.Body = io.NopCloser(bytes.NewReader(body))
	answer, err := s.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(answer.Body)
	answer.Body = io.NopCloser(bytes.NewReader(content))
	s.bodies[operation], s.reply[operation] = body, content
	return answer, err
}

// newStage registers a workspace, a policy of 300 rules and a cosigner on the embedded AWS, makes one decision there, and
// puts the no-op server in its place.
func newStage(b *testing.B, announce bool) *stage {
	b.Helper()
	aws, err := emulator.Start(emulator.Options{Region: "eu-central-1"})
	must(b, err)
	b.Cleanup(func() { aws.Close() })
	s := &stage{theirs: newKey(b), ours: newKey(b), server: startNoop(b)}
	w := wire.New(wire.Env{Region: "eu-central-1", Stack: "bench", Endpoint: aws.URL(), SecretsDir: s.secrets(b)},
		slog.New(slog.NewJSONHandler(io.Discard, nil)))
	client := w.Config.HTTPClient.(*http.Client)
	via := &switched{next: client.Transport, bodies: map[string][]byte{}, reply: map[string][]byte{}}
	client.Transport = via
	create(b, w)
	s.open(b, w, announce)

	if answer := s.handler(b.Context(), s.request); answer.Status != http.StatusOK {
		b.Fatalf("warming up: %d %s", answer.Status, answer.Body)
	}
	s.read, s.write = via.bodies["BatchGetItem"], via.bodies["TransactWriteItems"]
	canned, err := http.Post(s.server+"/canned", "", bytes.NewReader(via.reply["BatchGetItem"]))
	must(b, err)
	canned.Body.Close()
	to, err := url.Parse(s.server)
	must(b, err)
	via.host, via.bodies = to.Host, nil
	return s
}

func newKey(b *testing.B) *rsa.PrivateKey {
	b.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(b, err)
	return key
}

func (s *stage) secrets(b *testing.B) string {
	dir := b.TempDir()
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(s.ours)})
	must(b, os.WriteFile(filepath.Join(dir, responseKey), text, 0o600))
	return dir
}

func create(b *testing.B, w *wire.World) stack.Resources {
	b.Helper()
	template, err := os.ReadFile("../../template.yaml")
	must(b, err)
	described, err := stack.Read(template, stack.Deployment{Name: "bench", Region: "eu-central-1"})
	must(b, err)
	made, err := stack.Create(b.Context(), stack.Clients{DynamoDB: dynamodb.NewFromConfig(w.Config), KMS: kms.NewFromConfig(w.Config),
		SQS: sqs.NewFromConfig(w.Config)}, described)
	must(b, err)
	w.Env.VaultTable, w.Env.AuditTable, w.Env.EventQueue = made.Tables["VaultTable"], made.Tables["AuditTable"], made.Queues["EventQueue"]
	return made
}

// open makes the function as its main does, and what it needs to say yes.
func (s *stage) open(b *testing.B, w *wire.World, announce bool) {
	b.Helper()
	var announcer ledger.Announcer
	if announce {
		var err error
		announcer, err = queues.OpenAnnouncer(w)
		must(b, err)
	}
	l := w.Ledger(announcer)
	spaces := workspace.Service{Ledger: l, Region: w.Env.Region}
	space, err := spaces.Create(b.Context(), admin, workspace.CreateInput{Name: "Bench"})
	must(b, err)
	policies := policy.Service{Ledger: l, Workspaces: spaces.Exists}
	draft, err := policies.Draft(b.Context(), admin, policy.DraftInput{Workspace: space.ID, Rules: document(b).Rules, Caps: document(b).Caps})
	must(b, err)
	_, err = policies.Publish(b.Context(), publisher, policy.PublishInput{Workspace: space.ID, Draft: draft.Version})
	must(b, err)
	der, err := x509.MarshalPKIXPublicKey(&s.theirs.PublicKey)
	must(b, err)
	registered, err := cosign.Service{Ledger: l, Workspaces: spaces.Exists, ValidKey: keyref.Valid}.Register(b.Context(), admin,
		cosign.RegisterInput{Name: "Bench", Provider: fireblocks.Name, ResponseKey: responseKey, Workspaces: []tenant.ID{space.ID},
			InboundKeys: []string{string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))}})
	must(b, err)
	keys, err := secrets.OpenRSA(w, fireblocks.KeyBits)
	must(b, err)
	s.cosigner = registered.ID
	s.handler = edge.Bind(w.Edge(nil, nil), cosign.RouteFireblocks, cosign.NewDecider(cosign.Parts{Ledger: l, Name: fireblocks.Name,
		Provider: fireblocks.Codec{}, ContentType: fireblocks.ContentType, Policies: policy.NewJudge(l), Intents: transfer.Intents{}, Keys: keys}))
	s.request = edge.Request{ID: "bench", Method: http.MethodPost, Path: "/cosigner/fireblocks/" + s.cosigner + "/v2/tx_sign_request",
		Params: map[string]string{"cosigner": s.cosigner}, Header: http.Header{"User-Agent": {"bench"}},
		Body: s.token(payload(space.ID.String())), Source: netip.MustParseAddr("203.0.113.7"), Time: time.Now()}
}

func (s *stage) token(payload string) []byte {
	signed := base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"RS256"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	sum := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(nil, s.theirs, crypto.SHA256, sum[:])
	if err != nil {
		panic(err)
	}
	return []byte(signed + "." + base64.RawURLEncoding.EncodeToString(signature))
}

// document has 300 rules, of which one speaks, and a cap.
func document(b *testing.B) policy.Document {
	b.Helper()
	var rules []string
	for _, id := range strings.Fields(strings.Repeat("x ", 299)) {
		n := len(rules)
		name := id + string(rune('a'+n/26)) + string(rune('a'+n%26))
		rules = append(rules, `{"id":"`+name+`","effect":"allow","match":{"asset":"ETH","destination":{"id":"`+name+`"}}}`)
	}
	rules = append(rules, `{"id":"pay","effect":"allow","match":{"operation":"TRANSFER","asset":"ETH","destination":{"whitelisted":true}}}`)
	var d policy.Document
	must(b, strict.Decode([]byte(`{"rules":[`+strings.Join(rules, ",")+`],"caps":[{"id":"one","match":{},"per":"transaction","asset":"ETH","amount":"1"}]}`), &d))
	return d
}

// payload is of the size and form of a captured approval callback.
func payload(workspace string) string {
	return `{"txId":"9c794cee-7e27-46c9-9e9a-ed68295ff06b","operation":"TRANSFER","sourceType":"VAULT","sourceId":"0","destType":"VAULT","destId":"1",
"asset":"ETH","amount":0.01000000,"amountStr":"0.010000000000000000","requestedAmount":0.01000000,"requestedAmountStr":"0.01","destAddressType":"WHITELISTED",
"destAddress":"0x5dC69B1Fbb13Bafd09af88a782F0F285772Ad5f8","destinations":[{"amountNative":0.01,"amountNativeStr":"0.01","amountUSD":18.74292937,
"dstAddressType":"WHITELISTED","dstId":"1","dstWalletId":"","dstName":"Network Deposits","dstSubType":"","dstType":"VAULT",
"displayDstAddress":"0x5dC69B1Fbb13Bafd09af88a782F0F285772Ad5f8","action":"ALLOW","actionInfo":{"capturedRuleNum":5,"rulesSnapshotId":8164,
"byGlobalPolicy":false,"byRule":true,"capturedRule":"{\"type\":\"TRANSFER\",\"transactionType\":\"TRANSFER\",\"asset\":\"*\",\"amount\":0,\"operators\":{\"wildcard\":\"*\"},\"applyForApprove\":true,\"action\":\"ALLOW\",\"src\":{\"ids\":[[\"*\"]]},\"dst\":{\"ids\":[[\"*\"]]},\"dstAddressType\":\"*\",\"amountCurrency\":\"USD\",\"amountScope\":\"SINGLE_TX\",\"periodSec\":0}"}}],
"externalTxId":"` + workspace + `:bench-1","note":"","signerId":"21926ecc-4a8a-4614-bbac-7c591aa7efdd","requestId":"9c794cee-7e27-46c9-9e9a-ed68295ff06b"}`
}
