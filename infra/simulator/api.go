package simulator

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// API is Fireblocks' REST API: an HTTP server that checks each call's token, makes at most one transaction for each
// external id of an account, and lets tests put trouble in its way.
type API struct {
	URL string // the base URL, without "/v1"
	Now func() time.Time

	server *http.Server
	asked  sync.WaitGroup // co-signers that are being asked

	mu       sync.Mutex
	accounts map[string]*account
	made     map[string]*Order   // by the provider's id
	order    []*Order            // in the order of their making
	script   []string            // statuses that each new transaction goes through, one at each question
	trouble  map[string][]Effect // by the operation
	calls    map[string]int      // by the operation, refused ones too
	refused  []string            // why calls were not believed
	tokens   []string            // that calls came with
}

// account is an API user of a workspace at the provider.
type account struct {
	key      *rsa.PublicKey
	nonces   map[string]bool
	byRef    map[string]*Order
	cosigner *Fireblocks // asked about each transaction, if there is one
}

// Order is a transaction as it was ordered, and how far it has come.
type Order struct {
	ID, Ref, Asset, Amount, Note string
	SourceType, SourceID         string
	DestinationType, DestID      string
	Address, Tag                 string
	Status, SubStatus            string
	Approvals                    []Answer // what the co-signer was answered, in order
	ahead                        []string // statuses that are still to come
	account                      *account
}

// The operations of the API that zenvault uses.
const (
	OpSubmit = "submit"
	OpFind   = "find"
	OpStatus = "status"
	OpCancel = "cancel"
)

// Effect is a kind of trouble.
type Effect struct {
	Kind string        // of those below
	Hold chan struct{} // of Late: the call goes on when it is closed
	Seen chan struct{} // of Late: closed when the call has come; may be nil
}

// The kinds of trouble.
const (
	LostRequest = "lost request" // the connection breaks before anything is done
	LostReply   = "lost reply"   // the connection breaks after all was done
	TooMany     = "429"          // nothing is done
	Broken      = "500"          // nothing is done
	BrokenAfter = "500 after"    // all is done, and the answer says that something went wrong
	Invalid     = "400"          // nothing is done
	Late        = "late"         // the call waits before anything is done
	Elsewhere   = "404"          // an answer of something that is not the provider
	Garbage     = "garbage"      // all is done, and the answer is nothing that the provider would say
)

// StartAPI listens on an address of this machine; "" is a free port.
func StartAPI(address string) (*API, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("starting the simulator of the provider's API: %w", err)
	}
	a := &API{URL: "http://" + listener.Addr().String(), Now: time.Now, accounts: map[string]*account{}, made: map[string]*Order{},
		trouble: map[string][]Effect{}, calls: map[string]int{}}
	a.server = &http.Server{Handler: http.HandlerFunc(a.serve), ReadHeaderTimeout: 5 * time.Second}
	go a.server.Serve(listener) // ends with Close
	return a, nil
}

// Close stops it, after the co-signers that are being asked are answered.
func (a *API) Close() error {
	a.asked.Wait()
	return a.server.Close()
}

// Admit makes an API user known. A co-signer, if there is one, is asked about each of its transactions.
func (a *API) Admit(apiKey string, key *rsa.PublicKey, cosigner *Fireblocks) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.accounts[apiKey] = &account{key: key, nonces: map[string]bool{}, byRef: map[string]*Order{}, cosigner: cosigner}
}

// Trouble puts something in the way of the next calls of an operation, one each.
func (a *API) Trouble(operation string, effects ...Effect) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.trouble[operation] = append(a.trouble[operation], effects...)
}

// Calm takes away all trouble that nobody has met yet.
func (a *API) Calm() {
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.trouble)
}

// Script sets the statuses that transactions made from now on go through, one with each question about them. Without a
// script a transaction that no co-signer is asked about stays SUBMITTED.
func (a *API) Script(statuses ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.script = statuses
}

// Move sets the status of a transaction.
func (a *API) Move(txID, status, subStatus string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if o := a.made[txID]; o != nil {
		o.Status, o.SubStatus, o.ahead = status, subStatus, nil
	}
}

// Settled waits until all co-signers that are being asked have been answered.
func (a *API) Settled() { a.asked.Wait() }

// Plant makes a transaction past whoever calls, as somebody in the provider's console can.
func (a *API) Plant(apiKey, ref, asset, amount string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	o := &Order{ID: strings.ToLower(rand.Text()), Ref: ref, Asset: asset, Amount: amount, Status: "SUBMITTED", account: a.accounts[apiKey]}
	a.made[o.ID], o.account.byRef[ref], a.order = o, o, append(a.order, o)
}

// Orders are the transactions of a reference, in the order of their making: more than one would be a second payment.
func (a *API) Orders(ref string) (all []Order) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, o := range a.order {
		if o.Ref == ref {
			all = append(all, *o)
		}
	}
	return all
}

// Calls is how often an operation was called, refused calls and lost ones too.
func (a *API) Calls(operation string) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.calls[operation]
}

// Tokens are what calls came with.
func (a *API) Tokens() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string{}, a.tokens...)
}

// Refused says why calls were not believed.
func (a *API) Refused() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]string{}, a.refused...)
}

const maxOrder = 64 << 10

// serve answers one call.
func (a *API) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxOrder))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	operation, name := operationOf(r)
	effect := a.take(operation)
	if effect.Kind == Late {
		if effect.Seen != nil {
			close(effect.Seen)
		}
		<-effect.Hold
	}
	switch effect.Kind {
	case LostRequest:
		panic(http.ErrAbortHandler)
	case TooMany:
		w.Header().Set("Retry-After", "7")
		tell(w, 429, problem{"Too many requests", 429})
		return
	case Broken:
		tell(w, 500, problem{"Internal error", 500})
		return
	case Invalid:
		tell(w, 400, problem{"The asset is not supported", 1503})
		return
	case Elsewhere:
		w.WriteHeader(404)
		return
	}
	status, answer := a.answer(r, operation, name, body)
	switch effect.Kind {
	case LostReply:
		panic(http.ErrAbortHandler)
	case BrokenAfter:
		status, answer = 500, problem{"Internal error", 500}
	case Garbage:
		status, answer = 200, []string{"what is this?"}
	}
	tell(w, status, answer)
}

func (a *API) take(operation string) (effect Effect) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls[operation]++
	if queue := a.trouble[operation]; len(queue) > 0 {
		effect, a.trouble[operation] = queue[0], queue[1:]
	}
	return effect
}

// operationOf reads method and path as sent, undecoded.
func operationOf(r *http.Request) (operation, name string) {
	path := strings.TrimPrefix(r.URL.EscapedPath(), "/v1/transactions")
	parts := strings.Split(path, "/")
	decoded := func(part string) string {
		text, err := url.PathUnescape(part)
		if err != nil {
			return ""
		}
		return text
	}
	switch {
	case r.Method == http.MethodPost && path == "":
		return OpSubmit, ""
	case r.Method == http.MethodGet && len(parts) == 3 && parts[1] == "external_tx_id":
		return OpFind, decoded(parts[2])
	case r.Method == http.MethodGet && len(parts) == 2:
		return OpStatus, decoded(parts[1])
	case r.Method == http.MethodPost && len(parts) == 3 && parts[2] == "cancel":
		return OpCancel, decoded(parts[1])
	}
	return "", ""
}

// problem is Fireblocks' form of an error.
type problem struct {
	Message string `json:"message"`
	Code    int    `json:"code"`
}

func tell(w http.ResponseWriter, status int, answer any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(answer) // a client that is gone hears nothing
}
