package apikey

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"github.com/zenvault/zenvault/shared/ledger"
)

// Every is how exactly it is known when a secret was last used.
const Every = 15 * time.Minute

const (
	usePatience = 100 * time.Millisecond    // that one request in 15 minutes waits at most
	useRetry    = time.Minute               // after a note that failed
	useKept     = 400 * 24 * time.Hour      // longer than the year after which an unused key is asked about
	maxNoted    = 4096                      // secrets that a process remembers
	useField    = "g"                       // and the generation: when that secret was last used, Unix ms
	lateNote    = "noting an API key's use" // in the log
)

// Uses notes when each secret was last used. It is no entry of the trail and no attribute of the key: ninety-six a day of
// what a machine did by itself would bury what people did, and would move the key under whoever edits it. What a program
// did with its key is in the trail as it is, with the key as its actor. A note is a hint for the question whether a key, or
// the secret that a rotation has replaced, is still in use; it can be late, or lost, and no request fails or waits for it
// longer than 100 ms.
type Uses struct {
	mu    sync.Mutex
	noted map[string]time.Time // when each is due again
}

// due reports whether a secret's use is to be noted now, and takes it on.
func (u *Uses) due(mark string, now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if now.Before(u.noted[mark]) {
		return false
	}
	if u.noted == nil || len(u.noted) >= maxNoted {
		u.noted = map[string]time.Time{}
	}
	u.noted[mark] = now.Add(Every)
	return true
}

func (u *Uses) retry(mark string, at time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.noted[mark] = at
}

// used notes that a secret was used, at most every 15 minutes in each process, and writes it if no other process has in the
// last 15 minutes.
func (s Service) used(ctx context.Context, k Key, generation int64, now time.Time) {
	if s.Uses == nil {
		return
	}
	field := useField + strconv.FormatInt(generation, 10)
	if !s.Uses.due(k.ID+field, now) {
		return
	}
	ctx, done := context.WithTimeout(ctx, usePatience)
	defer done()
	set := ledger.Item{field: now.UnixMilli(), "expires_at": now.Add(useKept).Unix()}
	err := s.Marks.Mark(ctx, UseMarks+k.ID, set, ledger.MissingOrAtMost(field, now.Add(-Every).UnixMilli()))
	var refused *ledger.Refused
	if err != nil && !errors.As(err, &refused) {
		s.Uses.retry(k.ID+field, now.Add(useRetry))
		s.warn(lateNote, k.ID, err)
	}
}

// lastUses reads the notes about keys; empty where there is none, or where they can't be read.
func (s Service) lastUses(ctx context.Context, ids ...string) []uses {
	notes := make([]uses, len(ids))
	if s.Marks == nil || len(ids) == 0 {
		return notes
	}
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = UseMarks + id
	}
	items, err := s.Marks.Get(ctx, keys...)
	if err != nil {
		s.warn("reading when API keys were last used", ids[0], err)
		return notes
	}
	for i, item := range items {
		notes[i] = uses{item}
	}
	return notes
}

// uses is the note about one key.
type uses struct{ item ledger.Item }

// of is when a secret was last used, Unix ms; 0 if that is not known.
func (u uses) of(generation int64) int64 {
	at, _ := u.item[useField+strconv.FormatInt(generation, 10)].(int64)
	return at
}
