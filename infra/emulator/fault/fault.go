// Package fault makes calls of the emulated services go wrong on purpose: lost on the way there or back, refused, slow.
package fault

import (
	"context"
	"errors"
	"sync"
)

// ErrCut is an Act's error when the connection is to be cut without an answer.
var ErrCut = errors.New("the connection is cut")

// Call is one request.
type Call struct {
	// Operation is the whole X-Amz-Target, such as "DynamoDB_20120810.TransactWriteItems"; of SES, "SESv2.SendEmail".
	Operation string
	Body      []byte
}

// Act runs a call and returns its answer.
type Act func(ctx context.Context) (any, error)

// Effect is what happens to a call in place of act, which it may run or not.
type Effect func(ctx context.Context, call Call, act Act) (any, error)

// Rule says which calls an effect hits.
type Rule struct {
	// Operation is the whole X-Amz-Target; empty is any.
	Operation string
	// Match narrows the rule by the call's content; nil is any. It must not call the Hooks.
	Match func(Call) bool
	// Skip is how many matching calls pass before the first hit, and Count how many are hit then; 0 is all that follow.
	Skip, Count int
	// Effect must not be nil.
	Effect Effect
}

// Hooks are the rules of one emulator. They are safe for concurrent use; the zero value has no rules.
type Hooks struct {
	mu    sync.Mutex
	armed []*Armed
}

// Armed is a rule in force.
type Armed struct {
	hooks *Hooks
	rule  Rule
	seen  int
	hits  int
}

// Add puts a rule in force. Of several that match a call, the first added that still hits takes it, and the call does
// not count for the others.
func (h *Hooks) Add(r Rule) *Armed {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := &Armed{hooks: h, rule: r}
	h.armed = append(h.armed, a)
	return a
}

// Clear takes every rule out of force.
func (h *Hooks) Clear() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.armed = nil
}

// Hits is how many calls the rule has hit, so that a test can tell that its fault took place.
func (a *Armed) Hits() int {
	a.hooks.mu.Lock()
	defer a.hooks.mu.Unlock()
	return a.hits
}

// Run runs the call through the rule that takes it.
func (h *Hooks) Run(ctx context.Context, call Call, act Act) (any, error) {
	if effect := h.effect(call); effect != nil {
		return effect(ctx, call, act)
	}
	return act(ctx)
}

func (h *Hooks) effect(call Call) Effect {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, a := range h.armed {
		if a.takes(call) {
			return a.rule.Effect
		}
	}
	return nil
}

func (a *Armed) takes(call Call) bool {
	r := a.rule
	if r.Operation != "" && r.Operation != call.Operation || r.Match != nil && !r.Match(call) {
		return false
	}
	a.seen++
	if a.seen <= r.Skip || r.Count > 0 && a.seen > r.Skip+r.Count {
		return false
	}
	a.hits++
	return true
}
