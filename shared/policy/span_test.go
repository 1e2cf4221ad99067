package policy_test

import (
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/tenant"
)

// rolling allows everything, up to 3 BTC in 24 hours.
const rolling = `{"rules":[{"id":"all","effect":"allow","match":{}}],
"caps":[{"id":"daily","match":{},"per":"window","window_hours":24,"asset":"BTC","amount":"3"}]}`

// in publishes a policy in a new office.
func in(t *testing.T, text string) office {
	t.Helper()
	o := newOffice(t)
	must[policy.DraftSummary](t)(o.draft(t, text))
	must[policy.VersionSummary](t)(o.publish(t, 1))
	return o
}

// decide judges a request and commits what it reserves as a decision would, until nobody is faster.
func (o office) decide(t *testing.T, j *policy.Judge, q signing.Question) signing.Verdict {
	t.Helper()
	for {
		v, writes, err := o.ask(t, j, q)
		if err != nil {
			t.Error(err)
			return v
		}
		_, err = o.Ledger.Commit(t.Context(), ledger.Change{By: publisher, Action: "decision.approve",
			Target: audit.Target{Type: "decision", ID: o.Ledger.NewID("d")},
			Key:    ledger.Key{PK: "decision#" + o.Ledger.NewID("d"), SK: "d"}, Item: ledger.Item{}, Else: errNoWorkspace, Also: writes})
		var refusal *ledger.Refusal
		if err == nil {
			return v
		}
		if !errors.As(err, &refusal) {
			t.Error(err)
			return v
		}
	}
}

// btc asks for a transfer of so much, as a request of its own.
func (o office) btc(t *testing.T, j *policy.Judge, key, amount string) signing.Verdict {
	t.Helper()
	return o.decide(t, j, o.question(transfer("BTC", amount, wallet("bc1q1", true)), key))
}

// spent is one line of a verdict, as "before+value=after/limit unit".
func spent(v signing.Verdict) string {
	text := ""
	for _, s := range v.Spent {
		text += fmt.Sprintf("%s: %s+%s=%s/%s %s;", s.Cap, s.Before, s.Value, s.After, s.Limit, s.Unit)
	}
	return text
}

// A window lets through its limit and not more, tells how far it is used up, and lets through more once the first has left
// it: never early, and at most a 24th of the window late.
func TestWindowSlides(t *testing.T) {
	o := in(t, rolling)
	j := policy.NewJudge(o.Ledger)
	for _, c := range []struct {
		after   time.Duration
		amount  string
		approve bool
		spent   string
	}{
		{0, "1", true, "daily: 0+1=1/3 BTC;"},
		{12 * time.Hour, "1.5", true, "daily: 1+1.5=2.5/3 BTC;"},
		{0, "0.500000000000000001", false, "daily: 2.5+0.500000000000000001=2.5/3 BTC;"},
		{0, "0.5", true, "daily: 2.5+0.5=3/3 BTC;"},
		{12*time.Hour - time.Millisecond, "0.1", false, "daily: 3+0.1=3/3 BTC;"},
		{time.Hour + time.Millisecond, "1", true, "daily: 2+1=3/3 BTC;"},
	} {
		o.Clock.Step(c.after)
		v := o.btc(t, j, o.Clock.Now().String()[11:13]+c.amount, c.amount)
		if v.Approve != c.approve || spent(v) != c.spent || (v.Reason == signing.CapExceeded) == c.approve {
			t.Errorf("%s after %s: got %t %s %s, want %t %s", c.amount, c.after, v.Approve, v.Reason, spent(v), c.approve, c.spent)
		}
	}
}

// A lifetime never frees anything. A count counts transactions. What one cap lets through another may not, and then nothing
// is used up.
func TestLifetimeAndCount(t *testing.T) {
	o := in(t, `{"rules":[{"id":"all","effect":"allow","match":{}}],"caps":[
		{"id":"ever","match":{},"per":"lifetime","asset":"BTC","amount":"10"},
		{"id":"twice","match":{"asset":"BTC"},"per":"window","window_hours":1,"count":2}]}`)
	j := policy.NewJudge(o.Ledger)
	for i, want := range []string{
		"ever: 0+4=4/10 BTC;twice: 0+1=1/2 count;",
		"ever: 4+4=8/10 BTC;twice: 1+1=2/2 count;",
		"ever: 8+4=8/10 BTC;twice: 2+1=2/2 count;", // both say no
	} {
		if v := o.btc(t, j, fmt.Sprint(i), "4"); spent(v) != want || v.Approve != (i < 2) {
			t.Errorf("%d: got %t %s, want %s", i, v.Approve, spent(v), want)
		}
	}
	o.Clock.Step(365 * 24 * time.Hour)
	v := o.btc(t, j, "later", "2.1")
	if want := "ever: 8+2.1=8/10 BTC;twice: 0+1=0/2 count;"; v.Approve || spent(v) != want || !cmp.Equal(v.Caps, []string{"ever"}) {
		t.Errorf("a year later: got %t %v %s, want %s", v.Approve, v.Caps, spent(v), want)
	}
	if v := o.btc(t, j, "rest", "2"); !v.Approve {
		t.Errorf("the rest: got %+v", v)
	}
}

// A cap in USD holds by what the provider says it is worth; a request that does not tell is rejected, also one of nothing.
func TestUSD(t *testing.T) {
	o := in(t, `{"rules":[{"id":"all","effect":"allow","match":{}}],"caps":[{"id":"usd","match":{},"per":"window","window_hours":24,"usd":"1000"}]}`)
	j := policy.NewJudge(o.Ledger)
	worth := func(key, usd string) signing.Verdict {
		q := transfer("DOGE", "5", wallet("D1", true))
		if usd != "" {
			q.USD = new(decimal(usd))
		}
		return o.decide(t, j, o.question(q, key))
	}
	if v := worth("1", "999.99"); !v.Approve || spent(v) != "usd: 0+999.99=999.99/1000 usd;" {
		t.Errorf("within: got %+v", v)
	}
	if v := worth("2", "0.02"); v.Approve || v.Reason != signing.CapExceeded {
		t.Errorf("above: got %+v", v)
	}
	if v := worth("3", ""); v.Approve || v.Reason != signing.DataMissing || !cmp.Equal(v.Missing, []string{"usd"}) {
		t.Errorf("unpriced: got %+v", v)
	}
	if v := worth("4", "0.01"); !v.Approve {
		t.Errorf("up to the edge: got %+v", v)
	}
}

// The approval and the signature of one request count once, and the later stage moves it to its own time. A later stage of
// more counts for more.
func TestStagesCountOnce(t *testing.T) {
	o := in(t, rolling)
	j := policy.NewJudge(o.Ledger)
	for i, want := range []string{"daily: 0+2=2/3 BTC;", "daily: 0+2=2/3 BTC;"} {
		if v := o.btc(t, j, "a", "2"); !v.Approve || spent(v) != want {
			t.Errorf("stage %d: got %t %s, want %s", i, v.Approve, spent(v), want)
		}
	}
	o.Clock.Step(20 * time.Hour)
	if v := o.btc(t, j, "a", "2.5"); !v.Approve || spent(v) != "daily: 0+2.5=2.5/3 BTC;" {
		t.Errorf("a later stage of more: got %t %s", v.Approve, spent(v))
	}
	o.Clock.Step(20 * time.Hour) // the first stage has left the window, the last one has not
	if v := o.btc(t, j, "b", "1"); v.Approve || spent(v) != "daily: 2.5+1=2.5/3 BTC;" {
		t.Errorf("another request: got %t %s", v.Approve, spent(v))
	}
	other := o.question(transfer("BTC", "1", wallet("bc1q1", true)), "a")
	other.ExternalID = "request-2"
	if v := o.decide(t, j, other); v.Approve {
		t.Errorf("another request under the same reference: got %+v", v)
	}
}

// A request counts towards a cap once, though more than one of its destinations matches.
func TestDestinationsCountOnce(t *testing.T) {
	o := in(t, rolling)
	q := o.question(transfer("BTC", "2", wallet("bc1q1", true), wallet("bc1q2", true)), "1")
	if v := o.decide(t, policy.NewJudge(o.Ledger), q); spent(v) != "daily: 0+2=2/3 BTC;" {
		t.Errorf("got %s", spent(v))
	}
}

// What a transaction that failed has reserved is given back, once, and recorded. It is not asked for again.
func TestRelease(t *testing.T) {
	o := in(t, rolling)
	j := policy.NewJudge(o.Ledger)
	q := o.question(transfer("BTC", "2", wallet("bc1q1", true)), "a")
	o.decide(t, j, q)
	o.btc(t, j, "b", "1")
	if err := o.service.Release(t.Context(), publisher, q.Ref, "tx-other"); err != nil {
		t.Fatal(err)
	}
	if v := o.btc(t, j, "c", "1"); v.Approve {
		t.Errorf("another transaction's end gave it back: %s", spent(v))
	}
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			if err := o.service.Release(t.Context(), publisher, q.Ref, "tx-a"); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if v := o.btc(t, j, "d", "2"); !v.Approve || spent(v) != "daily: 1+2=3/3 BTC;" {
		t.Errorf("after the release: got %t %s", v.Approve, spent(v))
	}
	if v := o.decide(t, j, q); v.Approve || v.Reason != signing.Ended {
		t.Errorf("asked for again: got %+v", v)
	}
	page := must[ledger.Page](t)(o.Ledger.Query(t.Context(), ledger.Query{Table: ledger.Audit,
		Partition: "reservation/cos_1#request-a#" + q.Ref.String(), Limit: 10}))
	if len(page.Items) != 1 || page.Items[0]["action"] != "reservation.release" {
		t.Errorf("entries: %v, want the one release", page.Items)
	}
}

// A hundred at the edge of a cap, from several processes: what is let through is exactly the limit.
func TestParallelAtTheEdge(t *testing.T) {
	o := in(t, rolling)
	judges := []*policy.Judge{policy.NewJudge(o.Ledger), policy.NewJudge(o.Ledger), policy.NewJudge(o.Ledger)}
	var wait sync.WaitGroup
	var mu sync.Mutex
	approved := 0
	for i := range 100 {
		wait.Go(func() {
			if v := o.btc(t, judges[i%3], fmt.Sprint(i), "0.25"); v.Approve {
				mu.Lock()
				approved++
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if approved != 12 {
		t.Errorf("approved: %d of 0.25 each, want 12", approved)
	}
	if v := o.btc(t, judges[0], "last", "0.000000000000000001"); v.Approve || spent(v) != "daily: 3+0.000000000000000001=3/3 BTC;" {
		t.Errorf("used up: got %s", spent(v))
	}
}

// A window never counts less than what was let through within it, and never more than that and one bucket before it.
func TestWindowNeverUnder(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, hours := range []int64{1, 5, 24, 744} {
		s := policy.Sliding{Cap: policy.Cap{ID: "c", Per: "window", Hours: hours, Count: 1}}
		window, coarse := time.Duration(hours)*time.Hour, policy.BucketLength(s.Cap)
		var times []time.Time
		at := noon
		for range 600 {
			at = at.Add(time.Duration(r.Int64N(int64(window / 40))))
			times = append(times, at)
			got := rational(s.Add(amount.Whole(1), at))
			least, most := within(times, at, window), within(times, at, window+coarse)
			if got.Cmp(least) < 0 || got.Cmp(most) > 0 {
				t.Fatalf("%d hours at %s: got %s, want %s to %s", hours, at, got, least, most)
			}
		}
		if s.Buckets() > 26 {
			t.Errorf("%d hours: %d buckets are kept", hours, s.Buckets())
		}
		if left := s.At(at.Add(window + coarse)); !left.IsZero() {
			t.Errorf("%d hours: %s is left after all have gone", hours, left)
		}
	}
}

// within counts the times in the window that ends now.
func within(times []time.Time, now time.Time, window time.Duration) *big.Rat {
	n := int64(0)
	for _, at := range times {
		if at.After(now.Add(-window)) {
			n++
		}
	}
	return big.NewRat(n, 1)
}

func rational(d amount.Decimal) *big.Rat {
	r, _ := new(big.Rat).SetString(d.String())
	return r
}

// A cap that keeps its id goes on counting through versions; with another window it starts anew.
func TestVersionsKeepCounting(t *testing.T) {
	o := in(t, rolling)
	j := policy.NewJudge(o.Ledger)
	o.btc(t, j, "a", "2")
	for i, c := range []struct{ cap, spent string }{
		{`"per":"window","window_hours":24,"asset":"BTC","amount":"5"`, "daily: 2+1=3/5 BTC;"},
		{`"per":"window","window_hours":48,"asset":"BTC","amount":"5"`, "daily: 0+1=1/5 BTC;"},
	} {
		text := `{"rules":[{"id":"all","effect":"allow","match":{}}],"caps":[{"id":"daily","match":{},` + c.cap + `}]}`
		saved := must[policy.DraftSummary](t)(o.draft(t, text))
		must[policy.VersionSummary](t)(o.publish(t, saved.Version))
		if v := o.btc(t, j, fmt.Sprint(i), "1"); spent(v) != c.spent {
			t.Errorf("%s: got %s, want %s", c.cap, spent(v), c.spent)
		}
	}
}

// The usage of each cap over time is told, and when the oldest part of a window leaves it.
func TestUsageIsTold(t *testing.T) {
	o := in(t, `{"rules":[{"id":"all","effect":"allow","match":{}}],"caps":[
		{"id":"each","match":{},"per":"transaction","asset":"BTC","amount":"9"},
		{"id":"ever","match":{},"per":"lifetime","usd":"100"},
		{"id":"daily","match":{},"per":"window","window_hours":24,"asset":"BTC","amount":"3"},
		{"id":"idle","match":{"asset":"ETH"},"per":"window","window_hours":1,"count":5}]}`)
	j := policy.NewJudge(o.Ledger)
	began := o.Clock.Now() // at a full hour
	for _, amount := range []string{"1", "0.5"} {
		q := transfer("BTC", amount, wallet("bc1q1", true))
		q.USD = new(decimal("40"))
		o.decide(t, j, o.question(q, amount))
		o.Clock.Step(90 * time.Minute)
	}
	view := must[policy.UsageView](t)(o.service.Usage(t.Context(), publisher, policy.GetInput{Workspace: o.ours}))
	want := policy.UsageView{Workspace: o.ours, Version: 1, At: began.Add(3 * time.Hour).UnixMilli(), Caps: []policy.CapUsage{
		{ID: "ever", Per: "lifetime", Unit: "usd", Limit: decimal("100"), Used: decimal("80"), Free: decimal("20")},
		{ID: "daily", Per: "window", Hours: 24, Unit: "BTC", Limit: decimal("3"), Used: decimal("1.5"), Free: decimal("1.5"),
			FreesAt: began.Add(25 * time.Hour).UnixMilli(), Frees: new(decimal("1"))},
		{ID: "idle", Per: "window", Hours: 1, Unit: "count", Limit: decimal("5"), Free: decimal("5")},
	}}
	if diff := cmp.Diff(want, view, exactly, cmp.Comparer(func(a, b tenant.ID) bool { return a == b })); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
}
