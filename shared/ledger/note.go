package ledger

import (
	"context"
	"errors"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/id"
)

// Denial is an attempt that changed nothing and is worth remembering: a forged callback, a wrong password.
type Denial struct {
	By        caller.Caller
	Action    string // "<domain>.<verb>_denied"
	Subject   string // what was tried, such as "cosigner/cos_…"
	Workspace string
	Why       string // a fault's code
	Severity  audit.Severity
}

// Deny records an attempt. It fails only with the database.
func (l *Ledger) Deny(ctx context.Context, d Denial) error {
	return l.note(ctx, "denial", d.By, d.Action, d.Severity, d.Subject, d.Workspace, audit.Fields{"why": d.Why, "subject": d.Subject})
}

// Observe records that something was read whose reading matters, such as the trail itself. It fails only with the
// database.
func (l *Ledger) Observe(ctx context.Context, by caller.Caller, action, subject string) error {
	return l.note(ctx, "observation", by, action, "", subject, "", audit.Fields{"subject": subject})
}

// note puts an entry without a change. Those of one action on one subject are one entry a minute, so that an attacker
// can't fill the table.
func (l *Ledger) note(ctx context.Context, kind string, by caller.Caller, action string, severity audit.Severity, subject, workspace string,
	what audit.Fields) error {
	now := l.Now().UTC().Truncate(time.Millisecond)
	minute := now.Truncate(time.Minute).Format("20060102T1504Z")
	e, err := seal(audit.Entry{
		ID: id.New("aud", now, l.Random), Time: now, Actor: actor(by), Action: action, Severity: severity,
		Target:    audit.Target{Type: kind, ID: action + "#" + subject + "#" + minute},
		Workspace: workspace, Before: audit.Fields{}, After: what,
		IP: by.Origin.IP, UserAgent: by.Origin.UserAgent, RequestID: by.Origin.RequestID, Version: 1,
	})
	if err != nil {
		return err
	}
	err = l.Store.Transact(ctx, e.ID, []Write{entryWrite(e, ErrChainMoved)})
	var refused *Refused
	if errors.As(err, &refused) { // this minute has its entry
		return nil
	}
	if err == nil {
		l.alarm(e.Entry)
	}
	return err
}

func actor(by caller.Caller) audit.Actor { return audit.Actor{Kind: by.Kind, ID: by.ID, Via: by.Via} }
