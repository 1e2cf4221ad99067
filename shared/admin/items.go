package admin

import (
	"errors"
	"fmt"

	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/secret"
)

// The prefixes of this domain's keys.
const (
	Keys        = "admin#"   // admins, and with them their sessions
	EmailKeys   = "email#"   // who an address belongs to
	FounderKeys = "founder#" // that there has been a first owner, and how many there are
)

// directory is the list that all admins are in.
const directory = "admins"

// Key is where an admin is stored.
func Key(id string) ledger.Key { return ledger.Key{PK: Keys + id, SK: "admin"} }

func emailKey(e Email) ledger.Key { return ledger.Key{PK: EmailKeys + string(e), SK: "email"} }

// founderKey can be taken once in the life of a stack.
var founderKey = ledger.Key{PK: FounderKeys, SK: "founder"}

func (a Admin) item() ledger.Item {
	item := ledger.Item{
		"id": a.ID, "email": string(a.Email), "name": a.Name, "role": string(a.Role), "invited": a.Invited, "disabled": a.Disabled,
		"factor": a.Standing.Factor, "epoch": a.Standing.Epoch, "created_at": a.CreatedAt.UnixMilli(), "password_hash": a.password.Expose(),
		"dir": directory, "dir_sk": a.ID,
	}
	a.tickets.store(item)
	return item
}

// claim gives an address to one admin only.
func (a Admin) claim() ledger.Write {
	return ledger.Write{Key: emailKey(a.Email), Put: ledger.Item{"admin": a.ID}, If: ledger.Absent(), Else: ErrEmailTaken}
}

var errRole = errors.New("unknown role")

// Parse reads a stored admin. An unknown role or a missing mark is an error, which denies.
func Parse(item ledger.Item) (Admin, error) {
	r := item.Read()
	a := Admin{
		ID: r.Text("id"), Email: Email(r.Text("email")), Name: r.Text("name"), Invited: r.Bool("invited"), Disabled: r.Bool("disabled"),
		Standing:  caller.Standing{Epoch: r.Int("epoch"), Factor: r.Bool("factor")},
		CreatedAt: r.Time("created_at"), password: secret.NewText(r.Text("password_hash")), tickets: readTickets(r),
	}
	role, known := caller.ParseRole(r.Text("role"))
	a.Role = role
	err := r.Err()
	if err == nil && !known {
		err = errRole
	}
	if err != nil {
		return Admin{}, fmt.Errorf("reading an admin: %w", err)
	}
	return a, nil
}

// Stands holds, inside another change, that an admin is there, neither invited nor disabled, and still of this epoch.
func (Service) Stands(adminID string, epoch int64) ledger.Write {
	return ledger.Write{Key: Key(adminID), Check: true,
		If: ledger.Is("invited", false).And(ledger.Is("disabled", false)).And(ledger.Is("epoch", epoch)), Else: errOver}
}
