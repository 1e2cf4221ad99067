package transfer

import (
	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/custody"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/tenant"
)

// Intent is what a request for a signature must agree with.
type Intent struct {
	Initiator   string // the API key that asked for the transfer
	State       State
	Asset       string
	Amount      amount.Decimal
	Source      custody.Party
	Destination custody.Party
}

// ParseIntent reads the item that is stored under Key.
func ParseIntent(item ledger.Item) (Intent, error) {
	t, err := parse(item)
	if err != nil {
		return Intent{}, err
	}
	return Intent{t.Initiator, t.State, t.Asset, t.Amount, t.Source, t.Destination}, nil
}

// Contradicts names the first thing in which a request is not what was asked for: "state" (it was not ordered, or is over),
// "asset", "amount", "source" or "destination"; "" if it is. What a request does not tell it can't agree in.
func (i Intent) Contradicts(r signing.Request) string {
	switch {
	case i.State != Submitting && i.State != Submitted:
		return "state"
	case r.Asset != i.Asset:
		return "asset"
	case r.Amount == nil || r.Amount.Compare(i.Amount) != 0:
		return "amount"
	case r.Source.Type != i.Source.Type || r.Source.ID != i.Source.ID:
		return "source"
	case len(r.Destinations) != 1 || !agrees(i.Destination, r.Destinations[0]):
		return "destination"
	}
	return ""
}

// agrees compares the address and the tag of a destination that is an address, else what the provider knows it by: its
// addresses are the provider's to know.
func agrees(asked custody.Party, told signing.Party) bool {
	if asked.Address != "" {
		return told.Address != "" && signing.SameAddress(asked.Address, told.Address) && told.Tag == asked.Tag
	}
	return told.Type == asked.Type && told.ID == asked.ID
}

// Intents are what a decision asks of this domain.
type Intents struct{}

// Key is where the transfer of a reference is stored.
func (Intents) Key(ref tenant.Ref) ledger.Key { return Key(ref) }

// Match holds a request for a signature against the transfer that was asked for.
func (Intents) Match(item ledger.Item, r signing.Request) (initiator, contradiction string, err error) {
	i, err := ParseIntent(item)
	if err != nil {
		return "", "", err
	}
	return i.Initiator, i.Contradicts(r), nil
}
