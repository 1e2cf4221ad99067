// Package keygate lets in programs of workspaces, by their API keys.
package keygate

import (
	"context"
	"errors"

	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/fault"
)

// Gate is an edge.Gate.
type Gate struct{ Keys apikey.Service }

// Admit reads the bearer token as an API key. Whatever is wrong with it, the answer is the same; trouble of ours stays
// what it is.
func (g Gate) Admit(ctx context.Context, r edge.Request) (caller.Caller, error) {
	token, err := apikey.ParseToken(r.Bearer())
	if err != nil {
		return caller.Caller{}, edge.ErrUnauthenticated.Because(err)
	}
	who, err := g.Keys.Admit(ctx, token)
	var ours *fault.Fault
	if err != nil && !errors.As(err, &ours) {
		return caller.Caller{}, edge.ErrUnauthenticated.Because(err)
	}
	return who, err
}
