package apikey

import (
	"errors"
	"fmt"
	"time"

	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// Keys is the prefix of every key of this domain.
const Keys = "apikey#"

// The marks that make a difference stand beside what they are about, in an attribute of their own: a list or a key that is
// lost, null or of another type must not look like one that never was.
const (
	scopeModeListed  = "listed"
	scopeModeLegacy  = "legacy_all" // the explicit mark without which an empty list of scopes grants nothing; never written here
	sourceModeListed = "listed"     // the key is bound to allowed_sources
)

func (k Key) scopeMode() string {
	if k.Legacy {
		return scopeModeLegacy
	}
	return scopeModeListed
}

// At is where an API key is stored. It holds every secret of the key: one read finds both while an overlap lasts.
func At(keyID string) ledger.Key { return ledger.Key{PK: Keys + keyID, SK: "apikey"} }

// directory is the list of a workspace's keys.
func directory(workspace tenant.ID) string { return "apikeys#" + workspace.String() }

func (k Key) item() ledger.Item {
	item := k.newest().item()
	for name, value := range (ledger.Item{
		"id": k.ID, "workspace": k.Workspace.String(), "name": k.Name, "scopes": k.Scopes, "prefix": k.Prefix,
		"created_at": k.CreatedAt.UnixMilli(), "dir": directory(k.Workspace), "dir_sk": k.ID,
	}) {
		item[name] = value
	}
	if k.Legacy {
		item["scope_mode"] = scopeModeLegacy
	}
	if k.Sources.listed {
		item["source_mode"], item["allowed_sources"] = sourceModeListed, k.Sources.Texts()
	}
	if mode := k.Signing.mode(); mode != "" {
		item["signature_mode"], item["public_key"] = mode, k.Signing.pem()
	}
	if len(k.Secrets) > 1 {
		earlier := []ledger.Item{}
		for _, s := range k.Secrets[1:] {
			earlier = append(earlier, s.item())
		}
		item["earlier"] = earlier
	}
	for name, at := range map[string]time.Time{"revoked_at": k.RevokedAt, "rotated_at": k.RotatedAt} {
		if !at.IsZero() {
			item[name] = at.UnixMilli()
		}
	}
	return item
}

func (s Secret) item() ledger.Item {
	return ledger.Item{"generation": s.Generation, "last": s.Last, "valid_until": s.Until.UnixMilli(), "hash": s.hash, "pepper": s.pepper}
}

// parse reads a stored key. What is missing, null or of a wrong type where it would open something is an error, which
// denies: the list of scopes, a list of sources or a public key whose mark is there.
func parse(item ledger.Item) (Key, error) {
	r := item.Read()
	workspace, err := tenant.Parse(r.Text("workspace"))
	k := Key{
		ID: r.Text("id"), Workspace: workspace, Name: r.Text("name"), Scopes: r.Texts("scopes"),
		Legacy: r.OptionalText("scope_mode") == scopeModeLegacy, Prefix: r.Text("prefix"),
		CreatedAt: r.Time("created_at"), RotatedAt: r.OptionalTime("rotated_at"), RevokedAt: r.OptionalTime("revoked_at"),
		Secrets: []Secret{parseSecret(item, r)},
	}
	if _, there := item["earlier"]; there {
		for _, earlier := range r.Items("earlier") {
			inner := earlier.Read()
			k.Secrets = append(k.Secrets, parseSecret(earlier, inner))
			err = errors.Join(err, inner.Err())
		}
	}
	var errSources, errSigning error
	k.Sources, errSources = parseSources(item, r)
	k.Signing, errSigning = parseSigning(item, r)
	if len(k.Secrets) > maxSecrets {
		err = errors.Join(err, errors.New("too many secrets"))
	}
	if err := errors.Join(r.Err(), err, errSources, errSigning); err != nil {
		return Key{}, fmt.Errorf("reading an API key: %w", err)
	}
	return k, nil
}

func parseSecret(item ledger.Item, r *ledger.Reader) Secret {
	s := Secret{Generation: 1, Last: r.Text("last"), Until: r.Time("valid_until"), hash: r.Bytes("hash"), pepper: r.Text("pepper")}
	if _, there := item["generation"]; there {
		s.Generation = r.Int("generation")
	}
	return s
}

func parseSources(item ledger.Item, r *ledger.Reader) (Sources, error) {
	_, listed := item["allowed_sources"]
	if r.OptionalText("source_mode") == "" && !listed {
		return Sources{}, nil
	}
	texts := r.Texts("allowed_sources")
	if r.Err() != nil {
		return Sources{}, nil
	}
	return ParseSources(texts)
}

func parseSigning(item ledger.Item, r *ledger.Reader) (Signing, error) {
	_, registered := item["public_key"]
	mode := r.OptionalText("signature_mode")
	switch {
	case mode == "" && !registered:
		return Signing{}, nil
	case mode != signatureOptional && mode != signatureRequired:
		return Signing{}, errors.New("signature_mode is none")
	}
	pem := r.Text("public_key")
	if pem == "" {
		return Signing{}, errors.New("a signature mode without a public key")
	}
	return newSigning(pem, mode == signatureRequired)
}

// MasterKeys names the master keys that a stored key needs: those whose peppers its secrets were hashed with, as far as
// they work at that moment. They can't be hashed anew, since only the program has them: a rotation of the API key and the
// end of its overlap let an old master key go. A key that can't be read needs what it names.
func MasterKeys(item ledger.Item, now time.Time) (ids []string) {
	r := item.Read()
	if !r.OptionalTime("revoked_at").IsZero() {
		return nil
	}
	secrets := append([]ledger.Item{item}, r.Items("earlier")...)
	for _, one := range secrets {
		r := one.Read()
		if until := r.Time("valid_until"); r.Err() == nil && !now.Before(until) {
			continue
		}
		if id := one.Read().Text("pepper"); id != "" {
			ids = append(ids, id)
		}
	}
	return ids
}
