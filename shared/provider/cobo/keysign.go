package cobo

import (
	"strconv"

	"github.com/zenvault/zenvault/shared/provider/codec"
	"github.com/zenvault/zenvault/shared/signing"
	"github.com/zenvault/zenvault/shared/strict"
	"github.com/zenvault/zenvault/shared/tenant"
)

// detail is what would be signed, and with which key (TSSKeySignRequest). The nodes that take part are left out: they may
// differ between two sendings.
type detail struct {
	GroupID       string   `json:"group_id"`
	RootPubKey    string   `json:"root_pub_key"`
	Paths         []string `json:"bip32_path_list"`
	Hashes        []string `json:"msg_hash_list"`
	Tweaks        []string `json:"tweak_list"`
	SignatureType int64    `json:"signature_type"`
	Protocol      int64    `json:"tss_protocol"`
	BizTaskID     string   `json:"biz_task_id"` // the transaction's id
}

// extra is what the hashes are said to be of (TSSKeySignExtra).
type extra struct {
	Transaction *transaction `json:"transaction"`
}

// readKeySign reads a request to sign. Hashes say nothing: without a transaction beside them whose amount and destination
// are all that it does, there is nothing that a policy could judge.
func readKeySign(c signing.Callback, r request) (signing.Callback, error) {
	var d detail
	var e extra
	for _, part := range []struct {
		text string
		into any
	}{{r.RequestDetail, &d}, {r.ExtraInfo, &e}} {
		if part.text == "" {
			continue
		}
		if err := strict.DecodeLenient([]byte(part.text), part.into); err != nil {
			return signing.Callback{}, unreadable(err)
		}
	}
	c.TxID = codec.Cut(d.BizTaskID)
	tx := e.Transaction
	if tx == nil {
		c.Digest = d.digest(r)
		return c, nil
	}
	c.TxID, c.RefText = codec.Cut(tx.TransactionID), codec.Cut(tx.RequestID)
	c.Ref, _ = tenant.ParseRef(tx.RequestID) // any other text is no reference of ours
	c.Supported = tx.Type == "Withdrawal" && transfers[tx.Destination.Type]
	c.Request = tx.request()
	c.Inconsistent = tx.inconsistent(d)
	if !c.Supported {
		c.Digest = d.digest(r)
		return c, nil
	}
	c.Digest = d.digest(r, tx.texts()...)
	return c, nil
}

// digest is over what would be signed, and what a decision depends on. Where that is not known to be all, it is over the
// whole of what was sent.
func (d detail) digest(r request, decided ...string) string {
	texts := []string{"cobo.keysign/1", r.RequestID, d.GroupID, d.RootPubKey, codec.List(d.Paths), codec.List(d.Hashes), codec.List(d.Tweaks),
		strconv.FormatInt(d.SignatureType, 10), strconv.FormatInt(d.Protocol, 10), d.BizTaskID}
	if decided == nil {
		decided = []string{r.RequestDetail, r.ExtraInfo}
	}
	return codec.Digest(append(texts, decided...)...)
}
