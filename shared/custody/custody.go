// Package custody is the words that all custody providers' APIs share: an account to act with, an order to move assets, and
// what became of it. Providers' clients speak them to the outside, and the domain of transfers to the inside.
package custody

import (
	"errors"
	"fmt"
	"time"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/tenant"
)

// Account is whom a provider's API is called as.
type Account struct {
	Provider   string
	BaseURL    string // of the API, without a slash at its end; from a closed table, never from a request
	APIKey     string // the provider's name for the caller: no secret
	SigningKey string // how the key that signs calls is referred to, see shared/keyref
}

// Party is one end of an order. The types are those of callbacks and policies: VAULT, EXCHANGE, INTERNAL_WALLET,
// EXTERNAL_WALLET, NETWORK_CONNECTION, FIAT_ACCOUNT, ONE_TIME_ADDRESS.
type Party struct {
	Type    string
	ID      string // "" for a one-time address
	Address string // of a one-time address
	Tag     string // memo or destination tag of a one-time address, where the chain has one
}

// OneTime is the type of a destination that is an address and nothing that the provider knows.
const OneTime = "ONE_TIME_ADDRESS"

// PartyTypes lists what a source can be, and a destination besides OneTime.
func PartyTypes() []string {
	return []string{"EXCHANGE", "EXTERNAL_WALLET", "FIAT_ACCOUNT", "INTERNAL_WALLET", "NETWORK_CONNECTION", "VAULT"}
}

// Order asks a provider to move assets.
type Order struct {
	Ref         tenant.Ref // the customer's reference, under which the provider makes at most one transaction
	Asset       string     // the provider's id of it
	Amount      amount.Decimal
	Source      Party
	Destination Party
	Note        string
}

// Progress is how far a transaction has come. The zero value is Pending: a status that nobody has heard of ends nothing.
type Progress uint8

// The kinds of progress. All but Pending are ends.
const (
	Pending   Progress = iota
	Completed          // on the chain, final as far as the provider knows
	Failed
	Rejected // by a policy, a person or the provider's own rules
	Cancelled
)

// Transaction is what a provider says of one. An empty text is something that it does not tell.
type Transaction struct {
	ID       string // the provider's, 1 to 200 visible ASCII characters
	Ref      string // the customer's, as the provider has it
	Asset    string
	Amount   *amount.Decimal // as it was ordered; nil where it can't be told
	Progress Progress
	Status   string // the provider's word, at most 64 bytes
	Reason   string // its word for why, at most 64 bytes
	Hash     string // on the chain, at most 200 bytes
}

// ErrAbsent says that the provider answered, and knows no such transaction. No answer at all is another error.
var ErrAbsent = errors.New("the provider knows no such transaction")

// Refusal is an answer that says that nothing was done. Any other error of a call leaves open whether it was.
type Refusal struct {
	Code    string        // a word of ours or the provider's code, snake_case or digits
	Message string        // the provider's sentence, at most 200 bytes; may be empty
	Passing bool          // the same call may succeed later
	After   time.Duration // how long the provider asks to be left alone; 0 does not tell
}

func (r *Refusal) Error() string {
	return fmt.Sprintf("the provider refused: %s %s", r.Code, r.Message)
}
