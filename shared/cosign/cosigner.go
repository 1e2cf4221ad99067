// Package cosign is what stands between a custody provider's co-signer and a signature: which co-signers may ask, for
// which workspaces, and what each of their requests is answered.
package cosign

import (
	"context"
	"crypto/rsa"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

const idPrefix = "cos"

// Cosigner is one co-signer of a provider: how it proves itself, how it is answered, and for whom it may ask.
type Cosigner struct {
	ID           string // "cos_<ulid>"
	Provider     string
	Name         string
	Inbound      []PublicKey // any of them verifies its messages, so that keys can change with an overlap
	ResponseKey  string      // how the answering key is referred to; the key itself is never stored
	Workspaces   []tenant.ID
	Unreferenced string // what becomes of a request without a reference of ours

	ConfigChanges string // what a change of configuration at the provider is answered, which no policy can judge
	CreatedAt     time.Time

	version ledger.Version
}

// PublicKey is an RSA key of the provider's.
type PublicKey struct {
	ID  string // hex SHA-256 of the key's SubjectPublicKeyInfo
	PEM string
	rsa *rsa.PublicKey
}

// The rules' faults.
var (
	ErrNotFound     = fault.New(fault.NotFound, "cosigner_not_found", "There is no such cosigner.")
	ErrName         = fault.New(fault.Unprocessable, "cosigner_name_invalid", "A cosigner's name has 1 to 100 printable characters and no blanks around it.").At("/name")
	ErrKeyCount     = fault.New(fault.Unprocessable, "inbound_keys_count", "A cosigner has 1 to 5 inbound keys.").At("/inbound_keys")
	ErrKey          = fault.New(fault.Unprocessable, "inbound_key_invalid", `An inbound key is one "PUBLIC KEY" block in PEM with an RSA key of 2048 to 4096 bits and the exponent 65537.`)
	ErrKeyTwice     = fault.New(fault.Unprocessable, "inbound_key_repeated", "This key is given twice.")
	ErrResponseKey  = fault.New(fault.Unprocessable, "response_key_invalid", "A response key is named by its file in the secrets directory (1 to 64 characters of a-z, 0-9, dot, dash and underscore, the first a letter or digit, not ending in .previous) or as kms: and the ARN or alias of a KMS key.").At("/response_key")
	ErrBindings     = fault.New(fault.Unprocessable, "workspaces_count", "A cosigner is bound to 1 to 50 workspaces.").At("/workspaces")
	ErrBinding      = fault.New(fault.Unprocessable, "workspace_unknown", "There is no such workspace.")
	ErrBindingTwice = fault.New(fault.Unprocessable, "workspace_repeated", "This workspace is given twice.")
	ErrUnreferenced = fault.New(fault.Unprocessable, "unreferenced_unsupported", `Requests without a reference are rejected: "reject" is the only setting.`).At("/unreferenced")
	ErrConfig       = fault.New(fault.Unprocessable, "config_changes_unsupported", `Changes of configuration are answered "reject" or, by a co-signer of Fireblocks, "ignore".`).At("/config_changes")
	errExists       = fault.New(fault.Conflict, "cosigner_exists", "This cosigner exists.")
)

const (
	reject       = "reject"
	ignore       = "ignore"
	maxInbound   = 5
	maxWorkspace = 50
)

// Workspaces tells whether a workspace is there: nil, its "not found", or the database's fault.
type Workspaces func(ctx context.Context, id tenant.ID) error

// Service is what the cosigner routes are made of.
type Service struct {
	Ledger     *ledger.Ledger
	Workspaces Workspaces        // nil where none is registered
	ValidKey   func(string) bool // whether a response key may be referred to like that; nil where none is registered
}

func (c Cosigner) fields() audit.Fields {
	keys, workspaces := make([]string, len(c.Inbound)), make([]string, len(c.Workspaces))
	for i, key := range c.Inbound {
		keys[i] = key.ID
	}
	for i, workspace := range c.Workspaces {
		workspaces[i] = workspace.String()
	}
	return audit.Fields{"id": c.ID, "provider": c.Provider, "name": c.Name, "inbound_keys": keys, "response_key": c.ResponseKey,
		"workspaces": workspaces, "unreferenced": c.Unreferenced, "config_changes": c.ConfigChanges}
}

func (c Cosigner) target() audit.Target { return audit.Target{Type: "cosigner", ID: c.ID} }

// serves reports whether the cosigner may ask for the workspace.
func (c Cosigner) serves(workspace tenant.ID) bool {
	for _, bound := range c.Workspaces {
		if bound == workspace && !workspace.IsZero() {
			return true
		}
	}
	return false
}
