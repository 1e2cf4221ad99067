// Package trail is the auditor's view: one list over every workspace, newest first.
package trail

import (
	"regexp"
	"strings"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
)

// Service is what the trail's routes are made of.
type Service struct{ Ledger *ledger.Ledger }

// begins is the first month that can hold an entry: no search goes further back.
var begins = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// The filters' faults.
var (
	ErrAction = edge.ErrMalformed.Saying("An action is written domain.verb, such as workspace.create.").At("action")
	ErrTarget = edge.ErrMalformed.Saying("A target is written type/id, such as workspace/ws_….").At("target")
)

var actionForm = regexp.MustCompile(`^[a-z_]{1,32}\.[a-z_]{1,48}$`)

func checkAction(action string) error {
	if action != "" && !actionForm.MatchString(action) {
		return ErrAction
	}
	return nil
}

func parseTarget(text string) (audit.Target, error) {
	kind, id, found := strings.Cut(text, "/")
	if !found || kind == "" || id == "" || len(text) > 512 {
		return audit.Target{}, ErrTarget
	}
	return audit.Target{Type: kind, ID: id}, nil
}

// View is an entry as auditors see it: every member that the hash covers, and the hash.
type View struct {
	ID        string       `json:"id"`
	Time      int64        `json:"time"` // Unix ms
	Actor     Actor        `json:"actor"`
	Action    string       `json:"action"`
	Severity  string       `json:"severity,omitempty"` // of a security event: notice, warning or critical
	Target    Target       `json:"target"`
	Workspace string       `json:"workspace"`
	Before    audit.Fields `json:"before"`
	After     audit.Fields `json:"after"`
	IP        string       `json:"ip"`
	UserAgent string       `json:"user_agent"`
	RequestID string       `json:"request_id"`
	Version   int64        `json:"version"` // of the target
	Prev      string       `json:"prev"`
	Hash      string       `json:"hash"` // hex SHA-256 of the members above in RFC 8785 form
}

// Actor is who acted.
type Actor struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Via  string `json:"via"`
}

// Target is what was acted on.
type Target struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

func view(e audit.Entry) View {
	return View{
		ID: e.ID, Time: e.Time.UnixMilli(), Actor: Actor{string(e.Actor.Kind), e.Actor.ID, e.Actor.Via}, Action: e.Action,
		Severity: string(e.Severity),
		Target:   Target{e.Target.Type, e.Target.ID}, Workspace: e.Workspace, Before: e.Before, After: e.After, IP: e.IP,
		UserAgent: e.UserAgent, RequestID: e.RequestID, Version: e.Version, Prev: e.Prev, Hash: e.Hash,
	}
}
