package ledger

import (
	"fmt"
	"maps"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/id"
)

// Event is something that a workspace may want to hear of. A domain gives Type, Workspace and Data; the ledger fills in
// the rest from the change that it belongs to.
type Event struct {
	Type      string // such as "decision.approved"
	Workspace string
	Admin     string       // the admin who is to be told by mail, "" for none
	Data      audit.Fields // nil tells what the change's entry says after it

	ID       string // "evt_<ulid>"
	Time     time.Time
	Resource audit.Target
	Sequence int64 // the resource's version: grows with every event of one resource
	DataJSON []byte
}

// EventGrace is how long after its commit an event that nobody fanned out is taken up by the sweeper.
const EventGrace = time.Minute

func (l *Ledger) events(c Change, e sealed, now time.Time) ([]Event, error) {
	var all []Event
	for _, event := range c.Events {
		event.ID, event.Time = id.New("evt", now, l.Random), now
		event.Resource, event.Sequence = c.Target, e.Version
		event.DataJSON = e.after
		if event.Data != nil {
			var err error
			if event.DataJSON, err = event.Data.JSON(); err != nil {
				return nil, fmt.Errorf("encoding the event %s: %w", event.Type, err)
			}
		}
		all = append(all, event)
	}
	return all, nil
}

// Announcement is the message that tells of an event: everything else is read from the event itself.
type Announcement struct {
	Event string `json:"event"` // its id
}

// EventKey is where an event is stored.
func EventKey(eventID string) Key { return Key{"event#" + eventID, "event"} }

func (e Event) key() Key { return EventKey(e.ID) }

func (e Event) item() Item {
	item := Begin(Item{
		"id": e.ID, "type": e.Type, "workspace": e.Workspace, "data": string(e.DataJSON), "time": e.Time.UnixMilli(),
		"resource_type": e.Resource.Type, "resource_id": e.Resource.ID, "sequence": e.Sequence,
		"due_shard": DueShard(e.ID), "due_at": e.Time.Add(EventGrace).UnixMilli(),
	})
	if e.Admin != "" {
		item["admin"] = e.Admin
	}
	return item
}

// FannedOut is an event's item after its deliveries were made: it is due no more.
func FannedOut(item Item) Item {
	item = maps.Clone(item)
	delete(item, "due_shard")
	delete(item, "due_at")
	return item
}

// ParseEvent reads a stored event.
func ParseEvent(item Item) (Event, error) {
	r := item.Read()
	e := Event{
		ID: r.Text("id"), Type: r.Text("type"), Workspace: r.Text("workspace"), Admin: r.OptionalText("admin"), DataJSON: []byte(r.Text("data")),
		Time: r.Time("time"), Resource: audit.Target{Type: r.Text("resource_type"), ID: r.Text("resource_id")},
		Sequence: r.Int("sequence"),
	}
	return e, r.Err()
}
