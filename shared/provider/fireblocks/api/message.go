package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/zenvault/zenvault/shared/custody"
	"github.com/zenvault/zenvault/shared/provider/codec"
	"github.com/zenvault/zenvault/shared/strict"
)

// lifetime is how long a token is good: Fireblocks refuses 30 s and more.
const lifetime = 25 * time.Second

// claims are what a request's token says.
func (c *Client) claims(apiKey, path string, body []byte) ([]byte, error) {
	var nonce [16]byte
	if _, err := io.ReadFull(c.Random, nonce[:]); err != nil {
		return nil, fmt.Errorf("drawing a nonce: %w", err)
	}
	sum, now := sha256.Sum256(body), c.Now()
	return json.Marshal(struct {
		URI      string `json:"uri"`
		Nonce    string `json:"nonce"`
		IssuedAt int64  `json:"iat"`
		Expires  int64  `json:"exp"`
		Subject  string `json:"sub"`
		BodyHash string `json:"bodyHash"`
	}{path, hex.EncodeToString(nonce[:]), now.Unix(), now.Add(lifetime).Unix(), apiKey, hex.EncodeToString(sum[:])})
}

// peers are the API's words for what callbacks and policies name otherwise; all others are the same in both.
var peers = map[string]string{"VAULT": "VAULT_ACCOUNT", "EXCHANGE": "EXCHANGE_ACCOUNT"}

type peer struct {
	Type    string   `json:"type"`
	ID      string   `json:"id,omitempty"`
	OneTime *oneTime `json:"oneTimeAddress,omitempty"`
}

type oneTime struct {
	Address string `json:"address"`
	Tag     string `json:"tag,omitempty"`
}

func peerOf(p custody.Party) (peer, error) {
	if p.Type == custody.OneTime {
		return peer{Type: p.Type, OneTime: &oneTime{p.Address, p.Tag}}, nil
	}
	for _, known := range custody.PartyTypes() {
		if p.Type == known {
			word := p.Type
			if other, differs := peers[word]; differs {
				word = other
			}
			return peer{Type: word, ID: p.ID}, nil
		}
	}
	return peer{}, fmt.Errorf("no party is of the type %q", p.Type)
}

// encodeOrder writes the body of a new transaction. Amounts are texts: a JSON number loses digits on its way.
func encodeOrder(o custody.Order) ([]byte, error) {
	source, err := peerOf(o.Source)
	if err != nil {
		return nil, err
	}
	destination, err := peerOf(o.Destination)
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		Operation   string `json:"operation"`
		Asset       string `json:"assetId"`
		Amount      string `json:"amount"`
		Source      peer   `json:"source"`
		Destination peer   `json:"destination"`
		Note        string `json:"note,omitempty"`
		Ref         string `json:"externalTxId"`
	}{"TRANSFER", o.Asset, o.Amount.String(), source, destination, o.Note, o.Ref.String()})
}

// progress maps the primary statuses. What is not here is under way.
var progress = map[string]custody.Progress{
	"COMPLETED": custody.Completed, "CANCELLED": custody.Cancelled, "REJECTED": custody.Rejected, "BLOCKED": custody.Rejected,
	"FAILED": custody.Failed, "TIMEOUT": custody.Failed, // the last one is deprecated
}

// ProgressOf tells how far a transaction of this primary status has come.
func ProgressOf(status string) custody.Progress { return progress[status] }

// parseTransaction reads a transaction, of which an order's answer has the id and the status alone. Undocumented members
// come and go, and are skipped. What is no transaction is an answer that says nothing.
func parseTransaction(body []byte) (custody.Transaction, error) {
	var tx struct {
		ID         string `json:"id"`
		Ref        string `json:"externalTxId"`
		Status     string `json:"status"`
		SubStatus  string `json:"subStatus"`
		Asset      string `json:"assetId"`
		Hash       string `json:"txHash"`
		AmountInfo struct {
			Requested string `json:"requestedAmount"`
		} `json:"amountInfo"`
	}
	if err := strict.DecodeLenient(body, &tx); err != nil {
		return custody.Transaction{}, fmt.Errorf("reading Fireblocks' transaction: %w", err)
	}
	if !codec.ValidID(tx.ID) || tx.Status == "" {
		return custody.Transaction{}, errors.New("reading Fireblocks' transaction: it has no id or no status")
	}
	return custody.Transaction{
		ID: tx.ID, Ref: codec.Cut(tx.Ref), Asset: codec.Cut(tx.Asset), Amount: codec.Number(tx.AmountInfo.Requested),
		Progress: ProgressOf(tx.Status), Status: plain(tx.Status, 64), Reason: plain(tx.SubStatus, 64), Hash: plain(tx.Hash, 200),
	}, nil
}

// parseRefusal reads an answer that is no success. Only 4xx say that nothing was done. A 404 is believed when it is in
// Fireblocks' form: one of a proxy on the way would make an order that exists look as if it did not.
func parseRefusal(status int, retryAfter string, body []byte) error {
	if status < 400 || status >= 500 {
		return fmt.Errorf("the provider answered %d", status)
	}
	var problem struct {
		Message string          `json:"message"`
		Code    json.RawMessage `json:"code"` // a number in the documents, sometimes a text
	}
	readable := strict.DecodeLenient(body, &problem) == nil && problem.Message != ""
	code := plain(strings.Trim(string(problem.Code), `"`), 64)
	if code == "" {
		code = "http_" + strconv.Itoa(status)
	}
	passing := false
	switch status {
	case http.StatusNotFound:
		if !readable {
			return errors.New("the address of the provider answered 404, and not in its form")
		}
		return custody.ErrAbsent
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests, http.StatusTooEarly:
		passing = true // the key, its rights or the clock can be put right within the order's time
	case http.StatusRequestTimeout, http.StatusConflict:
		return fmt.Errorf("the provider answered %d", status)
	}
	return &custody.Refusal{Code: code, Message: plain(problem.Message, 200), Passing: passing, After: seconds(retryAfter)}
}

const maxAfter = 10 * time.Minute

// seconds reads a Retry-After of whole seconds; anything else asks for nothing.
func seconds(text string) time.Duration {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0
	}
	return min(time.Duration(n)*time.Second, maxAfter)
}

// plain keeps what can be printed of a text, up to so many bytes.
func plain(text string, longest int) string {
	text = strings.Map(func(c rune) rune {
		if !unicode.IsPrint(c) || c == unicode.ReplacementChar {
			return -1
		}
		return c
	}, text)
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "")
}
