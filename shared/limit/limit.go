// Package limit counts, so that nobody can do something too often: attempts at a secret that may be guessed, and requests
// of a caller. Both are counted by conditional writes before the thing is done, never read first and counted afterwards:
// any number of parallel requests get no more than one after the other would.
package limit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"

	"github.com/zenvault/zenvault/shared/ledger"
)

// Table is the limits table. It is safe for concurrent use.
type Table interface {
	// Update sets attributes of one record, and adds to attributes that are there, if the condition holds: atomic, and
	// durable when it returns what it wrote. Where the condition does not hold it fails with *ledger.Refused and the
	// record that is there, otherwise with a fault of kind Unavailable.
	Update(ctx context.Context, key string, set, add ledger.Item, when ledger.Condition) (written ledger.Item, err error)
}

// digest makes a key of what may be an address, and of any length.
func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:16])
}
