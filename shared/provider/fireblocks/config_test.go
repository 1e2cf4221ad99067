package fireblocks_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/zenvault/zenvault/infra/codectest"
	"github.com/zenvault/zenvault/shared/provider/fireblocks"
	"github.com/zenvault/zenvault/shared/signing"
)

// Each documented type is known by its name and none can be judged; another one is told apart. There is one stage, and an
// approval of it signs nothing.
func TestConfigTypes(t *testing.T) {
	for _, kind := range []string{"UNMANAGED_WALLET", "EXCHANGE", "POLICY_APPROVAL", "FIAT_ACCOUNT", "ADD_USER", "RE_ENROLL_DEVICE",
		"ENABLE_ONE_TIME_ADDRESS", "CHANGE_QUORUM_THRESHOLD", "ADD_NETWORK_CONNECTION", "SET_NETWORK_CONNECTION_ROUTING_POLICY",
		"SET_NETWORK_ID_POLICY", "UPDATE_APPROVAL_GROUP_MAPPING", "USERS_GROUP_APPROVAL", "unrecognised: exchange", "unrecognised: NEW"} {
		body := token(header, []byte(`{"requestId":"r-1","type":"`+strings.TrimPrefix(kind, "unrecognised: ")+`","extraInfo":{"a":1}}`))
		got, err := fireblocks.ConfigCodec{}.Open(body, keys(), time.Time{})
		want := signing.Callback{ExternalID: "r-1", Kind: "fireblocks.config", Config: true, Request: signing.Request{Operation: kind}, Digest: got.Digest}
		if diff := codectest.Diff(want, got); diff != "" || err != nil || len(got.Digest) != 64 {
			t.Errorf("%s: %v (-want +got):\n%s", kind, err, diff)
		}
	}
}

// What does not say what it is about is unreadable, and the reason repeats nothing of what was sent.
func TestConfigUnreadable(t *testing.T) {
	for about, text := range map[string]string{
		"no JSON":       `canary`,
		"a list":        `["canary"]`,
		"no id":         `{"type":"EXCHANGE","extraInfo":{"canary":"canary"}}`,
		"an id with #":  `{"requestId":"canary#","type":"EXCHANGE"}`,
		"no type":       `{"requestId":"r","extraInfo":{"canary":"canary"}}`,
		"a number":      `{"requestId":"r","type":1,"extraInfo":"canary"}`,
		"id twice":      `{"requestId":"r","requestId":"canary","type":"EXCHANGE"}`,
		"a key twice":   `{"requestId":"r","type":"EXCHANGE","extraInfo":{"canary":"canary","canary":"canary"}}`,
		"two documents": `{"requestId":"r","type":"EXCHANGE"}{"canary":1}`,
		"not closed":    `{"requestId":"r","type":"EXCHANGE","extraInfo":{"canary":"canary"`,
		"too deep":      `{"requestId":"r","type":"EXCHANGE","extraInfo":` + strings.Repeat(`{"canary":`, 40) + `1` + strings.Repeat(`}`, 40) + `}`,
	} {
		_, err := fireblocks.ReadConfig([]byte(text))
		if !errors.Is(err, signing.ErrUnreadable) || strings.Contains(fmt.Sprint(err), "canary") {
			t.Errorf("%s: %v", about, err)
		}
	}
}

// The digest changes with all that is asked, and not with its spelling. What was read holds nothing of extraInfo.
func TestConfigDigest(t *testing.T) {
	read := func(text string) signing.Callback {
		c, err := fireblocks.ReadConfig([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if shown := fmt.Sprintf("%+v %#v", c, c); strings.Contains(shown, "canary") {
			t.Errorf("read %s", shown)
		}
		return c
	}
	base := read(`{"requestId":"r","type":"EXCHANGE","extraInfo":{"apiKey":"canary","n":0.10}}`).Digest
	for _, text := range []string{
		`{"requestId":"s","type":"EXCHANGE","extraInfo":{"apiKey":"canary","n":0.10}}`,
		`{"requestId":"r","type":"ADD_USER","extraInfo":{"apiKey":"canary","n":0.10}}`,
		`{"requestId":"r","type":"EXCHANGE","extraInfo":{"apiKey":"canary2","n":0.10}}`,
		`{"requestId":"r","type":"EXCHANGE","extraInfo":{"apiKey":"canary","n":0.1}}`,
		`{"requestId":"r","type":"EXCHANGE","extraInfo":"canary"}`,
		`{"requestId":"r","type":"EXCHANGE"}`,
	} {
		if read(text).Digest == base {
			t.Errorf("%s has the same digest", text)
		}
	}
	for _, text := range []string{
		`{"extraInfo":{"n":0.10,"apiKey":"c\u0061nary"},"type":"EXCHANGE","requestId":"r"}`,
		`{ "requestId": "r", "type": "EXCHANGE", "signerId": "s", "extraInfo": { "apiKey": "canary", "n": 0.10 } }`,
	} {
		if read(text).Digest != base {
			t.Errorf("%s has another digest", text)
		}
	}
}

// Whatever the payload, what is read holds together and is the same in another order and spacing; nothing panics.
func FuzzReadConfig(f *testing.F) {
	for _, text := range []string{
		`{"requestId":"r","type":"EXCHANGE","extraInfo":{"apiKey":"k","n":1e400}}`, `{"requestId":"r","type":"ADD_USER"}`, `{"requestId":"r","type":"X","extraInfo":[[{}]]}`,
		`{"requestId":"r","type":"X","extraInfo":null}`, `{"requestId":"r","type":"X","extraInfo":"\u0000"}`, `{"requestId":"r","requestId":"s","type":"X"}`, `[]`, `null`,
	} {
		f.Add([]byte(text))
	}
	for _, m := range codectest.Members([]byte(minimalConfig)) {
		f.Add(m.Body)
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		c, err := fireblocks.ReadConfig(payload)
		if err != nil {
			return
		}
		if c.ExternalID == "" || len(c.ExternalID) > 200 || c.Kind != fireblocks.KindConfig || c.Supported || c.Signing || len(c.Digest) != 64 {
			t.Errorf("read %+v", c)
		}
		codectest.Steady(t, payload, c, fireblocks.ReadConfig)
	})
}
