package cosign

import (
	"errors"
	"fmt"

	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// Keys and DecisionKeys are the prefixes of every key of this domain.
const (
	Keys         = "cosigner#"
	DecisionKeys = "decision#"
)

// directory is the list that all cosigners are in.
const directory = "cosigners"

// Key is where a cosigner is stored.
func Key(cosignerID string) ledger.Key { return ledger.Key{PK: Keys + cosignerID, SK: "cosigner"} }

func (c Cosigner) item() ledger.Item {
	keys, workspaces := make([]string, len(c.Inbound)), make([]string, len(c.Workspaces))
	for i, key := range c.Inbound {
		keys[i] = key.PEM
	}
	for i, workspace := range c.Workspaces {
		workspaces[i] = workspace.String()
	}
	return ledger.Item{
		"id": c.ID, "provider": c.Provider, "name": c.Name, "inbound_keys": keys, "response_key": c.ResponseKey,
		"workspaces": workspaces, "unreferenced": c.Unreferenced, "config_changes": c.ConfigChanges, "created_at": c.CreatedAt.UnixMilli(),
		"dir": directory, "dir_sk": c.ID,
	}
}

func parse(item ledger.Item) (Cosigner, error) {
	r := item.Read()
	c := Cosigner{
		ID: r.Text("id"), Provider: r.Text("provider"), Name: r.Text("name"), ResponseKey: r.Text("response_key"),
		Unreferenced: r.Text("unreferenced"), ConfigChanges: r.OptionalText("config_changes"), CreatedAt: r.Time("created_at"),
		version: item.Version(),
	}
	if c.ConfigChanges == "" { // registered before there was a choice
		c.ConfigChanges = reject
	}
	err := r.Err()
	for _, text := range r.Texts("inbound_keys") {
		key, valid := parseKey(text)
		if !valid {
			err = errors.Join(err, errors.New("an inbound key is malformed"))
		}
		c.Inbound = append(c.Inbound, key)
	}
	for _, text := range r.Texts("workspaces") {
		workspace, malformed := tenant.Parse(text)
		err = errors.Join(err, malformed)
		c.Workspaces = append(c.Workspaces, workspace)
	}
	if err = errors.Join(err, r.Err()); err != nil {
		return Cosigner{}, fmt.Errorf("reading a cosigner: %w", err)
	}
	return c, nil
}
