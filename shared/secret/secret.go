// Package secret holds values that can't be printed. The plaintext stands behind a func field, since fmt and slog print
// a plain string in an unexported field without asking its methods. The only way out is Expose.
package secret

import (
	"crypto/subtle"
	"log/slog"
)

// Redacted is what every printer shows instead.
const Redacted = "[redacted]"

// Text is a secret string. The zero value is empty.
type Text struct{ reveal func() string }

// NewText hides a string.
func NewText(plain string) Text { return Text{func() string { return plain }} }

// Expose gives the plaintext. Each call is a place for a reviewer to look at.
func (t Text) Expose() string {
	if t.reveal == nil {
		return ""
	}
	return t.reveal()
}

// Equal compares in constant time (for equal lengths).
func (t Text) Equal(other Text) bool {
	return subtle.ConstantTimeCompare([]byte(t.Expose()), []byte(other.Expose())) == 1
}

func (Text) String() string               { return Redacted }
func (Text) GoString() string             { return Redacted }
func (Text) LogValue() slog.Value         { return slog.StringValue(Redacted) }
func (Text) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// UnmarshalText lets a request's member be secret from the moment it is decoded.
func (t *Text) UnmarshalText(plain []byte) error {
	*t = NewText(string(plain))
	return nil
}

// Bytes is a secret byte string. The zero value is empty.
type Bytes struct{ reveal func() []byte }

// NewBytes hides a byte string, which the caller must not change afterwards.
func NewBytes(plain []byte) Bytes { return Bytes{func() []byte { return plain }} }

// Expose gives the plaintext, which the caller must not change.
func (b Bytes) Expose() []byte {
	if b.reveal == nil {
		return nil
	}
	return b.reveal()
}

func (Bytes) String() string               { return Redacted }
func (Bytes) GoString() string             { return Redacted }
func (Bytes) LogValue() slog.Value         { return slog.StringValue(Redacted) }
func (Bytes) MarshalText() ([]byte, error) { return []byte(Redacted), nil }
