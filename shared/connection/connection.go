// Package connection is a workspace's connections to custody providers' APIs: whom zenvault calls a provider as, with which
// key, and where. What is called there is other domains' business.
package connection

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/id"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

const idPrefix = "con"

// ID is a connection's: "con_<ulid>".
type ID string

// UnmarshalText parses an id from outside.
func (c *ID) UnmarshalText(text []byte) error {
	if !id.Valid(idPrefix, string(text)) {
		return errors.New("malformed connection id")
	}
	*c = ID(text)
	return nil
}

// Connection is one user of a provider's API. The signing key is never here: only how it is referred to.
type Connection struct {
	ID          ID
	Workspace   tenant.ID
	Provider    string
	Name        string
	Environment string // of the provider's, which says where its API is
	APIKey      string // the provider's name for this user: no secret, and worth nothing without the key
	SigningKey  string // a reference, see shared/keyref
	CreatedAt   time.Time
}

// The rules' faults.
var (
	ErrNotFound   = fault.New(fault.NotFound, "connection_not_found", "There is no such connection.")
	ErrName       = fault.New(fault.Unprocessable, "connection_name_invalid", "A connection's name has 1 to 100 printable characters and no blanks around it.").At("/name")
	ErrAPIKey     = fault.New(fault.Unprocessable, "provider_api_key_invalid", "The provider's id of the API user has 1 to 100 letters, digits, dots, dashes and underscores.").At("/api_key")
	ErrSigningKey = fault.New(fault.Unprocessable, "signing_key_invalid", "A signing key is named by its file in the secrets directory (1 to 64 characters of a-z, 0-9, dot, dash and underscore, the first a letter or digit, not ending in .previous) or as kms: and the ARN or alias of a KMS key.").At("/signing_key")
	ErrTooMany    = fault.New(fault.Conflict, "connection_limit_reached", "A workspace has at most 20 connections.")
	ErrMoved      = fault.New(fault.Conflict, "connection_changed", "The connection was changed by someone else in this moment. Read it again.")
	errExists     = fault.New(fault.Conflict, "connection_exists", "This connection exists.")
)

const (
	maxAPIKey      = 100
	maxConnections = 20
)

func checkAPIKey(text string) error {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"
	if text == "" || len(text) > maxAPIKey || strings.Trim(text, letters) != "" {
		return ErrAPIKey
	}
	return nil
}

// Workspaces tells whether a workspace is there: nil, its "not found", or the database's fault.
type Workspaces func(ctx context.Context, id tenant.ID) error

// Service is what the connection routes are made of, and what transfers ask.
type Service struct {
	Ledger     *ledger.Ledger
	Workspaces Workspaces        // nil where only accounts are asked for
	ValidKey   func(string) bool // whether a signing key may be referred to like that; nil where none is registered
	Local      string            // the base URL of the environment "local", of the local gateway alone; "" is none
}

func (c Connection) fields() audit.Fields {
	return audit.Fields{"id": string(c.ID), "workspace": c.Workspace.String(), "provider": c.Provider, "name": c.Name,
		"environment": c.Environment, "api_key": c.APIKey, "signing_key": c.SigningKey}
}

func (c Connection) target() audit.Target { return audit.Target{Type: "connection", ID: string(c.ID)} }
