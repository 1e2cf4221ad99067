// Package keygate lets in programs of workspaces, by their API keys.
package keygate

import (
	"context"
	"errors"

	"github.com/zenvault/zenvault/shared/apikey"
	"github.com/zenvault/zenvault/shared/caller"
	"github.com/zenvault/zenvault/shared/edge"
	"github.com/zenvault/zenvault/shared/fault"
	"github.com/zenvault/zenvault/shared/signedrequest"
)

// Gate is an edge.Gate.
type Gate struct{ Keys apikey.Service }

// Admit reads the bearer token as an API key, and proves the request's signature where there is one or must be. Whatever is
// wrong with the key, the answer is the same; what is wrong with a signature is told to who has the right secret; trouble
// of ours stays what it is.
func (g Gate) Admit(ctx context.Context, r edge.Request) (caller.Caller, error) {
	token, err := apikey.ParseToken(r.Bearer())
	if err != nil {
		return caller.Caller{}, edge.ErrUnauthenticated.Because(err)
	}
	who, err := g.Keys.Admit(ctx, apikey.Attempt{
		Token: token, From: r.Client, Origin: r.Origin(),
		Request:    signedrequest.Request{Method: r.Method, Path: r.Path, Query: r.Asked, Body: r.Body},
		Signatures: r.Header.Values(signedrequest.Header),
	})
	var told *fault.Fault
	if err != nil && !errors.As(err, &told) {
		return caller.Caller{}, edge.ErrUnauthenticated.Because(err)
	}
	return who, err
}
