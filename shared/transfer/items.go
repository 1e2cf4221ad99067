package transfer

import (
	"errors"
	"fmt"
	"time"

	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/custody"
	"github.com/zenvault/zenvault/shared/id"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// Keys is the prefix of every key of this domain.
const Keys = "transfer#"

// The partitions of indexes: a workspace's list, and work by time. The due index's are apart from those of events and
// deliveries, so that who sweeps these needs no right to those.
const (
	listKeys  = "transfers#"
	dueKeys   = "transferdue#"
	dueShards = 4
)

// idOf is the id that belongs to a reference: so a transfer is found by its reference and by its id alike, in one read.
func idOf(ref tenant.Ref) string { return id.Of(idPrefix, ref.String()) }

// Key is where the transfer of a reference is stored.
func Key(ref tenant.Ref) ledger.Key { return at(idOf(ref)) }

func at(transferID string) ledger.Key { return ledger.Key{PK: Keys + transferID, SK: "transfer"} }

func directory(workspace tenant.ID) string { return listKeys + workspace.String() }

// listKey sorts by the time of making: ids of transfers tell none.
func (t Transfer) listKey() string { return fmt.Sprintf("%013d#%s", t.CreatedAt.UnixMilli(), t.ID) }

func dueShard(n int) string { return fmt.Sprintf("%s%d", dueKeys, n) }

func (t Transfer) dueShard() string { return dueShard(ledger.Shard(t.ID, dueShards)) }

// item is the stored form. Only what is to be looked at again is in the index that the sweeper reads: when its lease ends,
// or when it is due and its message has had time to arrive.
func (t Transfer) item() ledger.Item {
	item := ledger.Item{
		"id": t.ID, "reference": t.Ref.String(), "connection": t.Connection, "initiator": t.Initiator, "asset": t.Asset,
		"amount": t.Amount.String(), "source": partyItem(t.Source), "destination": partyItem(t.Destination), "note": t.Note,
		"created_at": t.CreatedAt.UnixMilli(), "state": string(t.State), "changed_at": t.ChangedAt.UnixMilli(),
		"problem_code": t.Problem.Code, "problem_message": t.Problem.Message, "tx_id": t.TxID, "status": t.Status, "reason": t.Reason,
		"hash": t.Hash, "attempts": int64(t.attempts), "unsure": t.unsure, "sent_as": t.sentAs, "release_due": t.releaseDue,
		"dir": directory(t.workspace()), "dir_sk": t.listKey(),
	}
	if !t.CancelAt.IsZero() {
		item["cancel_at"] = t.CancelAt.UnixMilli()
	}
	if t.nextAt.IsZero() {
		return item
	}
	item["next_at"], item["due_shard"], item["due_at"] = t.nextAt.UnixMilli(), t.dueShard(), t.nextAt.Add(grace).UnixMilli()
	if t.lease != "" {
		item["lease"], item["lease_until"], item["due_at"] = t.lease, t.leaseUntil.UnixMilli(), t.leaseUntil.UnixMilli()
	}
	return item
}

func partyItem(p custody.Party) ledger.Item {
	return ledger.Item{"type": p.Type, "id": p.ID, "address": p.Address, "tag": p.Tag}
}

func parse(item ledger.Item) (Transfer, error) {
	r := item.Read()
	ref, errRef := tenant.ParseRef(r.Text("reference"))
	quantity, errAmount := amount.Parse(r.Text("amount"))
	source, errSource := parseParty(r.Item("source"))
	destination, errDestination := parseParty(r.Item("destination"))
	t := Transfer{
		ID: r.Text("id"), Ref: ref, Connection: r.Text("connection"), Initiator: r.Text("initiator"), Asset: r.Text("asset"), Amount: quantity,
		Source: source, Destination: destination, Note: r.Text("note"), CreatedAt: r.Time("created_at"),
		State: State(r.Text("state")), ChangedAt: r.Time("changed_at"), Problem: Problem{r.Text("problem_code"), r.Text("problem_message")},
		TxID: r.Text("tx_id"), Status: r.Text("status"), Reason: r.Text("reason"), Hash: r.Text("hash"), CancelAt: r.OptionalTime("cancel_at"),
		attempts: int(r.Int("attempts")), unsure: r.Bool("unsure"), sentAs: r.Text("sent_as"), releaseDue: r.Bool("release_due"),
		nextAt: r.OptionalTime("next_at"), lease: r.OptionalText("lease"), leaseUntil: r.OptionalTime("lease_until"), version: item.Version(),
	}
	if err := errors.Join(r.Err(), errRef, errAmount, errSource, errDestination); err != nil {
		return Transfer{}, fmt.Errorf("reading a transfer: %w", err)
	}
	if t.ID != idOf(ref) || verbs[t.State] == "" {
		return Transfer{}, errors.New("reading a transfer: its id or state is not one")
	}
	return t, nil
}

func parseParty(item ledger.Item) (custody.Party, error) {
	r := item.Read()
	p := custody.Party{Type: r.Text("type"), ID: r.Text("id"), Address: r.Text("address"), Tag: r.Text("tag")}
	return p, r.Err()
}

// free drops the worker's hold.
func (t Transfer) free() Transfer {
	t.lease, t.leaseUntil = "", time.Time{}
	return t
}

// into is the transfer in another state, held by nobody.
func (t Transfer) into(s State, now time.Time) Transfer {
	t = t.free()
	t.State, t.ChangedAt, t.nextAt = s, now, time.Time{}
	return t
}
