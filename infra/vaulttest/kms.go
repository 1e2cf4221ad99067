package vaulttest

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/zenvault/zenvault/infra/emulator/kms"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// serveKMS is the embedded KMS on a port of its own.
func serveKMS(t testing.TB) (endpoint string) {
	t.Helper()
	service, err := kms.Open(kms.Options{})
	must(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		answer, err := service.Call(r.Context(), strings.TrimPrefix(r.Header.Get("X-Amz-Target"), service.Target()+"."), body)
		var refused *protocol.Error
		if w.Header().Set("Content-Type", service.ContentType()); errors.As(err, &refused) {
			answer = map[string]any{"__type": refused.Type, "message": refused.Message}
			w.WriteHeader(refused.Status)
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(func() {
		server.Close()
		service.Close()
	})
	return server.URL
}
