package safeheron

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/zenvault/zenvault/shared/signing"
)

// actions are the vendor's words. There is none that brings a task back: what was not decided gets no signed answer, and the
// co-signer asks again.
var actions = map[signing.Action]string{signing.Approve: "APPROVE", signing.Reject: "REJECT"}

// ContentType is the answer's.
const ContentType = "application/json"

// Claims are the text that an answer signs: its members in alphabetical order. Its time is that of the decision, so that the
// same answer is the same bytes. The vendor's models have no member for a reason.
func (Codec) Claims(answer signing.Answer) []byte {
	word, known := actions[answer.Action]
	if !known {
		return nil
	}
	biz, _ := json.Marshal(struct { // strings can't fail
		Action     string `json:"action"`
		ApprovalID string `json:"approvalId"`
	}{word, answer.ExternalID})
	return []byte("bizContent=" + base64.StdEncoding.EncodeToString(biz) + "&code=200&message=SUCCESS&timestamp=" +
		strconv.FormatInt(answer.At.UnixMilli(), 10) + "&version=" + version)
}

// Seal signs claims and puts them into the form of an answer. The same claims and key give the same bytes: the key's salt
// follows from what it signs.
func (Codec) Seal(ctx context.Context, claims []byte, key signing.Signer) ([]byte, error) {
	signature, err := key.Sign(ctx, claims)
	if err != nil {
		return nil, err
	}
	told := map[string]string{}
	for _, member := range strings.Split(string(claims), "&") {
		name, value, found := strings.Cut(member, "=")
		if !found {
			return nil, errors.New("safeheron: these are no claims")
		}
		told[name] = value
	}
	told["sig"] = base64.StdEncoding.EncodeToString(signature)
	return json.Marshal(told)
}
