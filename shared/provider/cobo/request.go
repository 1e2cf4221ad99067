package cobo

import (
	"errors"
	"strconv"

	"github.com/zenvault/zenvault/shared/provider/codec"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/strict"
)

// The kinds of callbacks, by the request_type.
const (
	KindKeyGen       = "cobo.keygen"
	KindKeySign      = "cobo.keysign"
	KindReshare      = "cobo.reshare"
	KindKeyShareSign = "cobo.key_share_sign"
	KindOther        = "cobo.other"

	kindPing = "cobo.ping"
)

const (
	ping    = 0
	keySign = 2
)

// kinds are the vendor's types, and their names there. There is no 4.
var kinds = map[int64]struct{ kind, operation string }{
	ping: {kindPing, "PING"}, 1: {KindKeyGen, "KEYGEN"}, keySign: {KindKeySign, "KEYSIGN"}, 3: {KindReshare, "KEYRESHARE"},
	5: {KindKeyShareSign, "KEYSHARESIGN"},
}

// request is what package_data says. Unknown members are skipped.
type request struct {
	RequestID     string `json:"request_id"`
	RequestType   *int64 `json:"request_type"`
	RequestDetail string `json:"request_detail"` // JSON
	ExtraInfo     string `json:"extra_info"`     // JSON
}

// read fails with signing.ErrUnreadable. What the node is allowed it does at once: every kind is one whose approval releases
// a signature, or more.
func read(raw []byte) (signing.Callback, error) {
	var r request
	if err := strict.DecodeLenient(raw, &r); err != nil {
		return signing.Callback{}, unreadable(err)
	}
	if r.RequestType == nil {
		return signing.Callback{}, unreadable(errors.New("/request_type is missing"))
	}
	isPing := *r.RequestType == ping
	if !codec.ValidID(r.RequestID) && !(isPing && r.RequestID == "") {
		return signing.Callback{}, unreadable(errors.New("/request_id is missing or malformed"))
	}
	is, known := kinds[*r.RequestType]
	if !known {
		is.kind, is.operation = KindOther, "REQUEST_TYPE_"+strconv.FormatInt(*r.RequestType, 10)
	}
	c := signing.Callback{ExternalID: r.RequestID, Kind: is.kind, Signing: !isPing, Ping: isPing, Request: signing.Request{Operation: is.operation}}
	if *r.RequestType == keySign {
		return readKeySign(c, r)
	}
	c.Digest = codec.Digest("cobo.other/1", strconv.FormatInt(*r.RequestType, 10), r.RequestID, r.RequestDetail, r.ExtraInfo)
	return c, nil
}
