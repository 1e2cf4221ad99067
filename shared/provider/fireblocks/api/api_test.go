package api_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/simulator"
	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/custody"
	"github.com/zenvault/zenvault/shared/provider/fireblocks/api"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/tenant"
)

const workspace = "ws_eucentral1_01jd0000000000000000000001"

// key is an API user's, in memory.
type key struct{ *rsa.PrivateKey }

func (key) Reference() string { return "dir:test#" }

func (k key) Sign(_ context.Context, message []byte) ([]byte, error) {
	sum := sha256.Sum256(message)
	return rsa.SignPKCS1v15(nil, k.PrivateKey, crypto.SHA256, sum[:])
}

type bench struct {
	*simulator.API
	client  *api.Client
	account custody.Account
	now     time.Time
	lost    error // of the key's home
}

func setUp(t *testing.T) *bench {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048) // the size is who opens the key's business
	must(t, err)
	provider, err := simulator.StartAPI("")
	must(t, err)
	t.Cleanup(func() { must(t, provider.Close()) })
	provider.Admit("user-1", &private.PublicKey, nil)
	b := &bench{API: provider, now: time.Now(), account: custody.Account{Provider: "fireblocks", BaseURL: provider.URL, APIKey: "user-1", SigningKey: "dir:test"}}
	b.client = api.New(api.Options{Plain: true, Random: rand.Reader, Now: func() time.Time { return b.now },
		Keys: func(_ context.Context, reference string) (signing.Key, error) {
			if reference != "dir:test" || b.lost != nil {
				return nil, errors.Join(b.lost, errors.New("no such key"))
			}
			return key{private}, nil
		}})
	return b
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func order(t *testing.T, name string) custody.Order {
	t.Helper()
	owner, err := tenant.Parse(workspace)
	must(t, err)
	ref, err := tenant.NewRef(owner, name)
	must(t, err)
	quantity, err := amount.Parse("0.100000000000000001")
	must(t, err)
	return custody.Order{Ref: ref, Asset: "ETH", Amount: quantity, Source: custody.Party{Type: "VAULT", ID: "7"},
		Destination: custody.Party{Type: "EXTERNAL_WALLET", ID: "wallet-1"}, Note: "rent"}
}

// An order arrives as it was meant, to the last digit, and is found by both of its names; what was not ordered is told as
// absent. The provider believes every call: its token is for this path, this body and this moment, and used once.
func TestOrder(t *testing.T) {
	b := setUp(t)
	made, err := b.client.Submit(t.Context(), b.account, order(t, "rent-1"))
	must(t, err)
	if made.Status != "SUBMITTED" || made.Progress != custody.Pending {
		t.Errorf("made %+v", made)
	}
	got := b.Orders(workspace + ":rent-1")
	if len(got) != 1 || got[0].Amount != "0.100000000000000001" || got[0].SourceType != "VAULT" || got[0].SourceID != "7" || got[0].DestID != "wallet-1" || got[0].Note != "rent" {
		t.Errorf("ordered: %+v", got)
	}
	found, err := b.client.Find(t.Context(), b.account, workspace+":rent-1")
	must(t, err)
	asked, err := b.client.Status(t.Context(), b.account, made.ID)
	must(t, err)
	quantity := order(t, "x").Amount
	want := custody.Transaction{ID: made.ID, Ref: workspace + ":rent-1", Asset: "ETH", Amount: &quantity, Status: "SUBMITTED", Hash: "0x" + made.ID}
	for _, tx := range []custody.Transaction{found, asked} {
		if diff := cmp.Diff(want, tx, cmp.Comparer(func(a, b amount.Decimal) bool { return a == b })); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := b.client.Find(t.Context(), b.account, workspace+":rent-2"); !errors.Is(err, custody.ErrAbsent) {
		t.Errorf("found what was not ordered: %v", err)
	}
	must(t, b.client.Cancel(t.Context(), b.account, made.ID))
	if tx, err := b.client.Status(t.Context(), b.account, made.ID); err != nil || tx.Progress != custody.Cancelled || tx.Reason != "CANCELLED_BY_USER_REQUEST" {
		t.Errorf("cancelled: %+v, %v", tx, err)
	}
	if refused := b.Refused(); len(refused) > 0 {
		t.Errorf("not believed: %q", refused)
	}
}

// A destination that is an address goes out as one, with its tag.
func TestOneTimeAddress(t *testing.T) {
	b := setUp(t)
	o := order(t, "xrp")
	o.Destination = custody.Party{Type: custody.OneTime, Address: "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh", Tag: "12"}
	_, err := b.client.Submit(t.Context(), b.account, o)
	must(t, err)
	if got := b.Orders(workspace + ":xrp")[0]; got.Address != "rEb8TK3gBgk5auZkwc6sHnwrGVJH8DuaLh" || got.Tag != "12" || got.DestinationType != "ONE_TIME_ADDRESS" || got.DestID != "" {
		t.Errorf("ordered: %+v", got)
	}
}

// What says that nothing was done is told apart from what leaves it open: a caller may give up after the first alone, and
// must ask before it orders again after the second.
func TestRefusals(t *testing.T) {
	for effect, want := range map[string]custody.Refusal{
		simulator.TooMany: {Code: "429", Message: "Too many requests", Passing: true, After: 7 * time.Second},
		simulator.Invalid: {Code: "1503", Message: "The asset is not supported"},
	} {
		b := setUp(t)
		b.Trouble(simulator.OpSubmit, simulator.Effect{Kind: effect})
		_, err := b.client.Submit(t.Context(), b.account, order(t, "a"))
		var refusal *custody.Refusal
		if !errors.As(err, &refusal) || *refusal != want {
			t.Errorf("%s: %v, want %+v", effect, err, want)
		}
	}
	for _, effect := range []string{simulator.LostRequest, simulator.LostReply, simulator.Broken, simulator.BrokenAfter, simulator.Garbage} {
		b := setUp(t)
		b.Trouble(simulator.OpSubmit, simulator.Effect{Kind: effect})
		_, err := b.client.Submit(t.Context(), b.account, order(t, "a"))
		var refusal *custody.Refusal
		if err == nil || errors.As(err, &refusal) || errors.Is(err, custody.ErrAbsent) {
			t.Errorf("%s: %v, want an error that leaves it open", effect, err)
		}
	}
	b := setUp(t)
	b.Trouble(simulator.OpFind, simulator.Effect{Kind: simulator.Elsewhere})
	if _, err := b.client.Find(t.Context(), b.account, workspace+":a"); err == nil || errors.Is(err, custody.ErrAbsent) {
		t.Errorf("a 404 of something else passes for the provider's: %v", err)
	}
	_, err := b.client.Submit(t.Context(), b.account, order(t, "a"))
	must(t, err)
	_, err = b.client.Submit(t.Context(), b.account, order(t, "a"))
	var refusal *custody.Refusal
	if !errors.As(err, &refusal) || refusal.Passing || refusal.Code != "1438" || len(b.Orders(workspace+":a")) != 1 {
		t.Errorf("a second order: %v", err)
	}
}

// Without its key, with a clock that is wrong, or as nobody, a call is refused, and that may pass.
func TestNotBelieved(t *testing.T) {
	b := setUp(t)
	refused := func(what, code string) {
		t.Helper()
		_, err := b.client.Submit(t.Context(), b.account, order(t, "a"))
		var refusal *custody.Refusal
		if !errors.As(err, &refusal) || !refusal.Passing || refusal.Code != code {
			t.Errorf("%s: %v", what, err)
		}
	}
	b.lost = errors.New("the file is open to others")
	refused("no key", "signing_key_unavailable")
	if b.Calls(simulator.OpSubmit) != 0 {
		t.Error("a call without a key went out")
	}
	b.lost = nil
	b.now = b.now.Add(-time.Minute)
	refused("a clock behind", "-7")
	b.now = b.now.Add(2 * time.Minute)
	refused("a clock ahead", "-7")
	b.now = time.Now()
	b.account.APIKey = "user-2"
	refused("nobody", "-7")
}

// A signed request goes nowhere but to the base URL: no redirect is followed, nothing is sent in clear off this machine.
func TestGoesNowhereElse(t *testing.T) {
	b := setUp(t)
	elsewhere := 0
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	defer other.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		redirecting := httptest.NewServer(http.RedirectHandler(other.URL, status))
		b.account.BaseURL = redirecting.URL
		_, err := b.client.Submit(t.Context(), b.account, order(t, "a"))
		var refusal *custody.Refusal
		if err == nil || errors.As(err, &refusal) {
			t.Errorf("%d: %v", status, err)
		}
		redirecting.Close()
	}
	for _, base := range []string{"http://api.fireblocks.io", "http://localhost:1", "https://user@127.0.0.1:1", "ftp://127.0.0.1", "//127.0.0.1:1", ""} {
		b.account.BaseURL = base
		_, err := b.client.Submit(t.Context(), b.account, order(t, "a"))
		var refusal *custody.Refusal
		if !errors.As(err, &refusal) || refusal.Code != "base_url_refused" {
			t.Errorf("%q: %v", base, err)
		}
	}
	if elsewhere != 0 {
		t.Errorf("%d redirects were followed", elsewhere)
	}
}

// An answer without an end is given up.
func TestEndlessAnswer(t *testing.T) {
	b := setUp(t)
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 3 << 10 {
			if _, err := w.Write([]byte(strings.Repeat(" ", 1<<10))); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	b.account.BaseURL = endless.URL
	if _, err := b.client.Status(t.Context(), b.account, "tx"); err == nil || err.Error() != "the answer is longer than 1 MiB" {
		t.Errorf("%v", err)
	}
}

// Each documented status has its meaning, and an unknown one ends nothing.
func TestProgress(t *testing.T) {
	for status, want := range map[string]custody.Progress{
		"SUBMITTED": custody.Pending, "PENDING_AML_SCREENING": custody.Pending, "PENDING_ENRICHMENT": custody.Pending, "PENDING_AUTHORIZATION": custody.Pending,
		"QUEUED": custody.Pending, "PENDING_SIGNATURE": custody.Pending, "PENDING_3RD_PARTY_MANUAL_APPROVAL": custody.Pending, "PENDING_3RD_PARTY": custody.Pending,
		"BROADCASTING": custody.Pending, "CONFIRMING": custody.Pending, "CANCELLING": custody.Pending, "COMPLETED": custody.Completed,
		"CANCELLED": custody.Cancelled, "BLOCKED": custody.Rejected, "REJECTED": custody.Rejected, "FAILED": custody.Failed, "": custody.Pending, "completed": custody.Pending,
	} {
		if got := api.ProgressOf(status); got != want {
			t.Errorf("%s: got %d, want %d", status, got, want)
		}
	}
}
