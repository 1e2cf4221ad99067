package policy

import (
	"context"
	"errors"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// maxReservations is how many requests of one reference are looked at: a transaction asks once, or once a part of a batch.
const maxReservations = 100

// Release gives back what the requests of a transaction hold of caps over time, since its provider says that it ended
// without moving anything. txID is the provider's transaction; "" is all of the reference. Doing it twice gives back once.
// A request that comes for the same transaction afterwards is rejected.
func (s Service) Release(ctx context.Context, by caller.Caller, ref tenant.Ref, txID string) error {
	page, err := s.Ledger.Query(ctx, ledger.Query{Partition: reservationsOf(ref), Limit: maxReservations})
	if err != nil {
		return err
	}
	for _, item := range page.Items {
		at := item.Read()
		r, err := parseReservation(ledger.Key{PK: at.Text("pk"), SK: at.Text("sk")}, item)
		if err := first(at.Err(), err); err != nil {
			return err
		}
		if r.returned || txID != "" && r.txID != txID {
			continue
		}
		if err := s.release(ctx, by, r.key); err != nil {
			return err
		}
	}
	return nil
}

// release gives back one reservation as it is now, until nobody was faster.
func (s Service) release(ctx context.Context, by caller.Caller, key ledger.Key) error {
	for {
		item, err := s.Ledger.GetOne(ctx, key)
		if err != nil {
			return err
		}
		r, err := parseReservation(key, item)
		if err != nil || r.returned {
			return err
		}
		if err = s.giveBack(ctx, by, r); !errors.Is(err, errUsageMoved) {
			return err
		}
	}
}

func (s Service) giveBack(ctx context.Context, by caller.Caller, r reservation) error {
	writes, err := s.less(ctx, r)
	if err != nil {
		return err
	}
	_, err = s.Ledger.Commit(ctx, ledger.Change{
		By: by, Action: "reservation.release", Target: r.target(), Workspace: r.workspace.String(),
		Before: r.fields(held), After: r.fields(returned),
		Key: r.key, Prior: r.version, There: true, Item: r.item(returned), If: r.unmoved(), Else: errUsageMoved,
		Also: writes,
	})
	return err
}

// less are the usages without what the reservation holds of them.
func (s Service) less(ctx context.Context, r reservation) ([]ledger.Write, error) {
	keys := make([]ledger.Key, len(r.held))
	for i, h := range r.held {
		keys[i] = ledger.Key{PK: UsageKeys + r.workspace.String(), SK: h.span}
	}
	items, err := s.Ledger.Get(ctx, keys...)
	if err != nil {
		return nil, err
	}
	var writes []ledger.Write
	for i, h := range r.held {
		used, err := parseUsage(items[i])
		if err != nil {
			return nil, err
		}
		writes = append(writes, used.giveBack(h.value, h.bucket).write(keys[i]))
	}
	return writes, nil
}

func (r reservation) fields(state string) audit.Fields {
	holds := make([]audit.Fields, len(r.held))
	for i, h := range r.held {
		holds[i] = audit.Fields{"span": h.span, "value": h.value.String(), "bucket": h.bucket.UnixMilli()}
	}
	return audit.Fields{"state": state, "tx_id": r.txID, "held": holds}
}
