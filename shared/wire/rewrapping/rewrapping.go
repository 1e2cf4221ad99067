// Package rewrapping joins the change of master keys to the domains whose records depend on one. A domain that begins to
// seal something, or to derive something that it keeps, gets a line here; a test over everything stored finds who was
// forgotten.
package rewrapping

import (
	"time"

	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/endpoint"
	"github.com/zenvault/zenvault/shared/keyset"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/rewrap"
)

// Service passes over everything that depends on the keys of a ring.
func Service(l *ledger.Ledger, ring *keyset.Ring) rewrap.Service {
	return rewrap.Service{Ledger: l, Keys: keys{ring}, Kinds: Kinds()}
}

// Who owns records: partitions of the directory.
const (
	workspaces = "workspaces"
	admins     = "admins"
)

// Kinds are all records that depend on a master key.
func Kinds() []rewrap.Kind {
	return []rewrap.Kind{
		{Name: "endpoints", Owners: workspaces, Records: endpoints, Sealed: endpoint.SecretFields(), Home: endpointHome},
		{Name: "factors", Owners: admins, Records: factors, Sealed: []string{"seed"}, Home: factorHome},
		{Name: "api_keys", Owners: workspaces, Records: apiKeys, Uses: apikey.MasterKeys},
		{Name: "sessions", Owners: admins, Records: sessions, Uses: families},
		{Name: "recovery_codes", Owners: admins, Records: codes, Uses: authenticators},
	}
}

func endpoints(workspace string) ledger.Query {
	return ledger.Query{Partition: endpoint.Keys + workspace, Prefix: "endpoint#"}
}

func endpointHome(item ledger.Item) (audit.Target, rewrap.Place) {
	r := item.Read()
	id := r.Text("id")
	return audit.Target{Type: "endpoint", ID: id}, rewrap.Place{Table: "endpoint", Workspace: r.Text("workspace"), Record: id}
}

func factors(adminID string) ledger.Query {
	return ledger.Query{Partition: admin.Keys + adminID, Prefix: "factor"}
}

func factorHome(item ledger.Item) (audit.Target, rewrap.Place) {
	id := item.Read().Text("admin")
	return audit.Target{Type: "factor", ID: id}, rewrap.Place{Table: "factor", Record: id}
}

func apiKeys(workspace string) ledger.Query {
	return ledger.Query{Index: ledger.Directory, Partition: "apikeys#" + workspace}
}

func sessions(adminID string) ledger.Query {
	return ledger.Query{Partition: admin.Keys + adminID, Prefix: "session#"}
}

// families are the keys that a session's refresh tokens are authenticated with. One is needed until the session's absolute
// end, a day after the login; a session that has been idle for too long counts until then.
func families(item ledger.Item, now time.Time) []string {
	r := item.Read()
	if r.Text("state") != "active" || !now.Before(r.Time("until")) {
		return nil
	}
	return []string{r.Text("key")}
}

func codes(adminID string) ledger.Query {
	return ledger.Query{Partition: admin.Keys + adminID, Prefix: "codes"}
}

// authenticators are the keys of recovery codes that are left: codes are kept as HMACs alone.
func authenticators(item ledger.Item, _ time.Time) []string {
	return []string{admin.CodesDependOn(item)}
}

// keys is the ring as a pass needs it.
type keys struct{ *keyset.Ring }

func (keys) SealedBy(envelope []byte) (string, bool) { return keyset.SealedBy(envelope) }

func (k keys) Reseal(of rewrap.Place, envelope []byte) ([]byte, error) {
	return k.Ring.Reseal(keyset.Record(of), envelope)
}
