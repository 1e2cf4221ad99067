// Package password hashes and verifies admins' passwords with argon2id (RFC 9106). Only the functions that need it link
// it.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"runtime"

	"golang.org/x/crypto/argon2"

	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/secret"
)

// current is what new hashes are made with: the second recommendation of RFC 9106 §4 with one lane, since a function
// has one core.
var current = parameters{memory: 64 << 10, time: 3, lanes: 1}

const (
	saltLength = 16 // bytes
	hashLength = 32 // bytes
)

// Dummy is hashed against where there is no account, so that the work is the same. Nothing matches it: it is random
// bytes, not the hash of a password.
const Dummy = "$argon2id$v=19$m=65536,t=3,p=1$ctLJyebiewJFYnubR9Qglw$lHbtkPWtrJ8avc3PX9TkHDEoHQ8UP/y4LjdCozW9JCs"

// ErrBusy is told when a hash could not begin in time.
var ErrBusy = fault.New(fault.Unavailable, "busy", "Too many logins are being checked at once. Retry.")

// Argon2id is the one way of hashing. It is safe for concurrent use.
type Argon2id struct {
	Blocklist Blocklist // nil where no password is chosen
}

// errNoList says that a function that sets passwords was put together wrongly.
var errNoList = errors.New("password: a new one is checked without a blocklist")

// Hash makes a PHC string with a new salt. It fails with ErrBusy.
func (Argon2id) Hash(ctx context.Context, plain secret.Text) (secret.Text, error) {
	h := hash{parameters: current, salt: make([]byte, saltLength), sum: make([]byte, hashLength)}
	rand.Read(h.salt) // never fails
	sum, err := h.compute(ctx, plain)
	if err != nil {
		return secret.Text{}, err
	}
	h.sum = sum
	return secret.NewText(h.String()), nil
}

// Verify reports whether the PHC string is this password's. A malformed or immoderate one is nobody's. The work is never
// less than that of the Dummy, so that it tells no account from none: what an older hash lacks is done besides. It fails
// with ErrBusy.
func (Argon2id) Verify(ctx context.Context, plain, stored secret.Text) (bool, error) {
	h, err := parse(stored.Expose())
	if err != nil {
		_, err := none.compute(ctx, plain)
		return false, err
	}
	sum, err := h.compute(ctx, plain)
	if err != nil {
		return false, err
	}
	if rest, lacking := h.parameters.rest(); lacking {
		if _, err := (hash{rest, none.salt, none.sum}).compute(ctx, plain); err != nil {
			return false, err
		}
	}
	return subtle.ConstantTimeCompare(sum, h.sum) == 1, nil
}

// none is the Dummy, read.
var none = func() hash {
	h, err := parse(Dummy)
	if err != nil {
		panic("password: reading the dummy: " + err.Error())
	}
	return h
}()

// NeedsRehash reports whether the PHC string was made in another way than Hash makes them now.
func (Argon2id) NeedsRehash(stored secret.Text) bool {
	h, err := parse(stored.Expose())
	return err != nil || h.parameters != current || len(h.salt) != saltLength || len(h.sum) != hashLength
}

// Dummy gives the constant, for a port.
func (Argon2id) Dummy() secret.Text { return secret.NewText(Dummy) }

// working bounds how many hashes are made at once: each takes 64 MiB and a core, and more than the cores are no faster.
var working = make(chan struct{}, runtime.NumCPU())

func (h hash) compute(ctx context.Context, plain secret.Text) ([]byte, error) {
	if err := ctx.Err(); err != nil { // select would toss a coin
		return nil, ErrBusy.Because(err)
	}
	select {
	case working <- struct{}{}:
	case <-ctx.Done():
		return nil, ErrBusy.Because(ctx.Err())
	}
	defer func() { <-working }()
	return argon2.IDKey([]byte(plain.Expose()), h.salt, h.time, h.memory, h.lanes, uint32(len(h.sum))), nil
}
