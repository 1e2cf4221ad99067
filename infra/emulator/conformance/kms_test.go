package conformance_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/zenvault/zenvault/infra/emulator/conformance"
	"github.com/zenvault/zenvault/infra/emulator/kms"
	"github.com/zenvault/zenvault/infra/emulator/protocol"
)

// remoteEndpoint names another endpoint to run the untimed cases against.
const remoteEndpoint = "ZENVAULT_CONFORMANCE_ENDPOINT"

func TestKMS(t *testing.T) {
	if endpoint := os.Getenv(remoteEndpoint); endpoint != "" {
		conformance.KMS(t, kmsClient(endpoint))
		return
	}
	conformance.KMS(t, kmsClient(serveJSON(t, openKMS(t, kms.Options{}))))
}

func TestKMSTimed(t *testing.T) {
	clock := conformance.NewSteppedClock()
	conformance.KMSTimed(t, kmsClient(serveJSON(t, openKMS(t, kms.Options{Clock: clock}))), clock.Advance)
}

func openKMS(t *testing.T, o kms.Options) *kms.Service {
	t.Helper()
	s, err := kms.Open(o)
	if err != nil {
		t.Fatalf("open kms: %v", err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func kmsClient(endpoint string) *awskms.Client {
	return awskms.New(awskms.Options{Region: "us-east-1", BaseEndpoint: &endpoint, Credentials: testCredentials, RetryMaxAttempts: 1})
}

var testCredentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "test", SecretAccessKey: "test"}, nil
})

// serveJSON speaks the JSON protocol for one service, as the emulator does for all.
func serveJSON(t *testing.T, service protocol.Service) (endpoint string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), service.Target()+".")
		out, err := service.Call(r.Context(), operation, body)
		status := http.StatusOK
		if err != nil {
			status, out = jsonError(err)
			setQueryError(w.Header(), service, err)
		}
		w.Header().Set("Content-Type", service.ContentType())
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(out)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// setQueryError adds the header by which a service that once had the query protocol tells its older codes.
func setQueryError(h http.Header, service protocol.Service, err error) {
	var refused *protocol.Error
	if s, ok := service.(interface{ QueryError(*protocol.Error) string }); ok && errors.As(err, &refused) {
		h.Set("X-Amzn-Query-Error", s.QueryError(refused))
	}
}

func jsonError(err error) (int, any) {
	var refused *protocol.Error
	if !errors.As(err, &refused) {
		return http.StatusInternalServerError, map[string]any{"__type": "InternalFailure", "message": err.Error()}
	}
	return refused.Status, map[string]any{"__type": refused.Type, "message": refused.Message}
}
