package keys_test

import (
	"encoding/base64"
	"log/slog"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/infra/vaulttest"
	"github.com/zenvault/zenvault/shared/keyset"
	"github.com/zenvault/zenvault/shared/wire/keys"
)

// The ring opens from wrapped keys, the newest first; the log holds their ids and nothing else of them.
func TestRing(t *testing.T) {
	v := vaulttest.New(t)
	var log strings.Builder
	v.World.Log = slog.New(slog.NewJSONHandler(&log, nil))
	old := v.Ring.NewestID()
	wrapped, err := keys.Service(v.World).NewWrappedKey(t.Context(), v.MasterWrapKey, keyset.Context(v.World.Env.Stack))
	if err != nil {
		t.Fatal(err)
	}
	v.World.Env.MasterKey = base64.StdEncoding.EncodeToString(wrapped) + "," + v.World.Env.MasterKey
	ring, err := keys.OpenRing(t.Context(), v.World)
	if err != nil {
		t.Fatal(err)
	}
	if ids := ring.IDs(); len(ids) != 2 || ids[1] != old || !strings.Contains(log.String(), `"msg":"master keys","ids":["`+ids[0]+`","`+old+`"]}`) {
		t.Errorf("ids %v, log %s", ids, log.String())
	}
}

// A master key that is missing, of another stack, or no ciphertext stops the start.
func TestRefusesToStart(t *testing.T) {
	v := vaulttest.New(t)
	wrapped := v.World.Env.MasterKey
	tests := []struct{ name, master, stack, want string }{
		{"none", "", "test", "the environment variable ZENVAULT_MASTER_KEY is not set"},
		{"another stack's", wrapped, "other", "master key 1 of 1: unwrapping: the ciphertext does not open: it is damaged, or was wrapped for another stack or purpose, or by another key"},
		{"empty entry", wrapped + ",", "test", "master key 2 of 2: the ciphertext is not base64"},
		{"no ciphertext", "AAAA", "test", "master key 1 of 1: unwrapping: the ciphertext does not open: it is damaged, or was wrapped for another stack or purpose, or by another key"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v.World.Env.MasterKey, v.World.Env.Stack = tt.master, tt.stack
			if _, err := keys.OpenRing(t.Context(), v.World); err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}
