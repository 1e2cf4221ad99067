// Package mail writes to admins: the link that they asked for, and what happened to their account. A letter is asked for
// by a message on the mail queue and written by a worker, so that a route does the same whether there is anybody to write
// to or not. It is sent at least once: after a lost answer it may come twice.
package mail

import (
	"context"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

// Accounts knows who is to be written to. The admin domain does. Where the address that comes back is empty there is
// nobody to write to, and no letter is written: that is no error. Methods are safe for concurrent use and may be called
// more than once for one message, whose id is who.Origin.RequestID.
type Accounts interface {
	// ResetToken makes a token that sets a new password, once and for an hour at most, for the enabled admin of this
	// address, durably. It leaves the one made before good, so that who asks in somebody else's name does not end that one's.
	ResetToken(ctx context.Context, who caller.Caller, address string) (to string, token secret.Text, err error)
	// InvitationToken makes a token that accepts an invitation, durably. It ends those made before. The address is empty
	// if the invitation was accepted or withdrawn meanwhile.
	InvitationToken(ctx context.Context, who caller.Caller, adminID string) (to string, token secret.Text, err error)
	// AddressOf is where an admin is written to, one who is disabled too: that is news to him as well.
	AddressOf(ctx context.Context, adminID string) (to string, err error)
	// Known is the address of the enabled admin who has it, in the form in which it is stored.
	Known(ctx context.Context, address string) (to string, err error)
}

// Courier takes letters. It answers when the letter is taken for good, with a fault of kind Unprocessable when it can
// never be sent, and with any other error when it may be sent later, or was sent and the answer got lost.
type Courier interface {
	Send(ctx context.Context, to, subject string, text secret.Text) error
}

// Service is what the worker is made of.
type Service struct {
	Ledger   *ledger.Ledger
	Accounts Accounts
	Courier  Courier
	Stack    string // named in each letter: a person may run several
	BaseURL  string // of the console, which links lead to; "" writes the bare token. Never taken from a request
	// Dropped is told of a letter that can't ever be sent, so that somebody hears of it.
	Dropped func(kind string, why error)
}

// The faults of this domain. No client sees them: they are words for the log.
var (
	errMessage = fault.New(fault.Invalid, "message_malformed", "The message asks for no letter.")
	errNoEvent = fault.New(fault.Internal, "event_missing", "The message names an event that is not there.")
	errAddress = fault.New(fault.Internal, "letter_address_unfit", "An address is at most 254 printable ASCII characters.")
	errKind    = fault.New(fault.Internal, "letter_kind_unknown", "There is no letter of this kind.")
)
