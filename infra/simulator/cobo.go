package simulator

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Cobo is a Cobo TSS Node with a callback server.
type Cobo struct {
	key *rsa.PrivateKey

	BaseURL string         // of the callback server: the node appends the path
	Answers *rsa.PublicKey // that answers are verified with
}

// NewCobo makes a node with a fresh RSA-2048 key for its callbacks.
func NewCobo() (*Cobo, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, fmt.Errorf("making the node's key: %w", err)
	}
	return &Cobo{key: key}, nil
}

// PublicKeyPEM is the key to register for the node.
func (c *Cobo) PublicKeyPEM() string { return publicPEM(&c.key.PublicKey) }

// The types of requests that a node makes.
const (
	CoboPing    = 0
	CoboKeySign = 2
)

// CoboTask is what a callback asks about, as far as it differs from one to the next.
type CoboTask struct {
	RequestID string
	Type      int    // a number of the vendor's
	Kind      string // of the transaction, default "Withdrawal"
	Reference string // the customer's, "<workspace>:<key>"
	Token     string
	Amount    string // decimal
	Address   string // of the destination
}

// Content has the members of a documented request (the vendor's SDK, TSSCallbackRequest).
func (r CoboTask) Content() (map[string]any, error) {
	content := map[string]any{"request_id": r.RequestID, "request_type": r.Type, "request_detail": "{}", "extra_info": "{}"}
	if r.Type != CoboKeySign {
		return content, nil
	}
	kind := r.Kind
	if kind == "" {
		kind = "Withdrawal"
	}
	detail, err := json.Marshal(map[string]any{"group_id": "group-1", "root_pub_key": "xpub", "used_node_ids": []string{"node-1", "node-2"},
		"bip32_path_list": []string{"m/44/60/0/0/0"}, "msg_hash_list": []string{"0xaa"}, "signature_type": 1, "tss_protocol": 1,
		"task_id": "task-" + r.RequestID, "biz_task_id": "tx-" + r.RequestID})
	if err != nil {
		return nil, err
	}
	extra, err := json.Marshal(map[string]any{"transaction": map[string]any{
		"transaction_id": "tx-" + r.RequestID, "request_id": r.Reference, "wallet_id": "wallet-1", "type": kind, "status": "PendingSignature",
		"chain_id": r.Token, "token_id": r.Token, "source": map[string]any{"source_type": "Org-Controlled", "wallet_id": "wallet-1"},
		"destination": map[string]any{"destination_type": "Address", "account_output": map[string]any{"address": r.Address, "amount": r.Amount}},
	}})
	if err != nil {
		return nil, err
	}
	content["request_detail"], content["extra_info"] = string(detail), string(extra)
	return content, nil
}

// Sign makes the body of a callback that is good until a time.
func (c *Cobo) Sign(content map[string]any, until time.Time) ([]byte, error) {
	data, err := json.Marshal(content)
	if err != nil {
		return nil, fmt.Errorf("encoding a callback: %w", err)
	}
	claims, err := json.Marshal(map[string]any{"package_data": data, "exp": until.Unix(), "iss": "tss-node"})
	if err != nil {
		return nil, fmt.Errorf("encoding a callback: %w", err)
	}
	token, err := sign(c.key, `{"alg":"RS256","typ":"JWT"}`, claims)
	if err != nil {
		return nil, err
	}
	return append([]byte("TSS_JWT_MSG="), token...), nil
}

// Send posts a callback and reads the answer. A signed one must verify; an unsigned one has no action.
func (c *Cobo) Send(ctx context.Context, body []byte) (Answer, error) {
	answer, err := exchange(ctx, c.BaseURL+"/v2/check", "application/x-www-form-urlencoded", body)
	if err != nil || answer.Status != http.StatusOK {
		return answer, err
	}
	return answer, c.open(&answer)
}

func (c *Cobo) open(a *Answer) error {
	content, err := open(bytes.Trim(a.Body, `"`), c.Answers)
	if err != nil {
		return err
	}
	var claims struct {
		Data    []byte `json:"package_data"`
		Expires int64  `json:"exp"`
	}
	if err := json.Unmarshal(content, &claims); err != nil {
		return fmt.Errorf("the answer's claims: %w", err)
	}
	if !time.Now().Before(time.Unix(claims.Expires, 0)) {
		return fmt.Errorf("the answer has expired")
	}
	var told struct {
		RequestID string `json:"request_id"`
		Status    *int   `json:"status"`
		Action    string `json:"action"`
		Error     string `json:"error"`
	}
	if err := json.Unmarshal(claims.Data, &told); err != nil {
		return fmt.Errorf("the answer's data: %w", err)
	}
	if told.Status == nil || *told.Status != 0 {
		return fmt.Errorf("the answer says %s", claims.Data)
	}
	a.Action, a.RequestID, a.Reason = told.Action, told.RequestID, told.Error
	return nil
}
