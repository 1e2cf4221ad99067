package policy

import (
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/tenant"
)

// ReservationKeys is the prefix of what requests hold of caps over time.
const ReservationKeys = "reservation#"

// reservation is what one request holds of caps over time, over all its stages: an approval and the signature after it
// count once. It is kept by the customer's reference, under which it is given back, and by the request: another request
// under the same reference holds its own.
type reservation struct {
	key       ledger.Key
	workspace tenant.ID
	txID      string
	held      []hold
	returned  bool
	turn      int64 // counts the writes before it was returned; 0 if it is not there
	version   ledger.Version
}

// hold is a part of a reservation: a value, counted in one bucket of a usage.
type hold struct {
	span   string // the usage's sort key
	value  amount.Decimal
	bucket time.Time
}

// The states of a reservation.
const (
	held     = "held"
	returned = "returned"
)

// reservationsOf is the partition of a reference.
func reservationsOf(ref tenant.Ref) string { return ReservationKeys + ref.String() }

func reservationKey(q signing.Question) ledger.Key {
	return ledger.Key{PK: reservationsOf(q.Ref), SK: q.Cosigner + "#" + q.ExternalID}
}

// find is what the reservation holds of a cap.
func (r reservation) find(c *Cap) (hold, bool) {
	for _, h := range r.held {
		if h.span == c.span() {
			return h, true
		}
	}
	return hold{}, false
}

// with is the reservation with another hold of the same cap.
func (r reservation) with(h hold) reservation {
	others := make([]hold, 0, len(r.held)+1)
	for _, old := range r.held {
		if old.span != h.span {
			others = append(others, old)
		}
	}
	r.held = append(others, h)
	return r
}

func (r reservation) item(state string) ledger.Item {
	holds := make([]ledger.Item, len(r.held))
	for i, h := range r.held {
		holds[i] = ledger.Item{"span": h.span, "value": h.value.String(), "bucket": h.bucket.UnixMilli()}
	}
	return ledger.Item{"workspace": r.workspace.String(), "tx_id": r.txID, "held": holds, "state": state, "turn": r.turn + 1}
}

// unmoved is that nobody has touched it since it was read.
func (r reservation) unmoved() ledger.Condition {
	if r.turn == 0 {
		return ledger.Absent()
	}
	return ledger.Is("turn", r.turn)
}

// write stores a reservation beside the decision that makes it, if nobody has touched it since.
func (r reservation) write() ledger.Write {
	return ledger.Write{Key: r.key, Put: ledger.Begin(r.item(held)), If: r.unmoved(), Else: errUsageMoved}
}

func parseReservation(key ledger.Key, item ledger.Item) (reservation, error) {
	if item == nil {
		return reservation{key: key}, nil
	}
	read := item.Read()
	r := reservation{key: key, txID: read.Text("tx_id"), turn: read.Int("turn"), returned: read.Text("state") == returned, version: item.Version()}
	workspace, malformed := tenant.Parse(read.Text("workspace"))
	r.workspace = workspace
	for _, stored := range read.Items("held") {
		h := stored.Read()
		value, err := amount.ParseSum(h.Text("value")) // in USD it may be one
		r.held = append(r.held, hold{h.Text("span"), value, h.Time("bucket")})
		if err := first(h.Err(), err); err != nil {
			return reservation{}, err
		}
	}
	return r, first(read.Err(), malformed)
}

// target names a reservation in the trail. The parts can't run into each other: only the last one may have a #.
func (r reservation) target() audit.Target {
	return audit.Target{Type: "reservation", ID: r.key.SK + "#" + strings.TrimPrefix(r.key.PK, ReservationKeys)}
}
