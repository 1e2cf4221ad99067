package apikey

import (
	"context"
	"time"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// RotateInput asks for a new secret of a key.
type RotateInput struct {
	Workspace tenant.ID `path:"workspace"`
	Key       string    `path:"key"`
	Overlap   *int      `json:"overlap_hours,omitempty"`
}

const (
	defaultOverlap = 24
	maxOverlap     = 168
)

// The faults of rotations.
var (
	ErrOverlap = fault.New(fault.Unprocessable, "overlap_invalid",
		"The secret that is replaced works for 0 to 168 more hours; 24 if nothing is said.").At("/overlap_hours")
	ErrOverlaps = fault.New(fault.Conflict, "rotation_running",
		"Two earlier secrets of this key still work. Wait until one of them ends, or end both at once with overlap_hours 0.")
)

// Rotate gives a key a new secret, which is shown once. The one before goes on working until the overlap ends; with an
// overlap of 0 it and all earlier ones end at once. The key keeps its id, and with it its scopes, its rules and its place
// in the trail; its life begins anew, as long as it was before. It fails with ErrOverlap, ErrOverlaps, ErrEnded,
// ErrNotFound, the workspace's "not found" and ErrMoved.
func (s Service) Rotate(ctx context.Context, who caller.Caller, in RotateInput) (Created, error) {
	hours := defaultOverlap
	if in.Overlap != nil {
		hours = *in.Overlap
	}
	if hours < 0 || hours > maxOverlap {
		return Created{}, ErrOverlap
	}
	k, at, err := s.find(ctx, in.Workspace, in.Key)
	if err != nil {
		return Created{}, err
	}
	now := s.Ledger.Now()
	if k.ended(now) {
		return Created{}, ErrEnded
	}
	token := newToken(k.ID, s.Ledger.Random)
	fresh, err := s.newSecret(token, k.newest().Generation+1, now.Add(k.lifetime()))
	if err != nil {
		return Created{}, err
	}
	rotated := k
	rotated.RotatedAt = now
	if rotated.Secrets, err = k.succeed(fresh, now, time.Duration(hours)*time.Hour); err != nil {
		return Created{}, err
	}
	view := s.view(rotated, now, uses{})
	_, err = s.Ledger.Commit(ctx, ledger.Change{
		By: who, Action: "apikey.rotate", Target: k.target(), Workspace: k.Workspace.String(),
		Before: k.fields(), After: rotated.fields(),
		Key: At(k.ID), Prior: at, Item: rotated.item(), Else: ErrMoved,
		Reply: Created{View: view},
	})
	return Created{View: view, Token: token.Expose()}, err
}

// lifetime is how long the newest secret was to work when it was made.
func (k Key) lifetime() time.Duration {
	since := k.CreatedAt
	if !k.RotatedAt.IsZero() {
		since = k.RotatedAt
	}
	return k.newest().Until.Sub(since)
}

// succeed puts a fresh secret before the others. A rotation never shortens the overlap of another one, which a program may
// count on: whoever lost the token of a rotation rotates again, and the secret that is in use lives on. With no overlap it
// ends all of them. Secrets that are over stay as long as there is room, so that their use is noticed.
func (k Key) succeed(fresh Secret, now time.Time, overlap time.Duration) ([]Secret, error) {
	secrets, over := []Secret{fresh}, []Secret{}
	end := now.Add(overlap)
	for i, s := range k.Secrets {
		if (i == 0 || overlap == 0) && s.Until.After(end) {
			s.Until = end
		}
		if now.Before(s.Until) {
			secrets = append(secrets, s)
		} else {
			over = append(over, s)
		}
	}
	room := maxSecrets - len(secrets)
	if room < 0 {
		return nil, ErrOverlaps
	}
	return append(secrets, over[:min(room, len(over))]...), nil
}
