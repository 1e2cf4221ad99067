package cobo

import (
	"context"
	"encoding/json"
	"time"

	"github.com/zenvault/zenvault/shared/provider/codec"
	"github.com/zenvault/zenvault/shared/signing"
)

// actions are the vendor's words; a sign of life has none. There is no word that brings a request back: the vendor's own
// server says with a status that is not 0 that it does not approve, so that one would be a rejection in disguise.
var actions = map[signing.Action]string{signing.Approve: "APPROVE", signing.Reject: "REJECT", signing.Alive: ""}

// ContentType is the answer's: a token as a JSON string.
const ContentType = "application/json; charset=utf-8"

// lifetime is how long an answer is good. It begins with the decision, so that the same answer is the same bytes, and is
// longer than a node asks again.
const lifetime = 30 * 24 * time.Hour

// Claims are the answer to a request. To a ping there is an answer without an action: one with APPROVE in it would be good
// for whatever request has the id that the ping was given.
func (Codec) Claims(answer signing.Answer) []byte {
	word, known := actions[answer.Action]
	if !known {
		return nil
	}
	data, _ := json.Marshal(struct { // strings and numbers can't fail
		RequestID string `json:"request_id"`
		Status    int    `json:"status"`
		Action    string `json:"action,omitempty"`
		Error     string `json:"error,omitempty"`
	}{answer.ExternalID, 0, word, answer.Reason})
	claims, _ := json.Marshal(struct {
		PackageData []byte `json:"package_data"` // written as base64
		Expires     int64  `json:"exp"`
		Issuer      string `json:"iss"`
	}{data, answer.At.Add(lifetime).Unix(), "zenvault"})
	return claims
}

// Seal signs claims as a token, in quotes. The same claims and key give the same bytes.
func (Codec) Seal(ctx context.Context, claims []byte, key signing.Signer) ([]byte, error) {
	token, err := codec.SealToken(ctx, claims, key)
	if err != nil {
		return nil, err
	}
	return append(append([]byte{'"'}, token...), '"'), nil
}
