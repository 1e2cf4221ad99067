package api_test

import (
	"errors"
	"testing"
	"unicode/utf8"

	"github.com/zenvault/zenvault/shared/custody"
	"github.com/zenvault/zenvault/shared/provider/codec"
	"github.com/zenvault/zenvault/shared/provider/fireblocks/api"
)

// Whatever the provider answers, a transaction that is read has an id that can be asked for and texts within their bounds,
// and what can't be read is an error that leaves everything open.
func FuzzTransaction(f *testing.F) {
	for _, seed := range []string{
		`{"id":"c8b8a2c4-1b7e-4b0d-9a0e-1f2a3b4c5d6e","status":"SUBMITTED","systemMessages":null}`,
		`{"id":"tx","externalTxId":"ws_eucentral1_01jd0000000000000000000001:a","status":"COMPLETED","subStatus":"CONFIRMED","assetId":"ETH","amount":0.25,"amountInfo":{"amount":"0.25","requestedAmount":"0.25","netAmount":"0.25","amountUSD":null},"txHash":"0xab"}`,
		`{"id":"tx","status":"A","amountInfo":{"requestedAmount":"1e3"}}`, `{"id":"","status":"COMPLETED"}`, `{"id":"a b","status":"COMPLETED"}`,
		`{"id":"tx","id":"ty","status":"COMPLETED"}`, `{"id":"tx","status":"COMPLETED","status":"FAILED"}`, `{"id":1}`, `[]`, `null`, ``, `{"id":"tx","status":"\u202e\u0000"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		tx, err := api.ParseTransaction(body)
		if err != nil {
			if tx != (custody.Transaction{}) || errors.Is(err, custody.ErrAbsent) {
				t.Fatalf("an error and %+v", tx)
			}
			return
		}
		if !codec.ValidID(tx.ID) || len(tx.Status) > 64 || len(tx.Reason) > 64 || len(tx.Hash) > 200 || len(tx.Ref) > 200 || len(tx.Asset) > 200 ||
			!utf8.ValidString(tx.Status+tx.Reason+tx.Hash+tx.Ref+tx.Asset) {
			t.Fatalf("read as %+v", tx)
		}
	})
}

// Whatever comes instead of a success is a refusal only if it is a 4xx, and "absent" only if the provider says so.
func FuzzRefusal(f *testing.F) {
	for _, seed := range []struct {
		status      int
		after, body string
	}{
		{404, "", `{"message":"Not found","code":1404}`}, {404, "", `<html>`}, {400, "", `{"message":"The asset is not supported","code":1503}`}, {429, "7", `{}`},
		{503, "99999999999999999999", ``}, {302, "", ``}, {401, "", `{"message":"Unauthorized","code":-7}`}, {400, "-1", `{"code":"1","message":"\u0000"}`}, {409, "", `null`},
	} {
		f.Add(seed.status, seed.after, []byte(seed.body))
	}
	f.Fuzz(func(t *testing.T, status int, after string, body []byte) {
		err := api.ParseRefusal(status, after, body)
		var refusal *custody.Refusal
		switch {
		case err == nil:
			t.Fatal("no error")
		case errors.Is(err, custody.ErrAbsent) && (status != 404 || len(body) < len(`{"message":"x"}`)):
			t.Fatalf("%d %q passes for absent", status, body)
		case errors.As(err, &refusal) && (status < 400 || status > 499 || len(refusal.Message) > 200 || len(refusal.Code) > 64 || refusal.Code == "" || refusal.After < 0):
			t.Fatalf("%d %q reads as %+v", status, body, refusal)
		}
	})
}
