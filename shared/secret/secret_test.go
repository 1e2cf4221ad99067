package secret_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/shared/secret"
)

// No printer shows the plaintext, wherever the value sits; only Expose does.
func TestNothingPrints(t *testing.T) {
	const canary = "canary-7f3a"
	holder := struct {
		Public  secret.Text
		private secret.Text
		bytes   secret.Bytes
		nested  struct{ deep *secret.Text }
	}{Public: secret.NewText(canary), private: secret.NewText(canary), bytes: secret.NewBytes([]byte(canary))}
	holder.nested.deep = &holder.Public
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "holder", holder, "text", holder.private, "bytes", holder.bytes)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "holder", holder, "text", holder.private, "bytes", holder.bytes)
	encoded, err := json.Marshal(map[string]any{"holder": holder, "text": holder.private, "bytes": holder.bytes})
	if err != nil {
		t.Fatal(err)
	}
	shown := log.String() + string(encoded)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		shown += fmt.Sprintf(verb, holder) + fmt.Sprintf(verb, holder.private) + fmt.Sprintf(verb, holder.bytes) + fmt.Sprintf(verb, []any{holder.private})
	}
	for _, form := range []string{canary, fmt.Sprintf("%x", canary), fmt.Sprintf("%d", []byte(canary))} {
		if strings.Contains(shown, form) {
			t.Errorf("%q is shown in %s", form, shown)
		}
	}
	if holder.private.Expose() != canary || string(holder.bytes.Expose()) != canary {
		t.Error("Expose does not")
	}
}

// The zero values are empty.
func TestZero(t *testing.T) {
	if (secret.Text{}).Expose() != "" || (secret.Bytes{}).Expose() != nil {
		t.Error("not empty")
	}
	if !secret.NewText("a").Equal(secret.NewText("a")) || secret.NewText("a").Equal(secret.NewText("b")) {
		t.Error("Equal is wrong")
	}
}
