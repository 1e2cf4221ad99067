package fireblocks

import (
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/zenvault/zenvault/shared/provider/codec"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/strict"
)

// KindConfig is the kind of a callback about a change of configuration.
const KindConfig = "fireblocks.config"

// ConfigCodec reads and answers callbacks about changes of a workspace's configuration at Fireblocks. No policy judges one
// yet: each is one of an unsupported kind.
type ConfigCodec struct{ Codec }

// changes are the vendor's types.
var changes = map[string]bool{
	"UNMANAGED_WALLET": true, "EXCHANGE": true, "FIAT_ACCOUNT": true, "ENABLE_ONE_TIME_ADDRESS": true,
	"ADD_NETWORK_CONNECTION": true, "SET_NETWORK_CONNECTION_ROUTING_POLICY": true, "SET_NETWORK_ID_POLICY": true,
	"POLICY_APPROVAL": true, "CHANGE_QUORUM_THRESHOLD": true, "UPDATE_APPROVAL_GROUP_MAPPING": true, "USERS_GROUP_APPROVAL": true,
	"ADD_USER": true, "RE_ENROLL_DEVICE": true,
}

// Open verifies a token and reads what kind of change it is about. It fails with signing.ErrForged, or, if it is authentic,
// with signing.ErrUnreadable.
func (ConfigCodec) Open(token []byte, keys []*rsa.PublicKey, _ time.Time) (signing.Callback, error) {
	payload, err := codec.OpenToken(token, keys)
	if err != nil {
		return signing.Callback{}, err
	}
	return readConfig(payload)
}

// change is the payload. What extraInfo says differs from type to type, and may be secrets of third parties, such as the API
// key of an exchange: nothing of it leaves this file but a hash.
type change struct {
	RequestID string          `json:"requestId"`
	Type      string          `json:"type"`
	ExtraInfo json.RawMessage `json:"extraInfo"`
}

func readConfig(payload []byte) (signing.Callback, error) {
	var c change
	if err := strict.DecodeLenient(payload, &c); err != nil {
		return signing.Callback{}, fmt.Errorf("%w: %w", signing.ErrUnreadable, unnamed(err))
	}
	switch {
	case !codec.ValidID(c.RequestID):
		return signing.Callback{}, fmt.Errorf("%w: /requestId is missing or malformed", signing.ErrUnreadable)
	case c.Type == "":
		return signing.Callback{}, fmt.Errorf("%w: /type is missing", signing.ErrUnreadable)
	}
	info, err := codec.Canonical(c.ExtraInfo)
	if err != nil {
		return signing.Callback{}, fmt.Errorf("%w: /extraInfo is no JSON", signing.ErrUnreadable)
	}
	operation := c.Type
	if !changes[c.Type] {
		operation = "unrecognised: " + codec.Cut(c.Type)
	}
	return signing.Callback{ExternalID: c.RequestID, Kind: KindConfig, Config: true, Request: signing.Request{Operation: operation},
		Digest: codec.Digest("fireblocks.config/1", c.RequestID, c.Type, string(info))}, nil
}

// Claims are the answer to a change. Beside the words for transactions there is IGNORE, which exists for approvals alone: it
// dismisses the request without denying it, and other approvers may still approve it.
func (c ConfigCodec) Claims(answer signing.Answer) []byte {
	if answer.Action == signing.Ignore {
		return claims("IGNORE", answer)
	}
	return c.Codec.Claims(answer)
}

// unnamed keeps what is wrong and not where: the place is told by names inside extraInfo, which are not ours to log.
func unnamed(err error) error {
	var refusal *strict.Error
	if errors.As(err, &refusal) {
		return errors.New("a member " + refusal.Problem)
	}
	return err
}
