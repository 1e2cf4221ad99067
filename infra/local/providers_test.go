package local_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/local"
	"github.com/zenvault/zenvault/infra/simulator"
)

// wanted is what a provider asks for, in the words that all of them have.
type wanted struct {
	id, ref, asset, amount, address string
	other                           string // of the provider's types or kinds, one that no policy can judge; "" is a transfer
}

// line is a co-signer of one provider, and how it speaks.
type line struct {
	cosigner string
	path     string            // of its callbacks
	kind     string            // of a transfer
	others   map[string]string // what can't be judged, and its kind
	base     *string           // where it sends to

	sign func(wanted) ([]byte, error) // makes a new message: nothing in it but what it asks is the same twice
	late func(wanted) ([]byte, error) // makes one that is out of its time
	send func(context.Context, []byte) (simulator.Answer, error)
}

// The keys of Safeheron's line. Making keys of that size is slow.
var (
	safeheronCosigner = sync.OnceValues(simulator.NewSafeheron)
	safeheronResponse = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 4096) })
)

const safeheronKey = "safeheron-response"

// linePolicy allows what the lines transfer: at most one ETH at a time.
const linePolicy = `{"rules":[{"id":"eth","effect":"allow","match":{"asset":"ETH"}}],` +
	`"caps":[{"id":"one","match":{},"per":"transaction","asset":"ETH","amount":"1"}]}`

// lines registers a co-signer of each provider beside Fireblocks for a workspace, which gets a policy.
func (g *gateway) lines(t testing.TB, workspace string) map[string]*line {
	t.Helper()
	var draft struct {
		Version int64 `json:"draft_version"`
	}
	g.want(t, 200, g.admin("PUT", "/v1/admin/workspaces/"+workspace+"/policy/draft", linePolicy)).decode(t, &draft)
	g.want(t, 200, g.admin("POST", "/v1/admin/workspaces/"+workspace+"/policy/publish", marshal(map[string]int64{"draft_version": draft.Version})))
	return map[string]*line{"safeheron": g.safeheron(t, workspace), "cobo": g.cobo(t, workspace)}
}

// enlist makes a co-signer of a provider known.
func (g *gateway) enlist(t testing.TB, provider, inbound, response, workspace string) (id, path string) {
	t.Helper()
	var made struct {
		ID   string
		Path string `json:"callback_path"`
	}
	g.want(t, 201, g.admin("POST", "/v1/admin/cosigners", marshal(map[string]any{"name": "Line", "provider": provider,
		"inbound_keys": []string{inbound}, "response_key": response, "workspaces": []string{workspace}}))).decode(t, &made)
	return made.ID, made.Path
}

func (g *gateway) safeheron(t testing.TB, workspace string) *line {
	t.Helper()
	cosigner, err := safeheronCosigner()
	must(t, err)
	response, err := safeheronResponse()
	must(t, err)
	text := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(response)})
	must(t, os.WriteFile(filepath.Join(g.SecretsDir, safeheronKey), text, 0o600))
	id, path := g.enlist(t, "safeheron", cosigner.PublicKeyPEM(), safeheronKey, workspace)
	s := *cosigner
	s.BaseURL, s.Answers = g.URL+path, &response.PublicKey
	message := func(w wanted, at time.Time) ([]byte, error) {
		task := simulator.SafeheronTask{ApprovalID: w.id, Type: w.other, Reference: w.ref, Coin: w.asset, Amount: w.amount, Address: w.address}
		return s.Sign(task.Content(), at)
	}
	return &line{cosigner: id, path: path, kind: "safeheron.transaction", base: &s.BaseURL, send: s.Send,
		others: map[string]string{"MPC_SIGN": "safeheron.mpc_sign", "ETH_SIGNTRANSACTION": "safeheron.web3_sign", "CONNECT_TX_SEND": "safeheron.transaction",
			"NOT_KNOWN_YET": "safeheron.other", "transaction": "safeheron.other"},
		sign: func(w wanted) ([]byte, error) { return message(w, time.Now()) },
		late: func(w wanted) ([]byte, error) { return message(w, time.Now().Add(-time.Minute)) },
	}
}

func (g *gateway) cobo(t testing.TB, workspace string) *line {
	t.Helper()
	c, err := simulator.NewCobo()
	must(t, err)
	id, path := g.enlist(t, "cobo", c.PublicKeyPEM(), local.SigningKey, workspace)
	c.BaseURL, c.Answers = g.URL+path, &g.signingKey(t).PublicKey
	types := map[string]int{"keygen": 1, "reshare": 3, "key share sign": 5, "type 7": 7}
	seconds := 0
	message := func(w wanted, until time.Time) ([]byte, error) {
		task := simulator.CoboTask{RequestID: w.id, Type: simulator.CoboKeySign, Reference: w.ref, Token: w.asset, Amount: w.amount, Address: w.address}
		if number, known := types[w.other]; known {
			task.Type = number
		} else {
			task.Kind = w.other
		}
		content, err := task.Content()
		if err != nil {
			return nil, err
		}
		return c.Sign(content, until)
	}
	return &line{cosigner: id, path: path + "/v2/check", kind: "cobo.keysign", base: &c.BaseURL, send: c.Send,
		others: map[string]string{"keygen": "cobo.keygen", "reshare": "cobo.reshare", "key share sign": "cobo.key_share_sign", "type 7": "cobo.other",
			"ContractCall": "cobo.keysign", "MessageSign": "cobo.keysign"},
		sign: func(w wanted) ([]byte, error) {
			seconds++ // another expiry in each
			return message(w, time.Now().Add(time.Minute+time.Duration(seconds)*time.Second))
		},
		late: func(w wanted) ([]byte, error) { return message(w, time.Now().Add(-time.Second)) },
	}
}

// want is a transfer inside the policy.
func want(workspace, name string) wanted {
	name += "-" + rand.Text()[:8]
	return wanted{id: "req-" + name, ref: workspace + ":" + name, asset: "ETH", amount: "0.25", address: address}
}

func (l *line) message(t testing.TB, w wanted) []byte {
	t.Helper()
	body, err := l.sign(w)
	must(t, err)
	return body
}

// post sends a message; a signed answer is verified.
func (l *line) post(t testing.TB, body []byte) simulator.Answer {
	t.Helper()
	answer, err := l.send(t.Context(), body)
	must(t, err)
	return answer
}

// ask signs a request anew and sends it.
func (l *line) ask(t testing.TB, w wanted) simulator.Answer {
	t.Helper()
	return l.post(t, l.message(t, w))
}

// lined are the lines of a vault, made once, with their workspace.
type lined struct {
	once      sync.Once
	workspace string
	all       map[string]*line
}

var linedVaults sync.Map // of a *vault: *lined

// lined gives a vault its lines.
func (v *vault) lined(t testing.TB) (workspace string, all map[string]*line) {
	t.Helper()
	found, _ := linedVaults.LoadOrStore(v, &lined{})
	l := found.(*lined)
	l.once.Do(func() {
		l.workspace = v.workspace(t, "Lines")
		l.all = v.lines(t, l.workspace)
	})
	if l.all == nil {
		t.Fatal("the lines did not start: see the first test that failed")
	}
	return l.workspace, l.all
}
