package edge

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/clientip"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/ledger"
)

// Denier records attempts that changed nothing, those of one action on one subject once a minute; *ledger.Ledger is one.
type Denier interface {
	Deny(ctx context.Context, d ledger.Denial) error
}

// Notes are a process's denials in the audit trail, of attempts that strangers can make as often as they like. It is safe for
// concurrent use.
type Notes struct {
	To  Denier
	Now func() time.Time

	mu     sync.Mutex
	minute time.Time
	noted  map[string]bool // in this minute, by this process: saves writes that would change nothing
}

// client is the address of who asks. A trusted proxy that forwards for what is no address is not what it should be, and
// so recorded as a security event.
func (e Edge) client(ctx context.Context, r Request, record *record) netip.Addr {
	client, violation := e.Proxies.Client(r.Source, r.Header.Values(clientip.Header))
	if r.Client = client; violation != nil {
		record.note(e.Notes.Deny(ctx, ledger.Denial{
			By: caller.Caller{Kind: caller.Anonymous, Origin: r.Origin()}, Action: "request.proxy_violation",
			Subject: "proxy/" + client.String(), Why: "forwarded_for_malformed", Severity: audit.Warning,
		}))
	}
	return client
}

// forbidden records who came to a route without the right to it.
func (e Edge) forbidden(ctx context.Context, s Spec, who caller.Caller, why *fault.Fault, record *record) error {
	record.note(e.Notes.Deny(ctx, ledger.Denial{
		By: who, Action: "request.forbidden", Subject: who.ID + "/" + s.Name, Workspace: who.Workspace.String(), Why: why.Code,
	}))
	return why
}

// Deny records an attempt, if this process has not recorded it in this minute.
func (n *Notes) Deny(ctx context.Context, d ledger.Denial) error {
	key := d.Action + "#" + d.Subject
	n.mu.Lock()
	if minute := n.Now().Truncate(time.Minute); !minute.Equal(n.minute) {
		n.minute, n.noted = minute, map[string]bool{}
	}
	known := n.noted[key]
	n.mu.Unlock()
	if known {
		return nil
	}
	if err := n.To.Deny(ctx, d); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.noted[key] = true
	return nil
}
