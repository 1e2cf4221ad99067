package simulator

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// answer does what a believed call asks for.
func (a *API) answer(r *http.Request, operation, name string, body []byte) (int, any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	account, err := a.believe(r, body)
	if err != nil {
		a.refused = append(a.refused, err.Error())
		return 401, problem{"Unauthorized: " + err.Error(), -7}
	}
	switch operation {
	case OpSubmit:
		return a.submit(account, body)
	case OpFind:
		return tellOrder(account.byRef[name], account)
	case OpStatus:
		return tellOrder(a.made[name], account)
	case OpCancel:
		return cancel(a.made[name], account)
	}
	return 404, problem{"Not found", 1000}
}

// believe checks a call's token as the documents say: the key of the named account, the path, the body's hash, a nonce
// that was never seen, and less than 30 s of life.
func (a *API) believe(r *http.Request, body []byte) (*account, error) {
	account := a.accounts[r.Header.Get("X-API-Key")]
	if account == nil {
		return nil, errors.New("no such API key")
	}
	token, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		return nil, errors.New("no token")
	}
	a.tokens = append(a.tokens, token)
	content, err := open([]byte(token), account.key)
	if err != nil {
		return nil, err
	}
	var claims struct {
		URI      string `json:"uri"`
		Nonce    string `json:"nonce"`
		IssuedAt int64  `json:"iat"`
		Expires  int64  `json:"exp"`
		Subject  string `json:"sub"`
		BodyHash string `json:"bodyHash"`
	}
	if err := json.Unmarshal(content, &claims); err != nil {
		return nil, fmt.Errorf("the claims: %w", err)
	}
	sum, now := sha256.Sum256(body), a.Now()
	switch {
	case claims.URI != r.RequestURI:
		return nil, fmt.Errorf("the token is for %q", claims.URI)
	case claims.Subject != r.Header.Get("X-API-Key"):
		return nil, errors.New("the token is of another key")
	case claims.BodyHash != hex.EncodeToString(sum[:]):
		return nil, errors.New("the token is for another body")
	case claims.Expires-claims.IssuedAt >= 30, claims.IssuedAt > now.Add(5*time.Second).Unix(), claims.Expires <= now.Unix():
		return nil, errors.New("the token is out of its time")
	case claims.Nonce == "" || account.nonces[claims.Nonce]:
		return nil, errors.New("the nonce was used")
	}
	account.nonces[claims.Nonce] = true
	return account, nil
}

type end struct {
	Type    string `json:"type"`
	ID      string `json:"id"`
	OneTime struct {
		Address string `json:"address"`
		Tag     string `json:"tag"`
	} `json:"oneTimeAddress"`
}

// submit makes a transaction. A second one of an external id is refused, with 400 ("API Idempotency").
func (a *API) submit(account *account, body []byte) (int, any) {
	var asked struct {
		Operation    string `json:"operation"`
		AssetID      string `json:"assetId"`
		Amount       string `json:"amount"`
		Source       end    `json:"source"`
		Destination  end    `json:"destination"`
		Note         string `json:"note"`
		ExternalTxID string `json:"externalTxId"`
	}
	if err := json.Unmarshal(body, &asked); err != nil || asked.Operation != "TRANSFER" || asked.AssetID == "" || asked.Amount == "" {
		return 400, problem{"Malformed transaction", 1400}
	}
	if asked.ExternalTxID != "" && account.byRef[asked.ExternalTxID] != nil {
		return 400, problem{"The external transaction id was used before", 1438}
	}
	o := &Order{ID: strings.ToLower(rand.Text()), Ref: asked.ExternalTxID, Asset: asked.AssetID, Amount: asked.Amount, Note: asked.Note,
		SourceType: callbackWord(asked.Source.Type), SourceID: asked.Source.ID,
		DestinationType: callbackWord(asked.Destination.Type), DestID: asked.Destination.ID,
		Address: asked.Destination.OneTime.Address, Tag: asked.Destination.OneTime.Tag,
		Status: "SUBMITTED", ahead: append([]string{}, a.script...), account: account}
	a.made[o.ID], account.byRef[o.Ref], a.order = o, o, append(a.order, o)
	if account.cosigner != nil {
		a.asked.Go(func() { a.ask(account.cosigner, o) })
	}
	return 200, map[string]string{"id": o.ID, "status": "SUBMITTED"}
}

// callbackWord is how the co-signer names what the API names otherwise.
func callbackWord(word string) string {
	switch word {
	case "VAULT_ACCOUNT":
		return "VAULT"
	case "EXCHANGE_ACCOUNT":
		return "EXCHANGE"
	}
	return word
}

// patience is over one question to the co-signer's callback handler.
const patience = 10 * time.Second

// ask goes the way of a transaction: the co-signer asks for approval, then for the signature, and what it is answered
// decides what becomes of the transaction.
func (a *API) ask(by *Fireblocks, o *Order) {
	for _, signing := range []bool{false, true} {
		a.mu.Lock()
		payload := o.payload(signing)
		if o.Status = "PENDING_AUTHORIZATION"; signing {
			o.Status = "PENDING_SIGNATURE"
		}
		a.mu.Unlock()
		answer, err := a.callBack(by, payload)
		a.mu.Lock()
		o.Approvals = append(o.Approvals, answer)
		if err != nil || answer.Action != "APPROVE" {
			if o.Status = "REJECTED"; err != nil {
				o.Status, o.SubStatus = "FAILED", "SIGNING_ERROR"
			}
			a.mu.Unlock()
			return
		}
		a.mu.Unlock()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if o.Status = "COMPLETED"; len(o.ahead) > 0 {
		o.Status = "BROADCASTING"
	}
}

func (a *API) callBack(by *Fireblocks, payload map[string]any) (Answer, error) {
	ctx, done := context.WithTimeout(context.Background(), patience)
	defer done()
	token, err := by.Sign(payload)
	if err != nil {
		return Answer{}, err
	}
	return by.Send(ctx, token)
}

// payload is what the co-signer's callback says of a transaction.
func (o *Order) payload(signing bool) map[string]any {
	address, addressType := o.Address, "ONE_TIME"
	if o.DestID != "" { // the provider knows its address, the order does not say it
		address, addressType = "0x5dC69B1Fbb13Bafd09af88a782F0F285772Ad5f8", "WHITELISTED"
	}
	t := Transaction{RequestID: o.ID, Reference: o.Ref, Asset: o.Asset, Amount: o.Amount, Address: address, Signing: signing}
	payload := t.Payload()
	payload["sourceType"], payload["sourceId"], payload["note"] = o.SourceType, o.SourceID, o.Note
	payload["destType"], payload["destId"], payload["destAddressType"], payload["destTag"] = o.DestinationType, o.DestID, addressType, o.Tag
	to := payload["destinations"].([]map[string]any)[0]
	to["dstType"], to["dstId"], to["dstAddressType"], to["dstTag"] = o.DestinationType, o.DestID, addressType, o.Tag
	return payload
}

// tellOrder is what a question is answered, with the next status of the script.
func tellOrder(o *Order, by *account) (int, any) {
	if o == nil || o.account != by {
		return 404, problem{"Transaction not found", 1404}
	}
	if len(o.ahead) > 0 && (o.account.cosigner == nil || o.Status == "BROADCASTING" || len(o.Approvals) == 2) {
		o.Status, o.ahead = o.ahead[0], o.ahead[1:]
	}
	return 200, map[string]any{"id": o.ID, "externalTxId": o.Ref, "status": o.Status, "subStatus": o.SubStatus, "assetId": o.Asset,
		"amount": json.Number(o.Amount), "amountInfo": map[string]string{"amount": o.Amount, "requestedAmount": o.Amount}, "txHash": "0x" + o.ID,
		"operation": "TRANSFER", "createdAt": 1700000000000, "source": map[string]string{"type": o.SourceType, "id": o.SourceID}}
}

// cancel grants it up to the broadcast.
func cancel(o *Order, by *account) (int, any) {
	switch {
	case o == nil || o.account != by:
		return 404, problem{"Transaction not found", 1404}
	case o.Status == "BROADCASTING", o.Status == "CONFIRMING", o.Status == "COMPLETED", o.Status == "FAILED", o.Status == "REJECTED", o.Status == "BLOCKED":
		return 400, problem{"The transaction can't be cancelled any more", 1409}
	}
	o.Status, o.SubStatus, o.ahead = "CANCELLED", "CANCELLED_BY_USER_REQUEST", nil
	return 200, map[string]bool{"success": true}
}
