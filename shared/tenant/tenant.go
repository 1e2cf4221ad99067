// Package tenant names workspaces and what belongs to them. Its types can't hold a malformed value: the zero value is
// nobody's, and Parse is the only way from outside text.
package tenant

import (
	"errors"
	"io"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/id"
)

// ID is a workspace's: "ws_<region>_<ulid>". The region is the AWS region without its dashes, so that a stack can refuse
// another region's workspace without reading anything.
type ID struct{ text string }

// ErrMalformed is returned for text that is not an ID or a Ref.
var ErrMalformed = errors.New("tenant: malformed")

// New makes the id of a workspace in the AWS region, such as "eu-central-1".
func New(region string, now time.Time, random io.Reader) ID {
	return ID{id.New("ws_"+Region(region), now, random)}
}

// Region is the region's form inside an ID: "eu-central-1" becomes "eucentral1".
func Region(aws string) string { return strings.ReplaceAll(aws, "-", "") }

// Parse reads an ID.
func Parse(text string) (ID, error) {
	region, ulid, found := strings.Cut(strings.TrimPrefix(text, "ws_"), "_")
	if !found || !strings.HasPrefix(text, "ws_") || !validRegion(region) || !id.ValidULID(ulid) {
		return ID{}, ErrMalformed
	}
	return ID{text}, nil
}

func validRegion(s string) bool {
	if len(s) < 3 || len(s) > 24 {
		return false
	}
	return strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789") == ""
}

func (w ID) String() string { return w.text }

// IsZero reports whether this is nobody's id.
func (w ID) IsZero() bool { return w.text == "" }

// Region is the region part of the id, "" for the zero value.
func (w ID) Region() string {
	region, _, _ := strings.Cut(strings.TrimPrefix(w.text, "ws_"), "_")
	return region
}

// MarshalText writes the id; UnmarshalText parses it.
func (w ID) MarshalText() ([]byte, error) { return []byte(w.text), nil }

// UnmarshalText parses an id; it fails with ErrMalformed.
func (w *ID) UnmarshalText(text []byte) (err error) {
	*w, err = Parse(string(text))
	return err
}
