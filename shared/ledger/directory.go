package ledger

import (
	"encoding/base64"
	"errors"
)

// Directory is the vault's sparse index for lists: items that carry the attributes "dir" and "dir_sk" are found under
// them. It is eventually consistent, usually within a second.
const Directory = "directory"

// DueIndex is the vault's sparse index of work by time: items that carry "due_shard" and "due_at" (Unix ms).
const DueIndex = "due"

// errCursor is for the edge, which names the parameter.
var errCursor = errors.New("malformed cursor")

// Cursor is the place in a list where the next page begins. It holds only the last sort key: the partition is always
// made from who is asking, so an edited cursor moves within the caller's own list and nowhere else.
type Cursor struct{ After string }

// maxCursor is far above any sort key, in bytes.
const maxCursor = 256

// UnmarshalText reads a cursor as String wrote it.
func (c *Cursor) UnmarshalText(text []byte) error {
	after, err := base64.RawURLEncoding.Strict().DecodeString(string(text))
	if err != nil || len(after) == 0 || len(after) > maxCursor {
		return errCursor
	}
	for _, b := range after {
		if b < ' ' || b > '~' {
			return errCursor
		}
	}
	c.After = string(after)
	return nil
}

func (c Cursor) String() string {
	if c.After == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(c.After))
}

// MarshalText writes the cursor.
func (c Cursor) MarshalText() ([]byte, error) { return []byte(c.String()), nil }
