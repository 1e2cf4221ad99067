package session

import (
	"fmt"
	"time"

	"github.com/zenvault/zenvault/shared/ledger"
)

// The prefixes of keys that logins touch: sessions stand beside their admin, so that all of one admin's are one query.
const (
	Keyspace   = "admin#"
	emailSpace = "email#"

	sortPrefix = "session#"
)

// Key is where a session is stored.
func Key(admin, session string) ledger.Key {
	return ledger.Key{PK: Keyspace + admin, SK: sortPrefix + session}
}

// tombstone is how long a session is kept after its end, so that its tokens are still known when they come back.
const tombstone = 7 * 24 * time.Hour

func (s Session) item() ledger.Item {
	return ledger.Item{
		"id": s.ID, "admin": s.Admin, "state": string(s.State), "generation": s.Generation, "repeats": s.Repeats,
		"replays": s.Replays, "created_at": s.CreatedAt.UnixMilli(), "rotated_at": s.RotatedAt.UnixMilli(),
		"until": s.Until.UnixMilli(), "epoch": s.Epoch, "key": s.keyID, "ip": s.client.ip, "user_agent": s.client.userAgent,
		"expires_at": s.Until.Add(tombstone).Unix(), // TTL, in seconds as DynamoDB wants it
	}
}

// Parse reads a stored session.
func Parse(item ledger.Item) (Session, error) {
	r := item.Read()
	s := Session{
		ID: r.Text("id"), Admin: r.Text("admin"), State: State(r.Text("state")), Generation: r.Int("generation"),
		Repeats: r.Int("repeats"), Replays: r.Int("replays"), CreatedAt: r.Time("created_at"),
		RotatedAt: r.Time("rotated_at"), Until: r.Time("until"), Epoch: r.Int("epoch"), keyID: r.Text("key"),
		client: client{r.Text("ip"), r.Text("user_agent")},
	}
	if err := r.Err(); err != nil {
		return Session{}, fmt.Errorf("reading a session: %w", err)
	}
	return s, nil
}
