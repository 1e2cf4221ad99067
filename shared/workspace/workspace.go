// Package workspace is the tenants: who they are, and whether they may act.
package workspace

import (
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/label"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/tenant"
)

// Workspace is a tenant.
type Workspace struct {
	ID        tenant.ID
	Name      string
	CreatedAt time.Time
}

// The rules' faults.
var (
	ErrNotFound = fault.New(fault.NotFound, "workspace_not_found", "There is no such workspace.")
	ErrName     = fault.New(fault.Unprocessable, "workspace_name_invalid",
		"A workspace's name has 1 to 100 printable characters and no blanks around it.").At("/name")
	errExists = fault.New(fault.Conflict, "workspace_exists", "This workspace exists.")
)

func checkName(name string) error {
	if !label.Valid(name) {
		return ErrName
	}
	return nil
}

func (w Workspace) fields() audit.Fields {
	return audit.Fields{"id": w.ID.String(), "name": w.Name}
}

// Service is what the workspace routes are made of.
type Service struct {
	Ledger *ledger.Ledger
	Region string // the stack's, such as "eu-central-1"
}
