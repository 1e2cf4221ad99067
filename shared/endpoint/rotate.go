package endpoint

import (
	"context"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/webhook"
)

// RotateInput asks for a new signing secret of an endpoint.
type RotateInput struct {
	Endpoint ID   `path:"endpoint"`
	Overlap  *int `json:"overlap_hours,omitempty"`
}

const (
	defaultOverlap = 24
	maxOverlap     = 168
	maxEarlier     = len(earlierFields) // two, so that a rotation whose answer was lost can be repeated within an overlap
)

// The faults of rotations.
var (
	ErrOverlap = fault.New(fault.Unprocessable, "overlap_invalid",
		"Messages are signed with the secret that is replaced, too, for 0 to 168 more hours; 24 if nothing is said.").At("/overlap_hours")
	ErrOverlaps = fault.New(fault.Conflict, "rotation_running",
		"Messages are still signed with two earlier secrets of this endpoint. Wait until one of them ends, or end both at once with overlap_hours 0.")
)

// Rotate gives an endpoint a new signing secret, which is shown once. Messages are signed with both, the new one first, until
// the overlap ends; with an overlap of 0 the new one and no other signs the next message, also one that is sent again. It
// fails with ErrOverlap, ErrOverlaps, ErrNotFound and errMoved.
func (s Service) Rotate(ctx context.Context, who caller.Caller, in RotateInput) (Created, error) {
	hours := defaultOverlap
	if in.Overlap != nil {
		hours = *in.Overlap
	}
	if hours < 0 || hours > maxOverlap {
		return Created{}, ErrOverlap
	}
	e, at, err := s.find(ctx, who.Workspace, in.Endpoint)
	if err != nil {
		return Created{}, err
	}
	key, now := webhook.NewSecret(s.Ledger.Random), s.Ledger.Now()
	rotated, err := s.succeed(e, key, now, time.Duration(hours)*time.Hour)
	if err != nil {
		return Created{}, err
	}
	view := rotated.view(now)
	_, err = s.Ledger.Commit(ctx, ledger.Change{
		By: who, Action: "endpoint.rotate", Target: e.target(), Workspace: e.Workspace.String(),
		Before: e.fields(), After: rotated.fields(),
		Key: At(e.Workspace, e.ID), Prior: at, Item: rotated.item(), Else: errMoved,
		Reply: Created{View: view},
	})
	return Created{View: view, Secret: webhook.Text(key).Expose()}, err
}

// succeed puts a fresh secret before the others. A rotation never shortens the overlap of another one: whoever lost the answer
// of a rotation rotates again, and the secret that the receiver has goes on signing. With no overlap none is kept, nor opened:
// that also helps where one does not open any more.
func (s Service) succeed(e Endpoint, fresh secret.Bytes, now time.Time, overlap time.Duration) (Endpoint, error) {
	var kept []signingSecret
	if overlap > 0 {
		kept = e.live(now)
	}
	if len(kept) > maxEarlier {
		return Endpoint{}, ErrOverlaps
	}
	e.earlier, e.RotatedAt = nil, now
	for i, old := range kept {
		if old.until.IsZero() {
			old.until = now.Add(overlap)
		}
		plain, err := s.Sealer.Open(e.place(old.field), old.sealed)
		if err != nil {
			return Endpoint{}, err
		}
		old.field = earlierFields[i]
		if old.sealed, err = s.Sealer.Seal(e.place(old.field), plain); err != nil {
			return Endpoint{}, err
		}
		e.earlier = append(e.earlier, old)
	}
	var err error
	e.sealed, err = s.Sealer.Seal(e.place(secretField), fresh)
	return e, err
}

// signingSecret is one that messages are signed with. Where it is stored is a part of what it is sealed for.
type signingSecret struct {
	field  string
	sealed []byte
	until  time.Time // zero for the newest, which has no end
}

// live are the secrets that sign, the newest first.
func (e Endpoint) live(now time.Time) []signingSecret {
	all := []signingSecret{{field: secretField, sealed: e.sealed}}
	for _, s := range e.earlier {
		if now.Before(s.until) {
			all = append(all, s)
		}
	}
	return all
}
