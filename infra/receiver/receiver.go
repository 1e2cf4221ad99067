// Package receiver is a customer's side of a webhook: an HTTP server that verifies what it gets with the reference
// Standard Webhooks library and keeps it.
package receiver

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Message is a verified webhook.
type Message struct {
	ID   string
	Type string
	Body []byte
	At   time.Time
}

// Receiver is a running one.
type Receiver struct {
	URL      string
	Verified chan Message // in the order of arrival
	Refused  chan error   // what did not verify

	server *http.Server
	mu     sync.Mutex
	secret string
}

// Start listens on a free port of this machine. Set the secret before anything is delivered.
func Start() (*Receiver, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &Receiver{URL: "http://" + listener.Addr().String() + "/webhooks", Verified: make(chan Message, 1000), Refused: make(chan error, 1000)}
	r.server = &http.Server{Handler: http.HandlerFunc(r.receive), ReadHeaderTimeout: 5 * time.Second}
	go r.server.Serve(listener) // ends with Close
	return r, nil
}

// Trust makes the receiver verify with the endpoint's secret.
func (r *Receiver) Trust(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.secret = secret
}

// Close stops it.
func (r *Receiver) Close() error { return r.server.Close() }

const maxMessage = 1 << 20

func (r *Receiver) receive(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(io.LimitReader(request.Body, maxMessage))
	if err == nil {
		err = r.verify(body, request.Header)
	}
	if err != nil {
		r.Refused <- err
		http.Error(w, "not verified", http.StatusUnauthorized)
		return
	}
	var event struct {
		Type string `json:"type"`
	}
	json.Unmarshal(body, &event) // a body without a type has none
	r.Verified <- Message{request.Header.Get("webhook-id"), event.Type, body, time.Now()}
	w.WriteHeader(http.StatusNoContent)
}

func (r *Receiver) verify(body []byte, header http.Header) error {
	r.mu.Lock()
	secret := r.secret
	r.mu.Unlock()
	verifier, err := webhooks.NewWebhook(secret)
	if err != nil {
		return err
	}
	return verifier.Verify(body, header)
}
