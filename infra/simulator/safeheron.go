package simulator

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Safeheron is a Safeheron API Co-Signer, protocol version 3.
type Safeheron struct {
	key *rsa.PrivateKey

	BaseURL string         // of the approval callback service: the whole of it
	Answers *rsa.PublicKey // that answers are verified with
}

// NewSafeheron makes a co-signer with a fresh RSA-4096 key.
func NewSafeheron() (*Safeheron, error) {
	key, err := rsa.GenerateKey(rand.Reader, 4096)
	if err != nil {
		return nil, fmt.Errorf("making the co-signer's key: %w", err)
	}
	return &Safeheron{key: key}, nil
}

// PublicKeyPEM is the key to register for the co-signer.
func (s *Safeheron) PublicKeyPEM() string { return publicPEM(&s.key.PublicKey) }

// SafeheronTask is what a callback asks about, as far as it differs from one to the next.
type SafeheronTask struct {
	ApprovalID string
	Type       string // default "TRANSACTION"
	Reference  string // the customer's, "<workspace>:<key>"
	Coin       string
	Amount     string // decimal
	Address    string // of the destination, whitelisted
}

// Content has the members of a documented request (the vendor's SDKs, TransactionApproval).
func (t SafeheronTask) Content() map[string]any {
	kind := t.Type
	if kind == "" {
		kind = "TRANSACTION"
	}
	return map[string]any{"approvalId": t.ApprovalID, "type": kind, "detail": map[string]any{
		"txKey": "tx-" + t.ApprovalID, "coinKey": t.Coin, "txAmount": t.Amount, "transactionType": "NORMAL", "customerRefId": t.Reference,
		"sourceAccountKey": "account-1", "sourceAccountType": "VAULT_ACCOUNT",
		"destinationAccountKey": "white-1", "destinationAccountType": "WHITELISTING_ACCOUNT", "destinationAddress": t.Address,
		"transactionStatus": "SIGNING", "createTime": json.Number("1700000000000"), "note": "",
	}}
}

// salt is the length of the salts on both sides.
var salt = &rsa.PSSOptions{SaltLength: 32}

// Sign makes the body of a callback that is sent at a time. Its salt is drawn: two of the same content differ.
func (s *Safeheron) Sign(content map[string]any, at time.Time) ([]byte, error) {
	raw, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("encoding a callback: %w", err)
	}
	biz, sent := base64.StdEncoding.EncodeToString(raw), strconv.FormatInt(at.UnixMilli(), 10)
	sum := sha256.Sum256([]byte("bizContent=" + biz + "&timestamp=" + sent + "&version=v3"))
	signature, err := rsa.SignPSS(rand.Reader, s.key, crypto.SHA256, sum[:], salt)
	if err != nil {
		return nil, fmt.Errorf("signing a callback: %w", err)
	}
	return json.Marshal(map[string]string{"timestamp": sent, "version": "v3", "bizContent": biz, "sig": base64.StdEncoding.EncodeToString(signature)})
}

// Send posts a callback and reads the answer. A signed one must verify; an unsigned one has no action.
func (s *Safeheron) Send(ctx context.Context, body []byte) (Answer, error) {
	answer, err := exchange(ctx, s.BaseURL, "application/json", body)
	if err != nil || answer.Status != http.StatusOK {
		return answer, err
	}
	return answer, s.open(&answer)
}

func (s *Safeheron) open(a *Answer) error {
	var told struct{ Timestamp, Code, Version, Message, BizContent, Sig string }
	d := json.NewDecoder(bytes.NewReader(a.Body))
	d.DisallowUnknownFields()
	if err := d.Decode(&told); err != nil {
		return fmt.Errorf("the answer: %w", err)
	}
	signature, err := base64.StdEncoding.Strict().DecodeString(told.Sig)
	if err != nil {
		return fmt.Errorf("the answer's signature: %w", err)
	}
	sum := sha256.Sum256([]byte("bizContent=" + told.BizContent + "&code=" + told.Code + "&message=" + told.Message +
		"&timestamp=" + told.Timestamp + "&version=" + told.Version))
	if err := rsa.VerifyPSS(s.Answers, crypto.SHA256, sum[:], signature, salt); err != nil {
		return fmt.Errorf("the answer's signature: %w", err)
	}
	content, err := base64.StdEncoding.Strict().DecodeString(told.BizContent)
	if err != nil {
		return fmt.Errorf("the answer's content: %w", err)
	}
	var biz struct{ Action, ApprovalID string }
	if err := json.Unmarshal(content, &biz); err != nil {
		return fmt.Errorf("the answer's content: %w", err)
	}
	if told.Code != "200" || told.Version != "v3" {
		return fmt.Errorf("the answer has the code %q and the version %q", told.Code, told.Version)
	}
	a.Action, a.RequestID = biz.Action, biz.ApprovalID
	return nil
}
