package workspace

import (
	"errors"
	"fmt"

	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// Keys is the prefix of every key of this domain.
const Keys = "workspace#"

// directory is the list that all workspaces are in.
const directory = "workspaces"

// Key is where a workspace is stored.
func Key(id tenant.ID) ledger.Key { return ledger.Key{PK: Keys + id.String(), SK: "workspace"} }

func (w Workspace) item() ledger.Item {
	return ledger.Item{
		"id": w.ID.String(), "name": w.Name, "created_at": w.CreatedAt.UnixMilli(),
		"dir": directory, "dir_sk": w.ID.String(),
	}
}

func parse(item ledger.Item) (Workspace, error) {
	r := item.Read()
	id, err := tenant.Parse(r.Text("id"))
	w := Workspace{ID: id, Name: r.Text("name"), CreatedAt: r.Time("created_at")}
	if err := errors.Join(r.Err(), err); err != nil {
		return Workspace{}, fmt.Errorf("reading a workspace: %w", err)
	}
	return w, nil
}
