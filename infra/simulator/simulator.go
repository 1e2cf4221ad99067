// Package simulator plays a custody provider: it has a key pair of its own, signs callbacks as the provider's co-signer
// does, sends them over HTTP, and reads the signed answers.
package simulator

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
)

// Fireblocks is a Fireblocks API Co-Signer.
type Fireblocks struct {
	key *rsa.PrivateKey

	BaseURL string         // of the callback handler: the co-signer appends the path
	Answers *rsa.PublicKey // that answers are verified with
}

// NewFireblocks makes a co-signer with a fresh RSA-2048 key.
func NewFireblocks() (*Fireblocks, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("making the co-signer's key: %w", err)
	}
	return &Fireblocks{key: key}, nil
}

// PublicKeyPEM is the key to register for the co-signer.
func (f *Fireblocks) PublicKeyPEM() string { return publicPEM(&f.key.PublicKey) }

func publicPEM(key *rsa.PublicKey) string {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		panic("simulator: encoding a fresh RSA key: " + err.Error())
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// Transaction is what a callback asks about, as far as it differs from one to the next.
type Transaction struct {
	RequestID string
	Reference string // the customer's, "<workspace>:<key>"
	Operation string // default "TRANSFER"
	Asset     string
	Amount    string // decimal
	Address   string // of the destination, whitelisted
	Signing   bool   // the second stage, with the raw transaction
}

// Payload has the members of a documented request (developers.fireblocks.com, "Create API Co-signer Callback Handler").
func (t Transaction) Payload() map[string]any {
	operation := t.Operation
	if operation == "" {
		operation = "TRANSFER"
	}
	payload := map[string]any{
		"txId": t.RequestID, "requestId": t.RequestID, "externalTxId": t.Reference, "operation": operation,
		"sourceType": "VAULT", "sourceId": "0", "destType": "EXTERNAL_WALLET", "destId": "b5ee9e5b-7d3f-4e2c-9a50-3c5a4c9a7e11",
		"asset": t.Asset, "amount": json.Number(t.Amount), "amountStr": t.Amount, "requestedAmount": json.Number(t.Amount),
		"requestedAmountStr": t.Amount, "destAddressType": "WHITELISTED", "destAddress": t.Address, "note": "",
		"destinations": []map[string]any{{
			"amountNative": json.Number(t.Amount), "amountNativeStr": t.Amount, "amountUSD": json.Number("1"),
			"dstAddress": t.Address, "dstAddressType": "WHITELISTED", "dstId": "b5ee9e5b-7d3f-4e2c-9a50-3c5a4c9a7e11",
			"dstType": "EXTERNAL_WALLET", "displayDstAddress": t.Address, "action": "ALLOW",
		}},
	}
	if t.Signing {
		payload["fee"] = "0.000105"
		payload["players"] = []string{"21926ecc-4a8a-4614-bbac-7c591aa7efdd"}
	}
	return payload
}

// Sign makes the token of a callback: a compact JWS, RS256, with the co-signer's fixed header.
func (f *Fireblocks) Sign(payload map[string]any) ([]byte, error) {
	content, err := json.Marshal(payload)
	if err != nil {
		return nil, fmt.Errorf("encoding a callback: %w", err)
	}
	return sign(f.key, `{"typ":"JWT","alg":"RS256"}`, content)
}

// Answer is what came back.
type Answer struct {
	Status int
	Body   []byte // as received
	Action string // APPROVE, REJECT or RETRY; "" if the answer is not signed
	Reason string

	RequestID string
}

// String is the decision, and why.
func (a Answer) String() string { return fmt.Sprintf("%d %s %q", a.Status, a.Action, a.Reason) }

// maxAnswer is far above any answer, in bytes.
const maxAnswer = 64 << 10

// Send posts a token and reads the answer. A signed one must verify; an unsigned one has no action.
func (f *Fireblocks) Send(ctx context.Context, token []byte) (Answer, error) {
	answer, err := exchange(ctx, f.BaseURL+"/v2/tx_sign_request", "", token)
	if err != nil || answer.Status != http.StatusOK {
		return answer, err
	}
	return answer, f.open(&answer)
}

// SendConfig is Send for a callback about a change of configuration.
func (f *Fireblocks) SendConfig(ctx context.Context, token []byte) (Answer, error) {
	answer, err := exchange(ctx, f.BaseURL+"/v2/config_change_sign_request", "", token)
	if err != nil || answer.Status != http.StatusOK {
		return answer, err
	}
	return answer, f.open(&answer)
}

// exchange posts a body and reads what comes back, whatever it is. Without a content type none is sent.
func exchange(ctx context.Context, url, contentType string, body []byte) (Answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return Answer{}, fmt.Errorf("sending a callback: %w", err)
	}
	defer response.Body.Close()
	told, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return Answer{}, fmt.Errorf("reading the answer: %w", err)
	}
	return Answer{Status: response.StatusCode, Body: told}, nil
}

func (f *Fireblocks) open(a *Answer) error {
	content, err := open(a.Body, f.Answers)
	if err != nil {
		return err
	}
	var claims struct{ Action, RequestID, RejectionReason string }
	if err := json.Unmarshal(content, &claims); err != nil {
		return fmt.Errorf("the answer's claims: %w", err)
	}
	a.Action, a.RequestID, a.Reason = claims.Action, claims.RequestID, claims.RejectionReason
	return nil
}
