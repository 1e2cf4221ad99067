package apikey

import (
	"errors"
	"fmt"

	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// Keys is the prefix of every key of this domain.
const Keys = "apikey#"

// scopeModeLegacy is the explicit mark without which an empty list of scopes grants nothing.
const scopeModeLegacy = "legacy_all"

// At is where an API key is stored.
func At(keyID string) ledger.Key { return ledger.Key{PK: Keys + keyID, SK: "apikey"} }

// directory is the list of a workspace's keys.
func directory(workspace tenant.ID) string { return "apikeys#" + workspace.String() }

func (k Key) item() ledger.Item {
	item := ledger.Item{
		"id": k.ID, "workspace": k.Workspace.String(), "name": k.Name, "scopes": k.Scopes, "prefix": k.Prefix, "last": k.Last,
		"created_at": k.CreatedAt.UnixMilli(), "valid_until": k.ExpiresAt.UnixMilli(), "hash": k.hash, "pepper": k.pepper,
		"dir": directory(k.Workspace), "dir_sk": k.ID,
	}
	if k.Legacy {
		item["scope_mode"] = scopeModeLegacy
	}
	if !k.RevokedAt.IsZero() {
		item["revoked_at"] = k.RevokedAt.UnixMilli()
	}
	return item
}

// parse reads a stored key. A missing, null or wrongly typed list of scopes is an error, which denies.
func parse(item ledger.Item) (Key, error) {
	r := item.Read()
	workspace, err := tenant.Parse(r.Text("workspace"))
	k := Key{
		ID: r.Text("id"), Workspace: workspace, Name: r.Text("name"), Scopes: r.Texts("scopes"),
		Legacy: r.OptionalText("scope_mode") == scopeModeLegacy, Prefix: r.Text("prefix"), Last: r.Text("last"),
		CreatedAt: r.Time("created_at"), ExpiresAt: r.Time("valid_until"), RevokedAt: r.OptionalTime("revoked_at"),
		hash: r.Bytes("hash"), pepper: r.Text("pepper"),
	}
	if err := errors.Join(r.Err(), err); err != nil {
		return Key{}, fmt.Errorf("reading an API key: %w", err)
	}
	return k, nil
}
