package ledger

import (
	"fmt"
	"time"
)

// Item is a stored record: string, int64, bool, []byte, []string, Item and []Item under their attribute names. Times are
// Unix milliseconds in an int64; amounts are decimal strings.
type Item map[string]any

// The attributes that the ledger itself keeps on every target's item.
const (
	attrVersion = "version"    // counts the target's mutations from 1
	attrHash    = "audit_hash" // the hash of the target's newest audit entry
)

// Version is how far a target has come. The zero value means that it has no entry yet: it does not exist, unless it was
// made by Begin.
type Version struct {
	Number int64
	Hash   string
}

// Version reads the two attributes; it is zero for a nil item.
func (i Item) Version() Version {
	number, _ := i[attrVersion].(int64)
	hash, _ := i[attrHash].(string)
	return Version{number, hash}
}

// Begin marks an item that is made beside another target's change, such as an event or a delivery, as being at version 0:
// it has no entry of its own yet. Its first Commit says There, its first lease works as any other.
func Begin(item Item) Item {
	item[attrVersion] = int64(0)
	return item
}

// Read begins to read an item's attributes. Err tells afterwards whether any was missing or of another type, so that a
// stored form is read in one go and checked once.
func (i Item) Read() *Reader { return &Reader{item: i} }

// Reader reads attributes and remembers the first that was not as it should be.
type Reader struct {
	item Item
	err  error
}

// Err is the first complaint, nil if all was well.
func (r *Reader) Err() error { return r.err }

func read[T any](r *Reader, name string) T {
	value, ok := r.item[name].(T)
	if !ok && r.err == nil {
		r.err = fmt.Errorf("stored item: attribute %q is %T, not %T", name, r.item[name], value)
	}
	return value
}

// Text is a required string.
func (r *Reader) Text(name string) string { return read[string](r, name) }

// Int is a required integer.
func (r *Reader) Int(name string) int64 { return read[int64](r, name) }

// Bool is a required boolean.
func (r *Reader) Bool(name string) bool { return read[bool](r, name) }

// Bytes are required.
func (r *Reader) Bytes(name string) []byte { return read[[]byte](r, name) }

// Item is a required nested map.
func (r *Reader) Item(name string) Item { return read[Item](r, name) }

// Time is a required integer of Unix milliseconds.
func (r *Reader) Time(name string) time.Time { return time.UnixMilli(r.Int(name)).UTC() }

// Texts is a required list of strings, possibly empty.
func (r *Reader) Texts(name string) []string { return read[[]string](r, name) }

// Items is a required list of maps, possibly empty. (An empty list reads as one of strings.)
func (r *Reader) Items(name string) []Item {
	if texts, ok := r.item[name].([]string); ok && len(texts) == 0 {
		return nil
	}
	return read[[]Item](r, name)
}

// OptionalText is a string that may be absent, but not of another type.
func (r *Reader) OptionalText(name string) string {
	if _, there := r.item[name]; !there {
		return ""
	}
	return r.Text(name)
}

// OptionalTime is a time that may be absent: then it is zero.
func (r *Reader) OptionalTime(name string) time.Time {
	if _, there := r.item[name]; !there {
		return time.Time{}
	}
	return r.Time(name)
}
