package admin

import (
	"context"
	"errors"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
	"github.com/zenvault/zenvault/shared/totp"
)

// Enrolled is a seed, which is shown this once.
type Enrolled struct {
	Secret string `json:"secret,omitempty"` // base32, to be typed into an authenticator app
	URI    string `json:"uri,omitempty"`    // otpauth://, the same for a program
	QR     string `json:"qr,omitempty"`     // data: URI of an SVG, the same for a camera
}

// EnrolInput is the caller's password: whoever enrols a factor shuts everybody else out.
type EnrolInput struct {
	Password secret.Text `json:"password"`
}

// EnrolFactor makes a seed for the caller's authenticator app. It counts for nothing until this session confirms a code;
// asked for again, it takes the place of one that was not. It fails with ErrPassword, a fault of kind TooMany, or
// ErrEnrolled.
func (f Factors) EnrolFactor(ctx context.Context, who caller.Caller, in EnrolInput) (Enrolled, error) {
	if _, _, err := f.reauthenticate(ctx, who, in.Password); errors.Is(err, ErrPassword) {
		return Enrolled{}, fault.From(err).At("/password")
	} else if err != nil {
		return Enrolled{}, err
	}
	s, err := f.second(ctx, who.ID)
	if err != nil {
		return Enrolled{}, err
	}
	if s.Standing.Factor {
		return Enrolled{}, ErrEnrolled
	}
	seed := totp.NewSeed(f.Ledger.Random)
	enrolled := factor{id: f.Ledger.NewID(factorPrefix), admin: who.ID, createdAt: f.Ledger.Now(), session: who.Via}
	if enrolled.sealed, err = f.Sealer.Seal(enrolled.place(), seed); err != nil {
		return Enrolled{}, err
	}
	uri := totp.URI(f.Issuer, string(s.Email), seed)
	picture, err := f.Picture(uri)
	if err != nil {
		return Enrolled{}, err
	}
	none := ledger.Write{Key: Key(who.ID), Check: true, If: ledger.Is("factor", false).And(ledger.Is("epoch", s.Standing.Epoch)), Else: ErrEnrolled}
	change := ledger.Change{
		By: who, Action: "factor.enrol", Target: enrolled.target(), After: enrolled.fields(),
		Key: factorKey(who.ID), Prior: s.factorAt, Item: enrolled.item(), Else: errMoved,
		Also: []ledger.Write{none},
	}
	if s.factor.id != "" {
		change.Before = s.factor.fields()
	}
	if _, err := f.Ledger.Commit(ctx, change); err != nil {
		return Enrolled{}, err
	}
	return Enrolled{totp.Secret(seed).Expose(), uri.Expose(), picture.Expose()}, nil
}
