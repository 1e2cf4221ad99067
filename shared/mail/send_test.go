package mail_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
	"github.com/zenvault/zenvault/shared/admin"
	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/ledger"
	"github.com/zenvault/zenvault/shared/mail"
	"github.com/zenvault/zenvault/shared/wire/mailing"
)

// An admin who asks for a new password gets a link that leads to the configured place, with the token behind the #.
func TestReset(t *testing.T) {
	s := newStack(t)
	s.work(s.asked(mail.Reset, "OWNER@example.com"))
	got := s.letter()
	if got.From != sender || len(got.To) != 1 || got.To[0] != ownerAddress || got.Subject != "test: set a new password" {
		t.Errorf("got %s to %s: %q", got.From, got.To, got.Subject)
	}
	link, when := line(got.Text, "https://"), line(got.Text, "When")
	if !strings.HasPrefix(link, "https://console.example.com/reset#token=zv_reset_") || when != "When     2026-11-24 12:00:00 UTC" {
		t.Errorf("link %q, %q", link, when)
	}
}

// Who is invited gets a link that accepts the invitation, as long as it can be accepted.
func TestInvitation(t *testing.T) {
	s := newStack(t)
	owner := caller.Caller{Kind: caller.Admin, ID: s.owner, Role: caller.Owner}
	_, err := s.admins.Invite(t.Context(), owner, admin.InviteInput{Email: "new@example.com", Role: "auditor", Name: "https://evil.example\u202e"})
	if err == nil {
		t.Fatal("a name that can't be shown was taken")
	}
	made, err := s.admins.Invite(t.Context(), owner, admin.InviteInput{Email: "new@example.com", Role: "auditor"})
	s.must(err)
	m := s.happen("admin.invited", made.ID, audit.Fields{"by": s.owner, "ip": "192.0.2.7", "user_agent": hostile[0]})
	s.work(m)
	got := s.letter()
	link := line(got.Text, "#token=")
	if got.To[0] != "new@example.com" || !strings.HasPrefix(link, "https://console.example.com/invitation#token=zv_invite_") ||
		line(got.Text, "By ") != "By       another admin, "+s.owner {
		t.Errorf("got %s, %s\n%s", got.To, link, got.Text)
	}
	checkLetter(t, "admin.invited", got.Subject, got.Text)
	s.work(s.happen("admin.invited", s.owner, nil)) // has accepted, as it were
	s.letter()
}

// Nobody gets a letter: an unknown address, what is none, a disabled admin. It is done with as any other message, writes
// nothing, and is in the log as work.
func TestNobody(t *testing.T) {
	s := newStack(t)
	item, err := s.Ledger.GetOne(t.Context(), admin.Key(s.owner))
	s.must(err)
	disabled := ledger.Item{}
	for name, value := range item {
		disabled[name] = value
	}
	delete(disabled, "pk")
	delete(disabled, "sk")
	disabled["disabled"] = true
	_, err = s.Ledger.Commit(t.Context(), ledger.Change{Action: "test.disable", Target: audit.Target{Type: "admin", ID: s.owner},
		Key: admin.Key(s.owner), Prior: item.Version(), Item: disabled, Else: admin.ErrNotFound})
	s.must(err)
	var messages []edge.Message
	for _, kind := range []string{mail.Reset, mail.Locked} {
		for _, address := range []string{ownerAddress, "nobody@example.com", "no-address"} {
			messages = append(messages, s.asked(kind, address))
		}
	}
	s.AWS.Forget()
	s.log.Reset()
	for _, m := range messages {
		s.work(m)
	}
	for _, call := range s.AWS.Calls() {
		if strings.HasSuffix(call.Operation, ".TransactWriteItems") || strings.HasPrefix(call.Operation, "SES") {
			t.Errorf("got %s, want reads alone", call.Operation)
		}
	}
	if n := strings.Count(s.log.String(), `"msg":"work","function":"mail-send"`); n != len(messages) || strings.Contains(s.log.String(), "@") {
		t.Errorf("log: got\n%s", &s.log)
	}
}

// Who is locked out is told, if there is anybody.
func TestLocked(t *testing.T) {
	s := newStack(t)
	s.work(s.asked(mail.Locked, "Owner@Example.com"))
	if got := s.letter(); got.To[0] != ownerAddress || got.Subject != "test: logging in is paused" || line(got.Text, "#token") != "" {
		t.Errorf("got %+v", got)
	}
}

// A request that waited for an hour is dropped: nobody waits for its letter.
func TestTooOld(t *testing.T) {
	s := newStack(t)
	m := s.asked(mail.Reset, ownerAddress)
	s.Clock.Step(time.Hour)
	s.work(m)
	s.letter()
	s.Clock.Step(time.Millisecond)
	s.work(m)
	s.letter()
}

// An event is told with who did it, when and from where.
func TestEvent(t *testing.T) {
	s := newStack(t)
	m := s.happen("session.reuse_detected", s.owner, audit.Fields{"ip": "192.0.2.7", "user_agent": agent})
	s.Clock.Step(time.Hour) // the letter says when it happened, not when it was written
	s.work(m)
	got := s.letter()
	if got.To[0] != ownerAddress || got.Subject != "test: a session was ended: its token came twice" {
		t.Errorf("got %s: %q", got.To, got.Subject)
	}
	want := `A refresh token of your account was used a second time, as happens when it was
stolen. The session was ended, whoever had it. Below is who used it last.

  When     2026-11-24 12:00:00 UTC
  By       somebody who was not logged in
  Address  192.0.2.7
  Program  Mozilla/5.0 (X11; Linux x86_64)
  Event    EVENT

If you did nothing unusual (such as restoring a backup of a program's state):
change your password, end all your sessions, and tell another admin.

-- 
zenvault, stack test. Answers to this letter are not read.
`
	event := strings.TrimSuffix(strings.TrimPrefix(string(m.Body), `{"event":"`), `"}`)
	if diff := cmp.Diff(strings.Replace(want, "EVENT", event, 1), got.Text); diff != "" {
		t.Errorf("text (-want +got):\n%s", diff)
	}
}

// An event of a type that has no text of its own is told all the same, and one that is nobody's to hear of is not.
func TestOtherEvents(t *testing.T) {
	s := newStack(t)
	s.work(s.happen("admin.teleported", s.owner, audit.Fields{"by": s.owner}))
	if got := s.letter(); got.Subject != "test: a security event of your account" || line(got.Text, "What") != "What     admin. teleported" ||
		line(got.Text, "By") != "By       you" || line(got.Text, "Address") != "Address  unknown" {
		t.Errorf("got %q\n%s", got.Subject, got.Text)
	}
	s.work(s.happen("admin.disabled", s.Ledger.NewID("adm"), nil)) // no such admin
	s.work(s.happen("decision.approved", "", nil))
	s.letter()
	gone := edge.Message{ID: "m", Body: mail.EventMessage(s.Ledger.NewID("evt"))}
	if err := s.worker(t.Context(), gone); err == nil || !strings.Contains(err.Error(), "event_missing") {
		t.Errorf("an event that is not there: got %v", err)
	}
}

// ses is what goes wrong with sending.
func ses(effect fault.Effect, count int) fault.Rule {
	return fault.Rule{Operation: "SESv2.SendEmail", Count: count, Effect: effect}
}

func refused(status int, kind, message string) fault.Effect {
	return fault.Refused(&protocol.Error{Status: status, Type: kind, Message: message})
}

// Whatever passes is waited for: the message stays until SES has taken the letter, and then there is one, or two where
// only the answer was lost.
func TestTroubleThatPasses(t *testing.T) {
	for _, tt := range []struct {
		name  string
		rule  fault.Rule
		fails bool // at the first receive
		mails int  // after the second
	}{
		{"lost request", ses(fault.LostRequest, 1), false, 2},
		{"lost reply", ses(fault.LostReply, 1), false, 3}, // the SDK's own repeat is a second letter
		{"throttled once", ses(fault.Throttled, 1), false, 2},
		{"throttled", ses(fault.Throttled, 4), true, 1},
		{"away", ses(fault.LostRequest, 4), true, 1},
		{"failing", ses(refused(500, "InternalServiceErrorException", "x"), 4), true, 1},
		{"paused", ses(refused(400, "SendingPausedException", "x"), 1), true, 1},
		{"suspended", ses(refused(400, "AccountSuspendedException", "x"), 1), true, 1},
		{"over the quota", ses(refused(400, "LimitExceededException", "x"), 4), true, 1},
		{"not verified", ses(refused(400, "MessageRejected", "Email address is not verified. The following identities failed the check"), 1), true, 1},
		{"MAIL FROM not verified", ses(refused(400, "MailFromDomainNotVerifiedException", "x"), 1), true, 1},
		{"without the right", ses(refused(403, "AccessDeniedException", "x"), 1), true, 1},
		{"no such set", ses(refused(404, "NotFoundException", "x"), 1), true, 1},
		{"database away", fault.Rule{Operation: "DynamoDB_20120810.GetItem", Count: 4, Effect: fault.LostRequest}, true, 1},
		{"token not kept", fault.Rule{Operation: "DynamoDB_20120810.TransactWriteItems", Count: 100, Effect: fault.LostRequest}, true, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newStack(t)
			m := s.asked(mail.Reset, ownerAddress)
			rule := s.AWS.Faults().Add(tt.rule)
			if err := s.worker(t.Context(), m); (err != nil) != tt.fails {
				t.Errorf("the first time: got %v", err)
			}
			if rule.Hits() == 0 {
				t.Error("the fault did not take place")
			}
			s.AWS.Faults().Clear()
			s.work(m) // the message comes again: it was not deleted, or SQS delivers it twice
			mails := s.AWS.Mails()
			if len(mails) != tt.mails {
				t.Fatalf("mails: got %d, want %d", len(mails), tt.mails)
			}
			if got := line(mails[len(mails)-1].Text, "#token="); !strings.Contains(got, s.ticket()) || s.ticket() == "" {
				t.Errorf("the newest letter's link %s does not have the token that is good, %s", got, s.ticket())
			}
			if strings.Contains(s.log.String(), "zv_reset_") || s.metrics.Len() > 0 {
				t.Errorf("log %s, metrics %s", &s.log, &s.metrics)
			}
		})
	}
}

// ticket is the id of the token that is good now, as it stands in the token.
func (s *stack) ticket() string {
	s.t.Helper()
	item, err := s.Ledger.GetOne(s.t.Context(), admin.Key(s.owner))
	s.must(err)
	id, _ := item["ticket_id"].(string)
	return strings.TrimPrefix(id, "tkt_")
}

// A letter that SES refuses for good is dropped, and somebody hears of it: in the log, without the token, and as a metric.
func TestTroubleForGood(t *testing.T) {
	for _, effect := range []fault.Effect{
		refused(400, "BadRequestException", "Domain contains illegal character"), refused(400, "MessageRejected", "invalid content"),
	} {
		s := newStack(t)
		s.AWS.Faults().Add(ses(effect, 0))
		s.work(s.asked(mail.Reset, ownerAddress))
		var logged struct{ Msg, Kind, Error string }
		if err := json.Unmarshal([]byte(line(s.log.String(), "letter dropped")), &logged); err != nil || logged.Kind != mail.Reset || !strings.HasPrefix(logged.Error, "letter_rejected: ") {
			t.Errorf("log: got %s", &s.log)
		}
		if strings.Contains(s.log.String(), "zv_reset_") || strings.Contains(s.log.String(), "console.example.com") {
			t.Errorf("the log has the token: %s", &s.log)
		}
		if !strings.Contains(s.metrics.String(), `"kind":"reset","letters_rejected":1`) {
			t.Errorf("metrics: got %s", &s.metrics)
		}
	}
}

// Without an address to write from the worker does not start, and says what to set.
func TestNoSender(t *testing.T) {
	s := newStack(t)
	s.World.Env.MailFrom = ""
	if _, err := mailing.OpenService(s.World, s.Ledger); err == nil || !strings.Contains(err.Error(), "ZENVAULT_MAIL_FROM is not set") ||
		!strings.Contains(err.Error(), "parameter MailFrom") {
		t.Errorf("got %v", err)
	}
}

// Links lead to the console, else to the issuer if that is a place, else there is the token alone.
func TestLinks(t *testing.T) {
	s := newStack(t)
	for _, tt := range []struct{ console, issuer, want string }{
		{"https://console.example.com", "https://vault.example.com", "https://console.example.com/reset#token=zv_reset_"},
		{"", "https://vault.example.com/eu/", "https://vault.example.com/eu/reset#token=zv_reset_"},
		{"", "urn:zenvault:eu-central-1:1:x", "Token: zv_reset_"},
		{"", "http://vault.example.com", "Token: zv_reset_"},
	} {
		s.World.Env.ConsoleURL, s.World.Env.Issuer = tt.console, tt.issuer
		service, err := mailing.OpenService(s.World, s.Ledger)
		s.must(err)
		s.must(edge.BindJob(s.World.Log, mail.JobSend, service)(t.Context(), s.asked(mail.Reset, ownerAddress)))
		mails := s.AWS.Mails()
		if got := line(mails[len(mails)-1].Text, "zv_reset_"); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%+v: got %s", tt, got)
		}
	}
}

// A configuration set is named where there is one. (There is none in the embedded SES, which says so.)
func TestConfigurationSet(t *testing.T) {
	s := newStack(t)
	s.World.Env.MailConfigurationSet = "letters"
	service, err := mailing.OpenService(s.World, s.Ledger)
	s.must(err)
	err = edge.BindJob(s.World.Log, mail.JobSend, service)(t.Context(), s.asked(mail.Reset, ownerAddress))
	if err == nil || !strings.Contains(err.Error(), "Configuration set <letters> does not exist") {
		t.Errorf("got %v", err)
	}
}

// The worker touches no key of the vault that its Needs do not name, since its deployed role is made of them; of the trail
// it only adds entries.
func TestNeeds(t *testing.T) {
	s := newStack(t)
	owner := caller.Caller{Kind: caller.Admin, ID: s.owner, Role: caller.Owner}
	made, err := s.admins.Invite(t.Context(), owner, admin.InviteInput{Email: "new@example.com", Role: "auditor"})
	s.must(err)
	messages := []edge.Message{s.asked(mail.Reset, ownerAddress), s.asked(mail.Locked, ownerAddress), s.asked(mail.Reset, "nobody@example.com"),
		s.happen("admin.invited", made.ID, nil), s.happen("admin.disabled", s.owner, nil)}
	s.AWS.Forget()
	for _, m := range messages {
		s.work(m)
	}
	needs := mail.JobSend.Needs
	for _, call := range s.AWS.Calls() {
		for _, touched := range call.Touched {
			table, key, _ := strings.Cut(touched, " ")
			granted := append(slices.Clone(needs.Reads), needs.Writes...)
			writes := strings.HasSuffix(call.Operation, ".TransactWriteItems")
			if writes {
				granted = needs.Writes
			}
			within := slices.ContainsFunc(granted, func(prefix string) bool { return strings.Contains(key, `"`+prefix) })
			if trail := strings.Contains(table, s.World.Env.AuditTable); trail && !writes || !trail && !within {
				t.Errorf("%s touches %s", call.Operation, touched)
			}
		}
	}
	if len(s.AWS.Mails()) != 4 {
		t.Errorf("mails: got %d, want 4", len(s.AWS.Mails()))
	}
}
