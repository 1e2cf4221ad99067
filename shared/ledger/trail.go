package ledger

import (
	"errors"
	"fmt"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
)

// The indexes of the audit table. A partition is a month and a shard, so that none is hot and a page costs one query a
// shard, however many workspaces and entries there are.
const (
	IndexByTime   = "by_time"
	IndexByAction = "by_action"
	TrailShards   = 4
)

// TrailKey is where an entry is stored: its target, and its version in an order that sorts as text.
func TrailKey(target audit.Target, version int64) Key {
	return Key{target.String(), fmt.Sprintf("%012d", version)}
}

// TimeShard is a partition of IndexByTime.
func TimeShard(month time.Time, shard int) string {
	return fmt.Sprintf("%s#%d", month.UTC().Format("2006-01"), shard)
}

// ActionShard is a partition of IndexByAction.
func ActionShard(action string, month time.Time, shard int) string {
	return action + "#" + TimeShard(month, shard)
}

// sealed is an entry with its hash, and its changed fields as they are hashed and stored: encoded once for both.
type sealed struct {
	audit.Entry
	before, after audit.Encoded
}

func seal(e audit.Entry) (s sealed, err error) {
	s.before, err = e.Before.JSON()
	if err == nil {
		s.after, err = e.After.JSON()
	}
	if err == nil {
		e.Hash, err = e.HashEncoded(s.before, s.after)
	}
	if err != nil {
		return s, fmt.Errorf("hashing the audit entry of %s: %w", e.Action, err)
	}
	s.Entry = e
	return s, nil
}

func entryWrite(e sealed, otherwise *fault.Fault) Write {
	return Write{Table: Audit, Key: TrailKey(e.Target, e.Version), Put: e.item(), If: Absent(), Else: otherwise}
}

func (e sealed) item() Item {
	shard := Shard(e.ID, TrailShards)
	item := Item{
		"id": e.ID, "time": e.Time.UnixMilli(), "action": e.Action, "workspace": e.Workspace,
		"actor_kind": string(e.Actor.Kind), "actor_id": e.Actor.ID, "actor_via": e.Actor.Via,
		"target_type": e.Target.Type, "target_id": e.Target.ID, "before": string(e.before), "after": string(e.after),
		"ip": e.IP, "user_agent": e.UserAgent, "request_id": e.RequestID,
		"version": e.Version, "prev": e.Prev, "hash": e.Hash,
		"time_shard": TimeShard(e.Time, shard), "action_shard": ActionShard(e.Action, e.Time, shard),
	}
	if e.Severity != "" {
		item["severity"] = string(e.Severity)
	}
	return item
}

// ParseEntry reads a stored entry.
func ParseEntry(item Item) (audit.Entry, error) {
	r := item.Read()
	e := audit.Entry{
		ID: r.Text("id"), Time: r.Time("time"), Action: r.Text("action"), Severity: audit.Severity(r.OptionalText("severity")), Workspace: r.Text("workspace"),
		Actor:  audit.Actor{Kind: caller.Kind(r.Text("actor_kind")), ID: r.Text("actor_id"), Via: r.Text("actor_via")},
		Target: audit.Target{Type: r.Text("target_type"), ID: r.Text("target_id")},
		IP:     r.Text("ip"), UserAgent: r.Text("user_agent"), RequestID: r.Text("request_id"),
		Version: r.Int("version"), Prev: r.Text("prev"), Hash: r.Text("hash"),
	}
	before, after := r.Text("before"), r.Text("after")
	if err := r.Err(); err != nil {
		return e, err
	}
	var errBefore, errAfter error
	e.Before, errBefore = audit.ParseFields([]byte(before))
	e.After, errAfter = audit.ParseFields([]byte(after))
	return e, errors.Join(errBefore, errAfter)
}
