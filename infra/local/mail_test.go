package local_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator"
	"github.com/zenvault/zenvault/infra/local"
)

// mailed is a gateway with workers, of which every mail is seen as it comes, by a clock that the test steps.
type mailed struct {
	*gateway
	dir     string
	shown   chan string
	log     tap
	metrics tap
	mu      sync.Mutex
	now     time.Time
}

// tap keeps what is written to it.
type tap struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (w *tap) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *tap) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// Write takes what the gateway shows of a mail.
func (m *mailed) Write(p []byte) (int, error) {
	m.shown <- string(p)
	return len(p), nil
}

func (m *mailed) clock() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

func (m *mailed) step(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

func startMailed(t *testing.T) *mailed {
	t.Helper()
	m := &mailed{dir: t.TempDir(), shown: make(chan string, 100), now: time.Now()}
	log := slog.New(slog.NewJSONHandler(&m.log, nil))
	m.gateway = startGateway(t, local.Options{Dir: m.dir, Workers: true, Now: m.clock, Log: log, Mail: m, Metrics: &m.metrics})
	return m
}

// next waits for the next mail, and gives it with what was shown of it.
func (m *mailed) next(t *testing.T) (emulator.Mail, string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	select {
	case shown := <-m.shown:
		all := m.Emulator.Mails()
		return all[len(all)-1], shown
	case <-ctx.Done():
		t.Fatalf("no mail came; the log:\n%s", m.log.String())
		return emulator.Mail{}, ""
	}
}

// sweep finds, two minutes later, what nobody announced.
func (m *mailed) sweep(t *testing.T) {
	t.Helper()
	m.step(2 * time.Minute)
	_, err := m.Task(t.Context(), "delivery-sweep", nil)
	must(t, err)
}

func (m *mailed) post(t *testing.T, status int, path string, body map[string]string) reply {
	t.Helper()
	return m.want(t, status, request{method: "POST", path: path, body: marshal(body)})
}

// token is that of a mail's link.
func token(t *testing.T, m emulator.Mail) string {
	t.Helper()
	_, token, found := strings.Cut(local.LinkIn(m.Text), "#token=")
	if !found {
		t.Fatalf("the mail has no link:\n%s", m.Text)
	}
	return token
}

// Who replays a refresh token ends the session, and its admin is told by mail: when, from where, by which program. The
// mail is shown, and kept as a file; the event is counted for the alarm.
func TestMailOfReuse(t *testing.T) {
	t.Parallel()
	m := startMailed(t)
	stolen := map[string]string{"refresh_token": m.refresh}
	m.post(t, 200, "/v1/auth/refresh", stolen)
	m.step(time.Minute)
	at := m.clock().UTC().Format("2006-01-02 15:04:05") + " UTC"
	m.post(t, 401, "/v1/auth/refresh", stolen)
	if line := `"severity":"critical"`; strings.Count(m.metrics.String(), line) != 1 || !strings.Contains(m.metrics.String(), `"event":"session.revoke_reuse"`) {
		t.Errorf("metrics: got %s", m.metrics.String())
	}
	m.sweep(t)
	got, shown := m.next(t)
	for _, want := range []string{"When     " + at, "By       somebody who was not logged in", "Address  127.0.0.1", "Program  " + agent} {
		if !strings.Contains(got.Text, want+"\n") {
			t.Errorf("the mail does not say %q:\n%s", want, got.Text)
		}
	}
	if got.From != local.MailFrom || got.To[0] != local.OwnerEmail || got.Subject != "zenvault-local: a session was ended: its token came twice" {
		t.Errorf("got %s to %s: %q", got.From, got.To, got.Subject)
	}
	want := fmt.Sprintf("mail to %s: %s\n  kept in %s\n", local.OwnerEmail, got.Subject, got.File)
	if diff := cmp.Diff(want, shown); diff != "" {
		t.Errorf("shown (-want +got):\n%s", diff)
	}
	if files, err := os.ReadDir(local.MailDir(m.dir)); err != nil || len(files) != 1 {
		t.Errorf("%s: %v, %v, want one file", local.MailDir(m.dir), files, err)
	}
}

// A forgotten password is set anew by the link that is mailed, once; then its admin is told that it was. Whoever asks for
// somebody who is not there is answered the same, and nobody gets a mail.
func TestMailOfReset(t *testing.T) {
	t.Parallel()
	m := startMailed(t)
	miss := m.post(t, 202, "/v1/auth/forgot", map[string]string{"email": "nobody@example.com"})
	hit := m.post(t, 202, "/v1/auth/forgot", map[string]string{"email": local.OwnerEmail})
	if diff := cmp.Diff(string(miss.body), string(hit.body)); diff != "" {
		t.Errorf("the bodies differ (-miss +hit):\n%s", diff)
	}
	got, shown := m.next(t)
	if got.To[0] != local.OwnerEmail || !strings.HasPrefix(local.LinkIn(got.Text), m.URL+"/reset#token=") || !strings.Contains(shown, local.LinkIn(got.Text)) {
		t.Errorf("got to %s, link %s, shown %s", got.To, local.LinkIn(got.Text), shown)
	}
	m.password = "another battery staple, correct horse"
	body := map[string]string{"token": token(t, got), "password": m.password}
	m.post(t, 200, "/v1/auth/reset", body)
	m.post(t, 401, "/v1/auth/reset", body)
	m.login(t, local.OwnerEmail)
	m.sweep(t)
	if told, _ := m.next(t); told.Subject != "zenvault-local: your password was set anew" || !strings.Contains(told.Text, "By       you\n") {
		t.Errorf("got %q\n%s", told.Subject, told.Text)
	}
	if all := m.Emulator.Mails(); len(all) != 2 {
		t.Errorf("mails: got %d, want 2", len(all))
	}
	if text := m.log.String() + m.metrics.String(); strings.Contains(text, token(t, got)) || strings.Contains(text, m.password) {
		t.Error("the log has the token or the password")
	}
}

// Who is invited gets a mail whose link makes an account.
func TestMailOfInvitation(t *testing.T) {
	t.Parallel()
	m := startMailed(t)
	m.want(t, 201, m.admin("POST", "/v1/admin/admins", marshal(map[string]string{"email": "new@example.com", "role": "auditor"})))
	m.sweep(t)
	got, _ := m.next(t)
	if got.To[0] != "new@example.com" || !strings.Contains(got.Text, "By       another admin, "+m.owner+"\n") {
		t.Errorf("got to %s:\n%s", got.To, got.Text)
	}
	m.password = "another battery staple, correct horse"
	m.post(t, 201, "/v1/auth/accept", map[string]string{"token": token(t, got), "password": m.password})
	m.login(t, "new@example.com")
}

// Whose password is being guessed is told once logging in is paused, and the alarm counts it.
func TestMailOfLockout(t *testing.T) {
	t.Parallel()
	m := startMailed(t)
	wrong := map[string]string{"email": local.OwnerEmail, "password": "wrong horse battery staple"}
	for range 5 { // as many as are free
		m.post(t, 401, "/v1/auth/login", wrong)
	}
	if got, _ := m.next(t); got.To[0] != local.OwnerEmail || got.Subject != "zenvault-local: logging in is paused" {
		t.Errorf("got to %s: %q", got.To, got.Subject)
	}
	if !strings.Contains(m.metrics.String(), `"event":"admin.locked"`) || !strings.Contains(m.metrics.String(), `"severity":"warning"`) {
		t.Errorf("metrics: got %s", m.metrics.String())
	}
}
