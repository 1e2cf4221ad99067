package delivery_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/zenvault/zenvault/shared/delivery"
)

const goodMessage = `{"event":"evt_01jd0000000000000000000000","endpoint":"ep_01jd0000000000000000000000","attempt":14}`

// A message is read exactly as it is written; everything else is refused.
func TestParseMessage(t *testing.T) {
	got, err := delivery.ParseMessage([]byte(goodMessage))
	want := delivery.Message{Event: "evt_01jd0000000000000000000000", Endpoint: "ep_01jd0000000000000000000000", Attempt: 14}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for _, change := range [][2]string{
		{"evt_", "ep_"}, {"evt_01", "evt_91"}, {"evt_01jd", "evt_01JD"}, {"ep_01", "ep#01"}, {"ep_01", "_01"}, {"ep_01", "e#p_01"}, {"14", "0"}, {"14", "15"},
		{"14", "-1"}, {"14", `"14"`}, {"14", "1e1"}, {"14", "null"}, {"attempt", "Attempt"}, {`"attempt":14`, `"attempt":1,"attempt":1`},
		{`,"attempt":14`, ``}, {"}", `,"more":1}`}, {"}", "}}"}, {goodMessage, ""}, {goodMessage, "[]"},
	} {
		text := strings.Replace(goodMessage, change[0], change[1], 1)
		if m, err := delivery.ParseMessage([]byte(text)); err == nil {
			t.Errorf("%s: got %+v, want an error", text, m)
		}
	}
}

// No bytes make the parsers panic, and no key is ever made from a text with a separator in it.
func FuzzMessages(f *testing.F) {
	f.Add([]byte(goodMessage))
	f.Add([]byte(`{"event":"evt_01jd0000000000000000000000"}`))
	f.Add([]byte(`{"event":"a#b","endpoint":"a#b","attempt":1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := delivery.ParseMessage(body)
		a, errAnnounced := delivery.ParseAnnouncement(body)
		if err == nil && strings.ContainsAny(m.Event+m.Endpoint, "#/ ") || errAnnounced == nil && strings.ContainsAny(a.Event, "#/ ") {
			t.Errorf("%s was taken: %+v %+v", body, m, a)
		}
	})
}
