package rewrap

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

// maxTries bounds how often a record may change under a run before it is left for the next one.
const maxTries = 4

// reseal moves one record under the newest key, whatever happens to it meanwhile. Only trouble with the database is an
// error: a record that does not open holds up none behind it.
func (p *pass) reseal(ctx context.Context, k Kind, item ledger.Item) error {
	var found []string // the keys that it was under when it was first looked at
	for try := 1; ; try++ {
		old, change, err := p.change(k, item)
		if try == 1 {
			found = old
		}
		if len(old) == 0 { // nothing to do, or somebody was faster
			return p.result(k, found, change.Target, nil)
		}
		if err == nil {
			_, err = p.Ledger.Commit(ctx, change)
		}
		if item = ledger.Old(err); item == nil || try == maxTries || !errors.Is(err, errMoved) {
			return p.result(k, found, change.Target, err)
		}
	}
}

// result counts what became of a record.
func (p *pass) result(k Kind, keys []string, target audit.Target, err error) error {
	if err != nil && fault.From(err).Kind == fault.Unavailable {
		return err
	}
	for _, key := range keys {
		if err == nil {
			p.count(key, k.Name, 1, 0)
		} else {
			p.count(key, k.Name, 0, 1)
		}
	}
	if err != nil && len(p.failed) < maxFailures {
		p.failed = append(p.failed, Failure{target.String(), fault.From(err).Code})
	}
	return nil
}

// errSealed is told of a value that does not open, whatever the reason.
var errSealed = fault.New(fault.Internal, "sealed_value_does_not_open", "A sealed value does not open.")

// unknown stands for the key of what is no envelope at all.
const unknown = "unknown"

// change is what moves a record under the newest key; old names the keys that it is under, none if there is nothing to do.
func (p *pass) change(k Kind, item ledger.Item) (old []string, c ledger.Change, err error) {
	target, place := k.Home(item)
	moved := maps.Clone(item)
	before, after := audit.Fields{}, audit.Fields{}
	for _, field := range k.Sealed {
		value, there := item[field]
		envelope, bytes := value.([]byte)
		by, ok := p.Keys.SealedBy(envelope)
		if !ok {
			by = unknown
		}
		if !there || bytes && len(envelope) == 0 || by == p.at.Newest { // an empty one was taken away
			continue
		}
		if place.Field = field; !slices.Contains(old, by) {
			old = append(old, by)
		}
		fresh, openErr := p.Keys.Reseal(place, envelope)
		if openErr != nil {
			err = errSealed.Because(openErr)
		}
		moved[field] = fresh
		before[field], before[field+"_sealed_under"] = secret.NewBytes(envelope), by
		after[field], after[field+"_sealed_under"] = secret.NewBytes(fresh), p.at.Newest
	}
	r := item.Read()
	return old, ledger.Change{
		By: p.who, Action: "key.rewrap", Target: target, Workspace: place.Workspace, Before: before, After: after,
		Key: ledger.Key{PK: r.Text("pk"), SK: r.Text("sk")}, Prior: item.Version(), There: true, Item: moved, Else: errMoved,
	}, err
}
