// Package signing is the words that all custody providers share: a callback that asks for a signature, what it would
// move, and what a policy says to it. Providers' codecs read into these words, and the domains judge by them.
package signing

import (
	"context"
	"errors"
	"time"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/tenant"
)

// What a codec may find wrong with a message.
var (
	ErrForged     = errors.New("not a message signed by this cosigner")
	ErrExpired    = errors.New("an authentic message out of its time")
	ErrUnreadable = errors.New("an authentic message that does not say what the provider documents")
)

// Signer makes the signatures of answers: the same bytes for the same message.
type Signer interface {
	Sign(ctx context.Context, message []byte) ([]byte, error)
}

// Key is a Signer that knows which one it is.
type Key interface {
	Signer
	// Reference names this very key: whatever becomes of the name that it was found by, the same key is found by it, or none.
	Reference() string
}

// ErrRetired says that the very key that was asked for is not there any more.
var ErrRetired = errors.New("the key was retired")

// Action is what a provider is told to do.
type Action string

// The actions. An approval, a rejection and to ignore it are final and stored; a retry brings the same request again; a
// sign of life decides nothing.
const (
	Approve Action = "approve"
	Reject  Action = "reject"
	Ignore  Action = "ignore" // leave it to the provider's other approvers; where there are none, nobody approves
	Retry   Action = "retry"
	Alive   Action = "alive"
)

// Answer is what a provider is told about a request.
type Answer struct {
	Action     Action
	ExternalID string
	Reason     string    // for the provider's users; "" where there is nothing to say
	At         time.Time // when it was decided
}

// Callback is one authentic message of a provider.
type Callback struct {
	// ExternalID is the provider's name for the request, 1 to 200 visible ASCII characters but #; with the cosigner and the
	// kind it is the key under which the decision is kept.
	ExternalID string
	TxID       string // the provider's transaction, which may have more than one request; cut to 200 bytes
	Kind       string // family and stage, such as "fireblocks.tx.signing"
	Signing    bool   // this is the stage whose approval releases a signature
	Supported  bool   // the operation is one that a policy can judge
	Ping       bool   // it asks for a sign of life and nothing else; then ExternalID may be empty
	Config     bool   // it asks to approve a change of configuration at the provider, which releases no signature

	Ref     tenant.Ref // the customer's reference; zero if there is none, or none of ours
	RefText string     // as sent, cut to 200 bytes

	Request      Request
	Inconsistent string // what in it contradicts itself, snake_case; "" if nothing does
	Digest       string // hex SHA-256 of what a decision depends on and what would be signed
}

// Request is what would be signed, as far as the message tells. An empty text is something that it does not tell.
type Request struct {
	Provider     string
	Operation    string // the provider's word, such as "TRANSFER"
	Asset        string // the provider's id of it
	Amount       *amount.Decimal
	USD          *amount.Decimal // what the provider says it is worth; nil where it does not tell, or does not know
	Source       Party
	Destinations []Party

	Intent    bool   // it is a transfer that was made through zenvault, and agrees with it
	Initiator string // the API key that made the transfer; "" where there is none
	// What is called on a chain with contracts, once the message tells it. A request that moves an asset in other ways has
	// NoCall, which is not the same as not telling it.
	Contract string // its address, in lower case where the chain's addresses are hexadecimal
	Method   string // of the EVM: "0x" and the eight digits of its selector, in lower case; "" if the call names none
	NoCall   bool
}

// Party is one end of a transfer.
type Party struct {
	Type        string // the provider's word, such as "VAULT"
	ID          string
	NoID        bool // such a party has none, which is not the same as not telling it
	Address     string
	Tag         string // memo or destination tag, where the chain has one
	Whitelisted *bool
}

// Question is a request as it comes before a policy.
type Question struct {
	Workspace  tenant.ID
	Cosigner   string
	ExternalID string
	TxID       string
	Ref        tenant.Ref
	Request    Request
	At         time.Time
}

// Verdict is what a policy says.
type Verdict struct {
	Approve bool
	Reason  Reason
	Policy  int64    // the version of the policy; 0 if the workspace has none
	Rules   []string // ids of the rules that decided, sorted
	Caps    []string // ids of the caps that decided, sorted
	Missing []string // what the request did not tell and a rule or cap asked for, sorted
	Spent   []Spent  // what it uses up of caps over time, by cap
}

// Spent is a request's part of one cap over time.
type Spent struct {
	Cap                         string
	Unit                        string // the asset, "usd" or "count"
	Value, Before, After, Limit amount.Decimal
}

// Reason says in one word why a request was approved or rejected.
type Reason string

// The reasons that a policy gives.
const (
	Allowed      Reason = "allowed"        // a rule allows it, no rule denies it, all caps hold
	NoPolicy     Reason = "no_policy"      // the workspace has published none
	Denied       Reason = "denied"         // a rule denies it
	NoRuleAllows Reason = "no_rule_allows" // default deny
	CapExceeded  Reason = "cap_exceeded"   // a cap does not hold
	DataMissing  Reason = "data_missing"   // it could not be told whether a rule denies it or a cap holds
	Ended        Reason = "ended"          // the provider said before that the transaction had failed
)

// The reasons that come before any policy.
const (
	UnsupportedKind Reason = "unsupported_kind"  // authentic, and nothing that can be judged
	Unreferenced    Reason = "no_reference"      // no customer reference
	ForeignRef      Reason = "foreign_reference" // one that is not of a workspace that this cosigner is bound to
	Inconsistent    Reason = "inconsistent"      // the request contradicts itself
	Conflicting     Reason = "conflicting"       // another request has this id: never stored
)
