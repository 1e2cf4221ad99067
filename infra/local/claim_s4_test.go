package local_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/caller"
)

// seen is all that a client sees of an answer, and AWS of what led to it.
type seen struct {
	Status int
	Header map[string][]string // without the date and the request's id
	Body   string              // likewise
	Calls  []string            // to AWS: what, to which table, with what result, in order, and how large
}

var requestID = regexp.MustCompile(`"request_id":"[^"]*"`)

// see makes the call and tells.
func (g *gateway) see(t testing.TB, r request) seen {
	t.Helper()
	g.Emulator.Forget()
	got := g.send(t, r)
	header := got.header.Clone()
	header.Del("Date")
	header.Del("X-Request-Id")
	s := seen{Status: got.status, Header: header, Body: requestID.ReplaceAllString(string(got.body), `"request_id":"ID"`)}
	for _, c := range g.Emulator.Calls() {
		s.Calls = append(s.Calls, strings.TrimSpace(c.Operation[strings.IndexByte(c.Operation, '.')+1:]+" "+strings.Join(tablesOf(c.Body), " ")+" "+c.Error))
	}
	return s
}

// tablesOf are the tables and queues that a call names, in the order of its actions.
func tablesOf(body []byte) (names []string) {
	var asked struct {
		TableName, QueueUrl string
		RequestItems        map[string]any
		TransactItems       []map[string]struct{ TableName string }
		Entries             []struct{ MessageBody string }
	}
	_ = json.Unmarshal(body, &asked)
	names = append(names, asked.TableName, asked.QueueUrl)
	for name := range asked.RequestItems {
		names = append(names, name)
	}
	for _, action := range asked.TransactItems {
		for verb, of := range action {
			names = append(names, verb+" "+of.TableName)
		}
	}
	for _, e := range asked.Entries {
		names = append(names, strings.Repeat("#", len(e.MessageBody)/64)+" "+string(rune('0'+len(e.MessageBody)%10)))
	}
	return names
}

// addresses are an admin's and those that nothing opens, all of one length.
func (v *vault) addresses(t testing.TB) map[string]string {
	t.Helper()
	disabled := v.person(t, caller.Auditor)
	v.want(t, 200, v.admin("POST", "/v1/admin/admins/"+disabled.id+"/disable", ""))
	invited := newAddress()
	v.want(t, 201, v.admin("POST", "/v1/admin/admins", marshal(map[string]string{"email": invited, "role": "auditor"})))
	return map[string]string{"an admin's": v.person(t, caller.Auditor).email, "nobody's": newAddress(), "of one who is invited": invited,
		"of one who is disabled": disabled.email}
}

// alikeAt wants the same of every address, at each of so many requests in a row.
func (v *vault) alikeAt(t *testing.T, addresses map[string]string, times int, ask func(email string) request) []seen {
	t.Helper()
	want := make([]seen, times)
	for i := range times {
		want[i] = v.see(t, ask(addresses["an admin's"]))
	}
	for name, email := range addresses {
		if name == "an admin's" {
			continue
		}
		for i := range times {
			if diff := cmp.Diff(want[i], v.see(t, ask(email))); diff != "" {
				t.Errorf("an address %s, request %d (-an admin's +this):\n%s", name, i+1, diff)
			}
		}
	}
	return want
}

// Who asks for a new password gets the same status, headers and body for every address, after the same calls to AWS: a
// count and a message of one size, and no read. So it goes on when an address was asked for too often.
func TestClaim_S4_ForgotTellsNothing(t *testing.T) {
	v := shared(t)
	v.clock.stand(t)
	got := v.alikeAt(t, v.addresses(t), 8, func(email string) request {
		return request{method: "POST", path: "/v1/auth/forgot", body: marshal(map[string]string{"email": email})}
	})
	for i, s := range got {
		if s.Status != 202 || s.Body != `{"status":"accepted"}` {
			t.Errorf("request %d: got %d %s", i+1, s.Status, s.Body)
		}
		calls := strings.Join(s.Calls, "\n")
		if sends := strings.Contains(calls, "SendMessageBatch"); strings.Contains(calls, v.World.Env.VaultTable) || sends != (i < 5) {
			t.Errorf("request %d: the calls are\n%s", i+1, calls)
		}
	}
}

// A wrong login gets the same status, headers and body for every address, after the same calls to AWS, from the first
// attempt to the one that locks, whose letter goes to nobody too, and beyond.
func TestClaim_S4_LoginTellsNothing(t *testing.T) {
	v := shared(t)
	v.clock.stand(t)
	got := v.alikeAt(t, v.addresses(t), 7, func(email string) request { return loginWith(email, "wrong", "") })
	for i, s := range got {
		if s.Status != 401 || !strings.Contains(s.Body, `"code":"invalid_credentials"`) {
			t.Errorf("attempt %d: got %d %s", i+1, s.Status, s.Body)
		}
		if locks := strings.Contains(strings.Join(s.Calls, " "), "SendMessageBatch"); locks != (i == 4) {
			t.Errorf("attempt %d: the calls are %q", i+1, s.Calls)
		}
	}
}

// The right password of an account that nothing opens is answered as a wrong one is, after the same calls.
func TestClaim_S4_DisabledAccountTellsNothing(t *testing.T) {
	v := shared(t)
	disabled, wrong := v.person(t, caller.Auditor), v.person(t, caller.Auditor)
	v.want(t, 200, v.admin("POST", "/v1/admin/admins/"+disabled.id+"/disable", ""))
	if diff := cmp.Diff(v.see(t, loginWith(wrong.email, "wrong", "")), v.see(t, loginWith(disabled.email, v.password, ""))); diff != "" {
		t.Errorf("(-wrong password +right one of a disabled account):\n%s", diff)
	}
}
