package dynamodb

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// tokenLife is how long a ClientRequestToken makes a repeated request do nothing (API reference of TransactWriteItems).
const tokenLife = 10 * time.Minute

var errMismatch = protocol.Refuse("IdempotentParameterMismatchException", "Request with the same client request token was made with different parameters")

// token is a ClientRequestToken that was used, with what for and when.
type token struct {
	ID      string
	Request []byte // SHA-256
	At      int64  // Unix milliseconds
}

// tokens are those of the last ten minutes.
type tokens struct {
	byID  map[string]token
	order []token // by time
}

func (t *tokens) add(used token) {
	if t.byID == nil {
		t.byID = map[string]token{}
	}
	t.byID[used.ID] = used
	t.order = append(t.order, used)
}

// seen reports whether the token was used for this very request; errMismatch comes back if it was for another.
func (t *tokens) seen(id string, request []byte, now time.Time) (bool, error) {
	for len(t.order) > 0 && now.Sub(time.UnixMilli(t.order[0].At)) >= tokenLife {
		delete(t.byID, t.order[0].ID)
		t.order = t.order[1:]
	}
	used, ok := t.byID[id]
	if !ok {
		return false, nil
	}
	if string(used.Request) != string(request) {
		return false, errMismatch
	}
	return true, nil
}

// digest is of a request's meaning: the SDK does not write a map's members in the same order twice.
func digest(request any) ([]byte, error) {
	canonical, err := json.Marshal(request)
	if err != nil {
		return nil, fmt.Errorf("digest a request: %w", err)
	}
	sum := sha256.Sum256(canonical)
	return sum[:], nil
}
