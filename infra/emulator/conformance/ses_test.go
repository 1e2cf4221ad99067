package conformance_test

import (
	"errors"
	"io"
	"net/http"
	"net/mail"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/zenvault/zenvault/infra/emulator"
	"github.com/zenvault/zenvault/infra/emulator/conformance"
	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/infra/emulator/ses"
)

func sesClient(endpoint, region string) *sesv2.Client {
	return sesv2.New(sesv2.Options{Region: region, BaseEndpoint: &endpoint, Credentials: testCredentials, RetryMaxAttempts: 1})
}

// The emulated SES answers the real client as SES is documented to, and says so where it does less.
func TestSES(t *testing.T) {
	e := startEmulator(t, emulator.Options{})
	conformance.SES(t, sesClient(e.URL(), "us-east-1"))
	if n := len(e.Mails()); n != 2 {
		t.Errorf("mails: got %d, want 2: what is refused is not sent", n)
	}
}

// A mail in a directory is there after a restart as it was sent, as a file that a mail program reads and only its owner.
func TestSESDurable(t *testing.T) {
	dir := t.TempDir()
	var told []ses.Mail
	o := emulator.Options{Dir: dir, Mailed: func(m ses.Mail) { told = append(told, m) }}
	e, err := emulator.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{"First.\n", "Zweite — ₿.\n\nA line of its own:\n.\nend=\n" + strings.Repeat("0123456789", 30)}
	for _, text := range texts {
		in := conformance.PlainMail("zenvault@example.com", "owner@example.com", "Ünicode "+strings.Repeat("ö", 60), text)
		if _, err := sesClient(e.URL(), "us-east-1").SendEmail(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	sent := e.Mails()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	again := startEmulator(t, o).Mails()
	if diff := cmp.Diff(sent, again); diff != "" {
		t.Errorf("after a restart (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(sent, told); diff != "" {
		t.Errorf("told of (-sent +told):\n%s", diff)
	}
	for i, m := range again {
		want := ses.Mail{From: "zenvault@example.com", To: []string{"owner@example.com"}, Subject: "Ünicode " + strings.Repeat("ö", 60), Text: texts[i]}
		if diff := cmp.Diff(want, m, cmpopts.IgnoreFields(ses.Mail{}, "ID", "At", "File")); diff != "" {
			t.Errorf("mail %d (-want +got):\n%s", i, diff)
		}
		if time.Since(m.At) > time.Hour || filepath.Dir(m.File) != filepath.Join(dir, "mail") {
			t.Errorf("mail %d: of %s in %s", i, m.At, m.File)
		}
		info, err := os.Stat(m.File)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v, want 0600", m.File, info.Mode(), err)
		}
		text, err := os.ReadFile(m.File)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(text), "\r\n") {
			if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
				t.Errorf("%s has a line of %d bytes", m.File, len(line))
			}
		}
		if read, err := mail.ReadMessage(strings.NewReader(string(text))); err != nil || read.Header.Get("Content-Type") != "text/plain; charset=UTF-8" {
			t.Errorf("%s does not read: %v", m.File, err)
		}
	}
}

// Calls are signed for the region, recorded, and go wrong by the same hooks as those of the other services; no other
// path or method is answered.
func TestSESHooks(t *testing.T) {
	e := startEmulator(t, emulator.Options{Region: "eu-central-1"})
	in := conformance.PlainMail("zenvault@example.com", "owner@example.com", "S", "T")
	if _, err := sesClient(e.URL(), "us-east-1").SendEmail(t.Context(), in); err == nil || !strings.Contains(err.Error(), "InvalidSignatureException") {
		t.Errorf("another region: got %v", err)
	}
	client := sesClient(e.URL(), "eu-central-1")
	for _, c := range []struct {
		effect fault.Effect
		want   string
		mails  int
	}{{fault.LostRequest, "EOF", 0}, {fault.LostReply, "EOF", 1}, {fault.Throttled, "TooManyRequestsException", 1}} {
		rule := e.Faults().Add(fault.Rule{Operation: ses.Operation, Count: 1, Effect: c.effect})
		_, err := client.SendEmail(t.Context(), in)
		if err == nil || !strings.Contains(err.Error(), c.want) || rule.Hits() != 1 || len(e.Mails()) != c.mails {
			t.Errorf("%s: got %v, %d hits, %d mails", c.want, err, rule.Hits(), len(e.Mails()))
		}
	}
	var throttled *types.TooManyRequestsException
	e.Faults().Add(fault.Rule{Operation: ses.Operation, Count: 1, Effect: fault.Throttled})
	if _, err := client.SendEmail(t.Context(), in); !errors.As(err, &throttled) {
		t.Errorf("got %v, want the client's own type", err)
	}
	calls := e.Calls()
	if len(calls) != 1 || calls[0].Operation != "SESv2.SendEmail" || !strings.Contains(string(calls[0].Body), "owner@example.com") {
		t.Errorf("calls: got %+v, want the one that was done", calls)
	}
	raw := func(path, target string) (status int, kind, body string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, e.URL()+path, strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=a/20261124/eu-central-1/ses/aws4_request, x")
		r.Header.Set("X-Amz-Target", target)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return answer.StatusCode, answer.Header.Get("X-Amzn-Errortype"), string(text)
	}
	if status, kind, body := raw(ses.Path, ""); status != 400 || kind != "EmulatorUnsupported" || strings.Contains(body, "__type") {
		t.Errorf("a refusal: got %d, type %q, body %s", status, kind, body)
	}
	for _, other := range [][2]string{{"/", ses.Operation}, {ses.Path, ses.Operation}, {ses.Path + "?x=1", ""}, {ses.Path, "AmazonSQS.ListQueues"}} {
		if status, _, body := raw(other[0], other[1]); status != 400 || !strings.Contains(body, "UnknownOperationException") {
			t.Errorf("%v: got %d %s", other, status, body)
		}
	}
	if _, err := client.ListEmailIdentities(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "UnknownOperationException") {
		t.Errorf("another operation: got %v", err)
	}
}
