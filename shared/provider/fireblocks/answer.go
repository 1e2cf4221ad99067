package fireblocks

import (
	"encoding/json"

	"github.com/zenvault/zenvault/shared/signing"
)

// actions are the vendor's words. On signing, a REJECT is final. A RETRY brings the same request again (20 times, 3
// minutes apart, unless the vendor was asked otherwise). IGNORE exists for approvals alone: see ConfigCodec.
var actions = map[signing.Action]string{signing.Approve: "APPROVE", signing.Reject: "REJECT", signing.Retry: "RETRY"}

// ContentType is the answer's. The vendor documents none; its own handler answers a plain text.
const ContentType = "text/plain; charset=utf-8"

// Claims are the answer to a request. There is no time in them, so that the same answer is the same bytes. The reason is
// shown to the provider's users.
func (Codec) Claims(answer signing.Answer) []byte { return claims(actions[answer.Action], answer) }

func claims(word string, answer signing.Answer) []byte {
	text, _ := json.Marshal(struct { // strings can't fail
		Action    string `json:"action"`
		RequestID string `json:"requestId"`
		Reason    string `json:"rejectionReason,omitempty"`
	}{word, answer.ExternalID, answer.Reason})
	return text
}
