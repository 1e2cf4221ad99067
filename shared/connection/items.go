package connection

import (
	"errors"
	"fmt"

	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// Keys is the prefix of every key of this domain. A workspace's connections are one partition: another's can't be named.
const Keys = "connections#"

const sortPrefix = "connection#"

// At is where a connection is stored.
func At(workspace tenant.ID, connection ID) ledger.Key {
	return ledger.Key{PK: Keys + workspace.String(), SK: sortPrefix + string(connection)}
}

// countKey is where a workspace's connections are counted.
func countKey(workspace tenant.ID) ledger.Key {
	return ledger.Key{PK: Keys + workspace.String(), SK: "count"}
}

func (c Connection) item() ledger.Item {
	return ledger.Item{"id": string(c.ID), "workspace": c.Workspace.String(), "provider": c.Provider, "name": c.Name,
		"environment": c.Environment, "api_key": c.APIKey, "signing_key": c.SigningKey, "created_at": c.CreatedAt.UnixMilli()}
}

func parse(item ledger.Item) (Connection, error) {
	r := item.Read()
	workspace, err := tenant.Parse(r.Text("workspace"))
	c := Connection{ID: ID(r.Text("id")), Workspace: workspace, Provider: r.Text("provider"), Name: r.Text("name"),
		Environment: r.Text("environment"), APIKey: r.Text("api_key"), SigningKey: r.Text("signing_key"), CreatedAt: r.Time("created_at")}
	if err := errors.Join(r.Err(), err); err != nil {
		return Connection{}, fmt.Errorf("reading a connection: %w", err)
	}
	return c, nil
}
