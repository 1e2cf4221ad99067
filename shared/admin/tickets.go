package admin

import (
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/ledger"
)

// tickets are the mailed tokens of an admin that are good: the newest, and of resets the one before, too. A stranger who
// asks for one after the admin did so does not end the admin's. Using one ends both.
type tickets struct{ newest, earlier ticket }

// with has one more, at a time.
func (t tickets) with(made ticket, now time.Time) tickets {
	if made.purpose == reset && t.newest.purpose == reset && now.Before(t.newest.until) {
		return tickets{newest: made, earlier: t.newest}
	}
	return tickets{newest: made}
}

// opens reports whether a claim's token is one that is good at a time.
func (t tickets) opens(p purpose, by claim, now time.Time) bool {
	newest, earlier := t.newest.opens(p, by, now), t.earlier.opens(p, by, now)
	return newest || earlier
}

// tell adds them to an entry's fields.
func (t tickets) tell(fields audit.Fields) {
	if t.newest.purpose != "" {
		fields["mailed_token"] = t.newest.fields()
	}
	if t.earlier.purpose != "" {
		fields["mailed_token_before"] = t.earlier.fields()
	}
}

func (t tickets) store(in ledger.Item) {
	t.newest.store(in, "ticket")
	t.earlier.store(in, "earlier_ticket")
}

func readTickets(r *ledger.Reader) tickets {
	return tickets{newest: readTicket(r, "ticket"), earlier: readTicket(r, "earlier_ticket")}
}
