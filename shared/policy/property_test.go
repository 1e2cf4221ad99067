package policy_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/policy"
	"github.com/zenvault/zenvault/shared/signing"
)

// rounds is how many random documents each property is tried on; each meets requestsPerRound random requests.
const (
	rounds           = 1000
	requestsPerRound = 10
)

func compile(t testing.TB, d policy.Document) *policy.Snapshot {
	t.Helper()
	s, err := policy.Compile(d)
	if err != nil {
		t.Fatalf("%+v: %v", d, err)
	}
	return s
}

// exactly compares amounts as the values that they are.
var exactly = cmp.Comparer(func(a, b amount.Decimal) bool { return a == b })

func evaluate(t testing.TB, d policy.Document, q signing.Request, now moment) signing.Verdict {
	t.Helper()
	return policy.Evaluate(compile(t, d), q, now.at, policy.UsedUp(d, now.at, now.used))
}

// everywhere tries a property on random documents, requests and moments. It fails if too few of them are approved for the
// property to mean anything.
func everywhere(t *testing.T, try func(*rand.Rand, policy.Document, signing.Request, moment) (approved bool)) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	approved := 0
	for range rounds {
		d := randomDocument(r)
		for range requestsPerRound {
			if try(r, d, randomRequest(r), randomMoment(r, d)) {
				approved++
			}
		}
		if t.Failed() {
			return
		}
	}
	if approved < rounds*requestsPerRound/50 {
		t.Errorf("approved: %d of %d, too few to show anything", approved, rounds*requestsPerRound)
	}
}

// The index approves exactly what a look at every rule and cap approves.
func TestIndexEqualsNaive(t *testing.T) {
	everywhere(t, func(_ *rand.Rand, d policy.Document, q signing.Request, now moment) bool {
		got, want := evaluate(t, d, q, now), naive(d, q, now)
		if got.Approve != want {
			t.Errorf("approve: got %t (%+v), want %t\n%+v\n%+v", got.Approve, got, want, d, q)
		}
		if got.Approve != (got.Reason == signing.Allowed) {
			t.Errorf("approve is %t for the reason %q", got.Approve, got.Reason)
		}
		return got.Approve
	})
}

// Adding a deny or a cap, or removing an allow, never approves what was rejected before.
func TestRestrictingNeverWidens(t *testing.T) {
	everywhere(t, func(r *rand.Rand, d policy.Document, q signing.Request, now moment) bool {
		before := evaluate(t, d, q, now).Approve
		for name, narrower := range map[string]policy.Document{
			"a deny more": {Rules: append(slices.Clone(d.Rules), policy.Rule{ID: "more", Effect: "deny", Match: randomMatch(r)}), Caps: d.Caps},
			"a cap more":  {Rules: d.Rules, Caps: append(slices.Clone(d.Caps), randomCap(r, "more"))},
			"an allow less": {Caps: d.Caps, Rules: slices.DeleteFunc(slices.Clone(d.Rules), func(rule policy.Rule) bool {
				return rule.Effect == "allow" && rule.ID == "r0"
			})},
		} {
			if !before && evaluate(t, narrower, q, now).Approve {
				t.Errorf("%s approves %+v, which %+v rejects", name, q, d)
			}
		}
		return before
	})
}

// The order of rules, caps and destinations means nothing: the whole verdict is the same.
func TestOrderIsIrrelevant(t *testing.T) {
	everywhere(t, func(r *rand.Rand, d policy.Document, q signing.Request, now moment) bool {
		want := evaluate(t, d, q, now)
		shuffled := policy.Document{Rules: slices.Clone(d.Rules), Caps: slices.Clone(d.Caps)}
		r.Shuffle(len(d.Rules), func(i, j int) {
			shuffled.Rules[i], shuffled.Rules[j] = shuffled.Rules[j], shuffled.Rules[i]
		})
		r.Shuffle(len(d.Caps), func(i, j int) { shuffled.Caps[i], shuffled.Caps[j] = shuffled.Caps[j], shuffled.Caps[i] })
		q.Destinations = slices.Clone(q.Destinations)
		slices.Reverse(q.Destinations)
		if diff := cmp.Diff(want, evaluate(t, shuffled, q, now), exactly); diff != "" {
			t.Errorf("in another order (-want +got):\n%s", diff)
		}
		return want.Approve
	})
}

// Telling less never approves more: a request with a member taken away is approved only if it was before.
func TestTellingLessNeverWidens(t *testing.T) {
	everywhere(t, func(_ *rand.Rand, d policy.Document, q signing.Request, now moment) bool {
		before := evaluate(t, d, q, now).Approve
		for name, forget := range map[string]func(*signing.Request){
			"asset":     func(q *signing.Request) { q.Asset = "" },
			"operation": func(q *signing.Request) { q.Operation = "" },
			"amount":    func(q *signing.Request) { q.Amount = nil },
			"usd":       func(q *signing.Request) { q.USD = nil },
			"initiator": func(q *signing.Request) { q.Initiator = "" },
			"source":    func(q *signing.Request) { q.Source = signing.Party{} },
			"destinations": func(q *signing.Request) {
				for i := range q.Destinations {
					q.Destinations[i] = signing.Party{}
				}
			},
		} {
			less := q
			less.Destinations = slices.Clone(q.Destinations)
			if forget(&less); !before && evaluate(t, d, less, now).Approve {
				t.Errorf("without its %s %+v is approved by %+v", name, q, d)
			}
		}
		return before
	})
}
