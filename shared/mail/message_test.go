package mail_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/infra/emulator"
	"github.com/zenvault/zenvault/infra/emulator/fault"
	"github.com/zenvault/zenvault/shared/mail"
)

var addresses = []string{
	"a@b", ownerAddress, "nobody@example.com", "OWNER@EXAMPLE.COM", "o'brien&<>@example.com", `"\"@example.com`, "no-address", "@",
	strings.Repeat("a", 64) + "@" + strings.Repeat("b", 63) + "." + strings.Repeat("c", 63) + ".example.com", strings.Repeat(`"`, 254), strings.Repeat("&", 254), strings.Repeat(`\`, 254),
}

// Every message that asks for a letter by address has one size, whatever the address, the kind and the time.
func TestOneSize(t *testing.T) {
	for _, kind := range []string{mail.Reset, mail.Locked} {
		for _, address := range addresses {
			for _, at := range []time.Time{time.UnixMilli(1), time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC), time.Date(2286, 1, 1, 0, 0, 0, 0, time.UTC)} {
				body, err := mail.NewRequest(kind, address, at)
				if err != nil || len(body) != 640 {
					t.Errorf("%s %.20q: got %d bytes, %v, want 640", kind, address, len(body), err)
				}
				gotKind, gotAddress, _, err := mail.Parse(body)
				if err != nil || gotKind != kind || gotAddress != address {
					t.Errorf("%s %.20q: read back %s %q, %v", kind, address, gotKind, gotAddress, err)
				}
			}
		}
	}
}

// What is no address at all, or of no kind, is not posted.
func TestUnfit(t *testing.T) {
	s := newStack(t)
	s.AWS.Forget()
	for _, address := range []string{"", "a b@example.com", "a\r\nBcc: b@example.com", "ö@example.com", strings.Repeat("a", 255)} {
		if err := s.postbox.Post(t.Context(), mail.Reset, address); err == nil {
			t.Errorf("%q: no error", address)
		}
	}
	if err := s.postbox.Post(t.Context(), "password", ownerAddress); err == nil {
		t.Error("an unknown kind: no error")
	}
	if calls := s.AWS.Calls(); len(calls) != 0 {
		t.Errorf("calls: got %v, want none", calls)
	}
}

// From outside, asking for an admin's letter and for nobody's look the same: the calls, their sizes, and what a queue that
// is away does to them.
func TestHitAndMissLookTheSame(t *testing.T) {
	s := newStack(t)
	seen := map[string]string{}
	for _, address := range []string{ownerAddress, "nobody@example.com", "x@y"} {
		s.AWS.Forget()
		err := s.postbox.Post(t.Context(), mail.Reset, address)
		away := s.AWS.Faults().Add(fault.Rule{Operation: "AmazonSQS.SendMessageBatch", Effect: fault.Throttled})
		errAway := s.postbox.Post(t.Context(), mail.Reset, address)
		s.AWS.Faults().Clear()
		seen[address] = fmt.Sprint(err, errAway != nil, away.Hits(), shape(t, s.AWS.Calls()))
	}
	for address, got := range seen {
		if diff := cmp.Diff(`<nil> true 4 [AmazonSQS.SendMessageBatch of 640]`, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", address, diff)
		}
	}
}

// shape is the calls as one on the wire would see them.
func shape(t *testing.T, calls []emulator.Call) (all []string) {
	t.Helper()
	for _, c := range calls {
		var batch struct {
			Entries []struct{ MessageBody string }
		}
		if err := json.Unmarshal(c.Body, &batch); err != nil {
			t.Fatal(err)
		}
		for _, e := range batch.Entries {
			all = append(all, fmt.Sprintf("%s of %d", c.Operation, len(e.MessageBody)))
		}
	}
	return all
}

// A message that asks for no letter is an error, so that it ends among the dead letters.
func TestMalformed(t *testing.T) {
	good, err := mail.NewRequest(mail.Reset, ownerAddress, time.UnixMilli(1))
	if err != nil {
		t.Fatal(err)
	}
	for _, body := range []string{
		"", "{}", "null", `{"event":""}`, `{"event":"evt_1"}`, `{"event":"dec_01h00000000000000000000000"}`, `{"kind":"reset"}`,
		strings.Replace(string(good), "reset", "other", 1), strings.Replace(string(good), "owner@", "owner @", 1),
		strings.Replace(string(good), `"at":1`, `"at":-1`, 1), strings.Replace(string(good), `"pad":"..`, `"pad":".x`, 1),
		strings.Replace(string(good), `"kind"`, `"event":"evt_01h00000000000000000000000","kind"`, 1),
		strings.Replace(string(good), `"kind"`, `"token":"x","kind"`, 1), string(good) + "{}",
	} {
		if kind, _, event, err := mail.Parse([]byte(body)); err == nil {
			t.Errorf("%.60s: got %s%s, want an error", body, kind, event)
		}
	}
}

// Whatever the bytes, what is taken is of a known kind with an address of printable ASCII, or names an event.
func FuzzParse(f *testing.F) {
	good, err := mail.NewRequest(mail.Locked, ownerAddress, time.UnixMilli(1))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{good, mail.EventMessage("evt_01h00000000000000000000000"), []byte(`{"kind":"reset","address":"a@b","at":1}`), []byte(`{}`)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		kind, address, event, err := mail.Parse(body)
		if err != nil {
			return
		}
		if event != "" && kind+address == "" {
			return
		}
		if _, err := mail.NewRequest(kind, address, time.UnixMilli(1)); err != nil || event != "" {
			t.Errorf("%q: taken as %q %q %q", body, kind, address, event)
		}
	})
}
