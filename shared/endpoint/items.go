package endpoint

import (
	"errors"
	"fmt"

	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// Keys is the prefix of every key of this domain. A workspace's endpoints are one partition, made from who is asking:
// another's can't be named.
const Keys = "endpoints#"

const sortPrefix = "endpoint#"

// At is where an endpoint is stored.
func At(workspace tenant.ID, endpoint ID) ledger.Key {
	return ledger.Key{PK: Keys + workspace.String(), SK: sortPrefix + string(endpoint)}
}

// countKey is where a workspace's endpoints are counted.
func countKey(workspace tenant.ID) ledger.Key {
	return ledger.Key{PK: Keys + workspace.String(), SK: "count"}
}

// The attributes that hold secrets. The one of an earlier secret's end is named like it, with untilSuffix.
const (
	secretField = "secret"
	untilSuffix = "_until"
)

var earlierFields = [...]string{"earlier_1", "earlier_2"}

// SecretFields are all attributes that hold sealed secrets.
func SecretFields() []string { return append([]string{secretField}, earlierFields[:]...) }

func (e Endpoint) item() ledger.Item {
	item := ledger.Item{
		"id": string(e.ID), "workspace": e.Workspace.String(), "url": e.URL, "events": e.Events, "description": e.Description,
		"state": string(e.State), "reason": e.Reason, "created_at": e.CreatedAt.UnixMilli(), secretField: e.sealed,
	}
	if !e.RotatedAt.IsZero() {
		item["rotated_at"] = e.RotatedAt.UnixMilli()
	}
	for _, s := range e.earlier {
		item[s.field], item[s.field+untilSuffix] = s.sealed, s.until.UnixMilli()
	}
	return item
}

func parse(item ledger.Item) (Endpoint, error) {
	r := item.Read()
	workspace, err := tenant.Parse(r.Text("workspace"))
	e := Endpoint{
		ID: ID(r.Text("id")), Workspace: workspace, URL: r.Text("url"), Events: r.Texts("events"),
		Description: r.Text("description"), State: State(r.Text("state")), Reason: r.Text("reason"),
		CreatedAt: r.Time("created_at"), RotatedAt: r.OptionalTime("rotated_at"), sealed: r.Bytes(secretField),
	}
	for _, field := range earlierFields {
		if _, there := item[field]; there {
			e.earlier = append(e.earlier, signingSecret{field, r.Bytes(field), r.Time(field + untilSuffix)})
		}
	}
	if err := errors.Join(r.Err(), err); err != nil {
		return Endpoint{}, fmt.Errorf("reading an endpoint: %w", err)
	}
	return e, nil
}
