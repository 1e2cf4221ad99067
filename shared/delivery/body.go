package delivery

import (
	"fmt"
	"time"

	"github.com/zenvault/zenvault/shared/audit"
	"github.com/zenvault/zenvault/shared/ledger"
)

// maxBody is the largest message, in bytes (Standard Webhooks: keep payloads small; receivers commonly stop at this).
const maxBody = 64 << 10

// body is what a receiver gets, the same bytes on every attempt. Receivers tell repeats by the id, and order by the
// resource's sequence. Data that is too large for a message is left out, and the message says so.
func body(e ledger.Event) ([]byte, error) {
	data, err := audit.ParseFields(e.DataJSON)
	if err != nil {
		return nil, fmt.Errorf("the data of event %s: %w", e.ID, err)
	}
	message := audit.Fields{
		"id": e.ID, "type": e.Type, "timestamp": e.Time.UTC().Format(time.RFC3339Nano), "workspace": e.Workspace,
		"resource": audit.Fields{"type": e.Resource.Type, "id": e.Resource.ID}, "sequence": e.Sequence, "data": data,
	}
	if text := encode(message); len(text) <= maxBody {
		return text, nil
	}
	message["data"], message["data_omitted"] = audit.Fields{}, true
	return encode(message), nil
}
